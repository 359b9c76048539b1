package client

import (
	"context"

	"github.com/google/uuid"

	"foxflow/ledger"
	"foxflow/order"
)

// Looker is who looks at codes, for the audit log.
type Looker struct {
	Who  string // a person, a token
	From string // a machine, a terminal, an address
}

// Delivery is what an order delivered.
type Delivery struct {
	Status order.Status
	// Items are those of the order, each of them, codes or not.
	Items []Delivered
}

// Delivered are the codes of one item. A ledger.Code shows itself only through its Raw.
type Delivered struct {
	ItemID  string
	Codes   []ledger.Code
	Missing int // codes that were ordered and did not come
}

// Codes are the delivered codes of an order. The look is put on record first: one that
// can't be recorded does not happen. A completed order that delivers no code has none to
// hand over; any other without codes gives a *NoCodes.
func (c *Client) Codes(ctx context.Context, reference string, by Looker) (Delivery, error) {
	s, err := c.Status(ctx, reference)
	if err != nil {
		return Delivery{}, err
	}
	if s.OrderID == nil {
		return Delivery{}, &NoCodes{Reference: reference, State: s.State}
	}
	if err := c.ledger.Log.Append(ctx, ledger.Entry{Reference: reference, Key: "look-" + uuid.NewString(), Kind: ledger.KindLook,
		Reason: "codes read by " + by.Who + " from " + by.From, OrderID: *s.OrderID, At: c.Time()}); err != nil {
		return Delivery{}, err
	}
	codes, err := c.ledger.Vault.Codes(ctx, reference)
	if err != nil {
		return Delivery{}, err
	}
	// Nothing to deliver is an answer; nothing delivered yet is none.
	if len(codes) == 0 && s.State != order.Completed {
		return Delivery{}, &NoCodes{Reference: reference, State: s.State}
	}
	return Delivery{Status: s, Items: shelve(s, codes)}, nil
}

// shelve puts the codes under the items of the order, each item there, codes or
// not. Codes of an earlier order of the reference, which should not be, follow:
// no code is ever left out.
func shelve(s order.Status, codes []ledger.Code) []Delivered {
	items := make([]Delivered, len(s.Items))
	for i, it := range s.Items {
		items[i] = Delivered{ItemID: it.ItemID, Missing: it.Missing}
	}
	elsewhere := map[string]int{}
	for _, code := range codes {
		at := code.ItemIndex
		if s.OrderID == nil || code.OrderID != *s.OrderID || at < 0 || at >= len(s.Items) {
			key := code.OrderID + "/" + code.ItemID
			place, there := elsewhere[key]
			if !there {
				place = len(items)
				elsewhere[key] = place
				items = append(items, Delivered{ItemID: code.ItemID})
			}
			at = place
		}
		items[at].Codes = append(items[at].Codes, code)
	}
	return items
}
