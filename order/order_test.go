package order

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
)

// TestSteps walks the whole table: what must hold of every state machine of this
// kind, and the steps that money depends on.
func TestSteps(t *testing.T) {
	assert.Len(t, steps, len(States())+1, "every state has its row, and so has the beginning")
	for from, nexts := range steps {
		assert.True(t, from == "" || from.Known(), from)
		for _, next := range nexts {
			assert.True(t, next.Known(), "%s → %s", from, next)
			assert.NotEqual(t, from, next, "staying is no step")
		}
	}
	for _, s := range States() {
		if s.Ended() {
			assert.Empty(t, steps[s], "nothing follows %s", s)
			assert.False(t, s.Waits() || s.MoneyOut(), s)
			continue
		}
		assert.True(t, s.CanBecome(Cancelled), "%s can be cancelled, by FoxReload at least", s)
		assert.True(t, s.CanBecome(Completed), "a poller can miss everything between %s and the end", s)
		if s.MoneyOut() {
			for _, unpaid := range []State{Creating, Active, AwaitingTopUp, AwaitingPayment, Paused} {
				assert.False(t, s.CanBecome(unpaid), "%s → %s would pay again", s, unpaid)
			}
		}
	}
	assert.False(t, State("lost").Known())
	assert.False(t, AwaitingTopUp.CanBecome(Unresolved), "where no money is out, giving up is a cancellation")
}

func TestValidate(t *testing.T) {
	sound := func() Request {
		return Request{Reference: "shop-1001", Items: []Item{{ItemID: "product_a", Quantity: 1, Note: map[string]string{"player_id": "0012"}}}}
	}
	price := func(s string) *decimal.Decimal { d := decimal.RequireFromString(s); return &d }
	assert.Empty(t, sound().Validate())
	for name, c := range map[string]struct {
		field string
		spoil func(*Request)
	}{
		"no reference":            {"reference", func(r *Request) { r.Reference = "" }},
		"reference with a space":  {"reference", func(r *Request) { r.Reference = "a b" }},
		"reference too long":      {"reference", func(r *Request) { r.Reference = strings.Repeat("x", 65) }},
		"no item":                 {"item", func(r *Request) { r.Items = nil }},
		"eleven items":            {"item", func(r *Request) { r.Items = make([]Item, 11) }},
		"no product":              {"item", func(r *Request) { r.Items[0].ItemID = "" }},
		"product with a slash":    {"item", func(r *Request) { r.Items[0].ItemID = "../orders" }},
		"quantity of nothing":     {"quantity", func(r *Request) { r.Items[0].Quantity = 0 }},
		"empty note":              {"note", func(r *Request) { r.Items[0].Note["player_id"] = " " }},
		"note name with a space":  {"note", func(r *Request) { r.Items[0].Note["player id"] = "1" }},
		"note of a whole file":    {"note", func(r *Request) { r.Items[0].Note["player_id"] = strings.Repeat("x", 501) }},
		"price of nothing":        {"max-price", func(r *Request) { r.MaxPrice = price("0") }},
		"price too fine":          {"max-price", func(r *Request) { r.MaxPrice = price("1.00001") }},
		"return without provider": {"return-url", func(r *Request) { r.ReturnURL = "https://shop.example" }},
		"provider, no return":     {"return-url", func(r *Request) { r.Provider = "pally" }},
		"return to nowhere":       {"return-url", func(r *Request) { r.Provider, r.ReturnURL = "pally", "shop" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := sound()
			c.spoil(&r)
			wrong := r.Validate()
			if assert.NotEmpty(t, wrong) {
				assert.True(t, strings.HasSuffix(wrong[0].Field, c.field), wrong[0].Field)
				assert.NotEmpty(t, wrong[0].Fix)
			}
		})
	}
}

func TestDifferences(t *testing.T) {
	have := Request{Items: []Item{{ItemID: "a", Quantity: 1, Note: map[string]string{"player_id": "123456789"}}}}
	want := have
	want.NoCheck = true
	assert.Empty(t, Differences(have, want), "how is not what")
	want = Request{Mock: true, Items: []Item{{ItemID: "a", Quantity: 2, Note: map[string]string{"player_id": "987654321"}}, {ItemID: "b", Quantity: 1}}}
	assert.Equal(t, []Difference{
		{"items", "1", "2"}, {"item 1 quantity", "1", "2"}, {"item 1 note player_id", "•••89", "•••21"}, {"mock", "false", "true"},
	}, Differences(have, want))
}
