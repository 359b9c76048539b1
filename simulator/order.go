package simulator

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// order is an order as the simulator keeps it. Once in the state it is never
// changed in place: a change carries a changed copy.
type order struct {
	ID             string          `json:"id"`
	Seq            int             `json:"seq"`
	CreatedAt      time.Time       `json:"createdAt"`
	ExpiresAt      time.Time       `json:"paymentExpiresAt"`
	Currency       string          `json:"currency"`
	Price          decimal.Decimal `json:"price"`
	Mock           bool            `json:"isMock"`
	IdempotencyKey string          `json:"idempotencyKey,omitempty"`
	// KeyIgnored: the API behaved as if it did not know the field, so it neither
	// finds nor shows the key. The money ledger keeps it all the same.
	KeyIgnored bool         `json:"keyIgnored,omitempty"`
	Items      []orderItem  `json:"items"`
	Behaviour  string       `json:"behaviour"`
	Trigger    string       `json:"trigger,omitempty"` // the words that asked for the behaviour
	Forced     int          `json:"forced,omitempty"`  // codes beyond what the product delivers
	Timeline   []step       `json:"timeline"`
	Link       *paymentLink `json:"link,omitempty"`
}

type orderItem struct {
	ItemID   string            `json:"itemId"`
	Quantity int64             `json:"quantity"`
	Price    decimal.Decimal   `json:"price"`
	Note     map[string]string `json:"note,omitempty"`
}

// paymentLink is where an external provider would be paid.
type paymentLink struct {
	Token     string `json:"token"`
	Provider  string `json:"provider"`
	ReturnURL string `json:"returnUrl,omitempty"`
}

// copy is the order to change.
func (o *order) copy() *order {
	c := *o
	c.Timeline = slices.Clone(o.Timeline)
	return &c
}

// deliverables is how many codes the whole order delivers.
func (o *order) deliverables() int {
	n := o.Forced
	for _, item := range o.Items {
		n += item.deliverables()
	}
	return n
}

func (it orderItem) product() product {
	for _, p := range products {
		if p.id == it.ItemID {
			return p
		}
	}
	return product{slowness: 1} // from a state file of an older catalogue
}

func (it orderItem) deliverables() int { return it.product().goods.deliverables(it.Quantity) }

// slowness is that of the slowest item.
func (o *order) slowness() int {
	most := 1
	for _, item := range o.Items {
		most = max(most, item.product().slowness)
	}
	return most
}

// orderJSON is the order as the API shows it now.
func (c *call) orderJSON(o *order, withCodes bool) map[string]any {
	now, k := o.at(c.now), c.knobs
	shown := map[string]any{
		"id": o.ID, "status": now.Status, "cancelReason": nil, "paymentExpiresAt": o.ExpiresAt,
		"price": k.money(o.Price), "currency": o.Currency,
	}
	if now.Reason != "" {
		shown["cancelReason"] = now.Reason
	}
	items := make([]map[string]any, 0, len(o.Items))
	for i, codes := range o.delivered(now) {
		item := o.Items[i]
		line := map[string]any{"error": nil}
		if withCodes && recall(o.Behaviour).shape != shapeMissing {
			line["externalData"] = o.externalData(now, i, codes)
		}
		if now.Error != "" && o.failedItem(i, now) {
			line["error"] = now.Error
		}
		if k.Echo != echoMinimal {
			maps.Copy(line, map[string]any{"itemId": item.ItemID, "quantity": item.Quantity, "price": k.money(item.Price), "note": noteOrEmpty(item.Note)})
		}
		items = append(items, line)
	}
	shown["items"] = items
	if k.Echo != echoMinimal {
		shown["createdAt"], shown["isMock"] = o.CreatedAt, o.Mock
	}
	if k.Echo == echoAll && !o.KeyIgnored {
		shown["idempotencyKey"] = nil
		if o.IdempotencyKey != "" {
			shown["idempotencyKey"] = o.IdempotencyKey
		}
	}
	return shown
}

func noteOrEmpty(note map[string]string) map[string]string {
	if note == nil {
		return map[string]string{}
	}
	return note
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
