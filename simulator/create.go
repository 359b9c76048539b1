package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Limits of a create. The contract has 1 to 10 items; the others are ours.
const (
	maxItems          = 10
	maxIdempotencyKey = 255
)

// wantedItem is one item of a create, with the place of its fields in the body.
type wantedItem struct {
	object
	product product
	orderItem
	guard *decimal.Decimal // totalPrice
}

// createOrder answers POST /api/orders/. It moves no money.
func (s *Simulator) createOrder(c *call) (answer, error) {
	body, err := c.readBody()
	if err != nil {
		return answer{}, err
	}
	mock, key, items := c.readCreate(body)
	if err := body.err(); err != nil {
		return answer{}, err
	}
	ignored := c.knobs.Idempotency == idempotencyIgnored
	if id, used := s.state.byKey[key]; used && !ignored {
		refusal := refuseExisting()
		if c.knobs.Idempotency == idempotencyHonoured {
			refusal = refusal.with("orderId", id)
		}
		return answer{}, refusal
	}
	if c.knobs.OrderCurrency == currencyOther {
		c.currency = otherCurrency(c.currency)
	}
	if err := s.checkItems(c, body, items); err != nil {
		return answer{}, err
	}
	o := newOrder(c, items)
	o.Mock, o.Told = c.heeds(mock)
	o.IdempotencyKey, o.KeyIgnored = key, ignored
	if available := s.state.balances[o.Currency]; c.knobs.BalanceCheck == checkAtCreate && !o.Mock && available.LessThan(o.Price) {
		return answer{}, lowBalance(o, available)
	}
	if err := s.commit(change{Orders: []*order{o}}); err != nil {
		return answer{}, err
	}
	return created(c.orderJSON(o, true))
}

// readCreate reads what needs no catalogue; what is wrong with it is in body.err.
func (c *call) readCreate(body object) (mock bool, key string, items []wantedItem) {
	fields := []string{"items", "isMock", "idempotencyKey"}
	if c.knobs.Idempotency == idempotencyRejected {
		fields = fields[:2]
	}
	body.only(fields...)
	mock, key = body.boolean("isMock"), body.text("idempotencyKey", false)
	if len(key) > maxIdempotencyKey {
		body.wrong("idempotencyKey", "string_too_long", "String should have at most %d characters", maxIdempotencyKey)
	}
	for _, o := range body.objects("items", 1, maxItems) {
		items = append(items, readItem(o))
	}
	return mock, key, items
}

// heeds says whether an order is a mock one, and whether it shows all of itself.
func (c *call) heeds(mock bool) (isMock, told bool) {
	heeded := c.knobs.Mock == mockHonoured || c.knobs.Mock == mockUnsaid || c.struck.other
	return mock && heeded, c.struck.other || mock && c.knobs.Mock == mockIgnored
}

func refuseExisting() *apiError {
	return refuse(codeExists, "an order with this idempotencyKey exists")
}

// readItem checks what needs no catalogue.
func readItem(o object) wantedItem {
	o.only("itemId", "quantity", "totalPrice", "note")
	return wantedItem{object: o, guard: o.amount("totalPrice", false),
		orderItem: orderItem{ItemID: o.text("itemId", true), Quantity: o.integer("quantity"), Note: o.texts("note")}}
}

// checkItems holds the items against the catalogue: first what is wrong with the
// request (422), then what is wrong with today.
func (s *Simulator) checkItems(c *call, body object, items []wantedItem) error {
	for i := range items {
		it := &items[i]
		p, known := s.state.product(it.ItemID)
		if !known || p.id != it.ItemID {
			return refuse(codeNotFound, "product not found").with("itemId", it.ItemID)
		}
		it.product = p
		if it.Quantity < p.min || it.Quantity > p.max {
			it.wrong("quantity", "quantity_range", "Quantity should be from %d to %d", p.min, p.max)
		}
		it.checkNote()
	}
	if err := body.err(); err != nil {
		return err
	}
	for i := range items {
		it := &items[i]
		price := it.product.priceIn(c.currency)
		switch {
		case price == nil:
			return refuse(codeUnavailable, "product is not for sale now").with("itemId", it.ItemID)
		case !it.product.sellable(it.Quantity):
			return refuse(codeNoStock, "product is out of stock").with("itemId", it.ItemID)
		}
		it.Price = price.Mul(decimal.NewFromInt(it.Quantity)).Round(4)
		if it.guard != nil && !it.guard.Equal(it.Price) {
			return refuse(codePrice, "price is %s %s, not %s", moneyText(it.Price), c.currency, moneyText(*it.guard)).
				with("itemId", it.ItemID).with("price", c.knobs.money(it.Price))
		}
	}
	return nil
}

// checkNote wants the product's fields, all of them, and no others.
func (it *wantedItem) checkNote() {
	place := func(key, kind, format string, args ...any) {
		inner := object{place: append(slices.Clone(it.place), "note"), problems: it.problems}
		inner.wrong(key, kind, format, args...)
	}
	known := map[string]bool{}
	for _, n := range it.product.notes {
		known[n.key] = true
		value, there := it.Note[n.key]
		switch {
		case !there:
			place(n.key, "missing", "Field required")
		case strings.TrimSpace(value) == "":
			place(n.key, "string_too_short", "String should have at least 1 character")
		case n.options != nil && !slices.Contains(n.options, value):
			place(n.key, "enum", "Input should be one of %s", strings.Join(n.options, ", "))
		}
	}
	for _, key := range sortedKeys(it.Note) {
		if !known[key] {
			place(key, "extra_forbidden", "Extra inputs are not permitted")
		}
	}
}

func newOrder(c *call, wanted []wantedItem) *order {
	o := &order{ID: uuid.NewString(), CreatedAt: c.now, Currency: c.currency}
	for _, it := range wanted {
		o.Items = append(o.Items, it.orderItem)
		o.Price = o.Price.Add(it.Price)
	}
	b, trigger := behaviourOf(o.Items)
	o.Behaviour, o.Trigger = b.Name, trigger
	window := c.knobs.PaymentWindow
	if b.window {
		window = c.knobs.ShortWindow
	}
	o.ExpiresAt = c.now.Add(window).Truncate(time.Millisecond)
	o.Timeline = b.unpaid.timeline(c.now, o.ExpiresAt, c.knobs.OnHoldFor)
	switch b.unpaid {
	case forgottenForGood:
		o.Forgotten = absentFor(c.now, 0)
	case forgottenAWhile:
		o.Forgotten = absentFor(c.now, c.knobs.ForgetFor)
	}
	return o
}

func lowBalance(o *order, available decimal.Decimal) error {
	return refuse(codeBalance, "%s", fmt.Sprintf("balance is %s %s, the order costs %s", moneyText(available), o.Currency, moneyText(o.Price)))
}
