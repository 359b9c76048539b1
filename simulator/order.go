package simulator

import (
	"maps"
	"slices"
	"strings"
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
	LatePay    *time.Time   `json:"latePay,omitempty"` // when a pay lands whose answer was lost
	Refused    int          `json:"refused,omitempty"` // pays refused because a knob or the behaviour said so
	Forgotten  *absence     `json:"forgotten,omitempty"`
	Told       bool         `json:"told,omitempty"` // shows all of itself, whatever echo and mock say
}

// absence is when an order answers NOT_FOUND. A nil Until: for good.
type absence struct {
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until,omitempty"`
}

// absentFor begins now; 0: for good.
func absentFor(now time.Time, length time.Duration) *absence {
	a := &absence{From: now}
	if length > 0 {
		until := now.Add(length)
		a.Until = &until
	}
	return a
}

// there says whether FoxReload knows the order, as seen at a moment.
func (o *order) there(seen time.Time) bool {
	gone := o.Forgotten != nil && !seen.Before(o.Forgotten.From) && (o.Forgotten.Until == nil || seen.Before(*o.Forgotten.Until))
	return !gone && !seen.Before(o.CreatedAt)
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

// orderJSON is the order as the API shows it at the moment of the call.
func (c *call) orderJSON(o *order, withCodes bool) map[string]any {
	now, k := c.shown(o), c.knobs
	shown := map[string]any{
		"id": o.ID, "status": now.Status, "cancelReason": nil, "paymentExpiresAt": o.ExpiresAt, "currency": o.Currency,
		"createdAt": o.CreatedAt, "isMock": o.Mock, "idempotencyKey": nil,
	}
	k.showPrice(shown, k.OrderPrice, o.Price, o.Currency)
	if now.Reason != "" {
		shown["cancelReason"] = now.Reason
	}
	if o.IdempotencyKey != "" {
		shown["idempotencyKey"] = o.IdempotencyKey
	}
	items := make([]map[string]any, 0, len(o.Items))
	for i, codes := range o.delivered(now) {
		item := o.Items[i]
		line := map[string]any{"error": nil, "itemId": item.ItemID, "quantity": item.Quantity, "note": noteOrEmpty(item.Note)}
		k.showPrice(line, k.OrderPrice, item.Price, o.Currency)
		if withCodes && recall(o.Behaviour).shape != shapeMissing {
			line["externalData"] = o.externalData(now, i, codes)
		}
		if now.Error != "" && o.failedItem(i, now) {
			line["error"] = now.Error
		}
		items = append(items, line)
	}
	c.arrange(o, items)
	shown["items"] = items
	if o.KeyIgnored {
		delete(shown, "idempotencyKey")
	}
	if k.Mock == mockUnsaid || k.Mock == mockIgnoredUnsaid {
		c.leaveOut(o, shown, []string{"isMock"})
	}
	c.leaveOut(o, shown, leftOut[k.Echo])
	return shown
}

// leftOut is what each value of echo does not repeat.
var leftOut = map[string][]string{
	echoNoKey:      {"idempotencyKey"},
	echoNoItemID:   {"items.itemId"},
	echoNoQuantity: {"items.quantity"},
	echoNoNote:     {"items.note"},
	echoNoItems:    {"items.itemId", "items.quantity", "items.price", "items.note"},
	echoMinimal:    {"items.itemId", "items.quantity", "items.price", "items.note", "createdAt", "isMock", "idempotencyKey"},
}

func (c *call) leaveOut(o *order, shown map[string]any, names []string) {
	if o.Told {
		return
	}
	for _, name := range names {
		field, ofItem := strings.CutPrefix(name, "items.")
		if !ofItem {
			delete(shown, name)
			continue
		}
		for _, line := range shown["items"].([]map[string]any) {
			delete(line, field)
		}
	}
}

// arrange puts the items of an answer into the order of the knob. Where they
// change places, the first look has them as they were asked for.
func (c *call) arrange(o *order, items []map[string]any) {
	switch c.knobs.ItemOrder {
	case itemsReversed:
		slices.Reverse(items)
	case itemsChanging:
		turn := c.looks[o.ID] % len(items)
		c.looks[o.ID]++
		copy(items, append(slices.Clone(items[turn:]), items[:turn]...))
	}
}

func noteOrEmpty(note map[string]string) map[string]string {
	if note == nil {
		return map[string]string{}
	}
	return note
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
