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
	assert.Len(t, byState, len(States())+1, "every state has its row, and so has the beginning")
	for from, row := range byState {
		assert.True(t, from == "" || from.Known(), from)
		for _, next := range row.next {
			assert.True(t, next.Known(), "%s → %s", from, next)
			assert.NotEqual(t, from, next, "staying is no step")
		}
	}
	for _, s := range States() {
		if s.Ended() {
			assert.Empty(t, byState[s].next, "nothing follows %s", s)
			assert.False(t, s.Waits() || s.MoneyOut(), s)
			continue
		}
		assert.True(t, s.CanBecome(Cancelled), "%s can be cancelled, by FoxReload at least", s)
		assert.True(t, s.CanBecome(Completed) || !s.Carried(), "a poller can miss everything between %s and the end", s)
		if s.MoneyOut() {
			for _, unpaid := range []State{Creating, Active, AwaitingTopUp, AwaitingPayment, Paused} {
				assert.False(t, s.CanBecome(unpaid), "%s → %s would pay again", s, unpaid)
			}
		}
	}
	assert.False(t, State("lost").Known())
	assert.False(t, AwaitingTopUp.CanBecome(Unresolved), "where no money is out, giving up is a cancellation")
}

// TestTraits says of each trait which states have it: whoever counts or guards orders by
// a trait relies on that.
func TestTraits(t *testing.T) {
	all := States()
	assert.Equal(t, []State{Queued, Creating, Active, AwaitingTopUp, AwaitingPayment, Paused, Paid, Processing, Stalled, Blocked,
		Completed, Cancelled, Failed, Unresolved}, all)
	for name, c := range map[string]struct {
		is   func(State) bool
		want []State
	}{
		"ended":         {State.Ended, []State{Completed, Cancelled, Failed, Unresolved}},
		"carried":       {State.Carried, []State{Creating, Active, AwaitingTopUp, AwaitingPayment, Paused, Paid, Processing, Stalled, Blocked}},
		"starting":      {State.Starting, []State{Creating, Active}},
		"waits":         {State.Waits, []State{Queued, AwaitingTopUp, AwaitingPayment, Paused, Stalled, Blocked}},
		"money out":     {State.MoneyOut, []State{Paid, Processing, Stalled}},
		"was paid":      {State.WasPaid, []State{Paid, Processing, Stalled, Completed}},
		"reported paid": {State.ReportedPaid, []State{Paid, Processing, Completed}},
		"unpaid":        {State.Unpaid, []State{Queued, Creating, Active, AwaitingTopUp, Paused}},
		"payable":       {State.Payable, []State{Creating, Active, AwaitingTopUp, Paused, Blocked}},
		"funded":        {State.Funded, []State{Creating, Active, AwaitingTopUp}},
	} {
		assert.Equal(t, c.want, StatesThat(c.is), name)
		for _, none := range []State{"", "lost"} {
			assert.False(t, c.is(none), "%s: %q", name, none)
		}
	}
	for _, s := range all {
		assert.False(t, s.Funded() && !s.Unpaid(), "%s: money is kept for what is not paid", s)
		assert.False(t, s.WasPaid() && s.Payable(), s)
		if s.Payable() {
			assert.True(t, s.CanBecome(Paid), s)
		}
	}
}

func TestValidate(t *testing.T) {
	sound := func() Request {
		return Request{Reference: "shop-1001", Items: []Item{{ItemID: "product_a", Quantity: 1, Note: map[string]string{"player_id": "0012"}}}}
	}
	price := func(s string) *decimal.Decimal { d := decimal.RequireFromString(s); return &d }
	assert.Empty(t, sound().Validate())
	for _, currency := range []string{"", "usd", "usdt", "usdtx"} {
		r := sound()
		r.MaxPrice, r.MaxPriceCurrency = price("12.34"), currency
		assert.Empty(t, r.Validate(), currency)
	}
	for name, c := range map[string]struct {
		field string
		spoil func(*Request)
	}{
		"no reference":            {"reference", func(r *Request) { r.Reference = "" }},
		"reference in two lines":  {"reference", func(r *Request) { r.Reference = "a\nb" }},
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
		"currency without price":  {"max-price", func(r *Request) { r.MaxPriceCurrency = "usd" }},
		"currency in capitals":    {"max-price", func(r *Request) { r.MaxPrice, r.MaxPriceCurrency = price("1"), "USD" }},
		"currency too short":      {"max-price", func(r *Request) { r.MaxPrice, r.MaxPriceCurrency = price("1"), "us" }},
		"currency too long":       {"max-price", func(r *Request) { r.MaxPrice, r.MaxPriceCurrency = price("1"), "dollar" }},
		"currency with a digit":   {"max-price", func(r *Request) { r.MaxPrice, r.MaxPriceCurrency = price("1"), "us1" }},
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
	dear, cheap := decimal.RequireFromString("12.340"), decimal.RequireFromString("10")
	item := func(id string, n int64, note ...string) Item {
		it := Item{ItemID: id, Quantity: n}
		if len(note) > 0 {
			it.Note = Note{"player_id": note[0]}
		}
		return it
	}
	of := func(items ...Item) Request { return Request{Items: items} }
	for name, c := range map[string]struct {
		have, want Request
		diffs      []Difference
	}{
		"how is not what": {of(item("a", 1)), Request{Items: []Item{item("a", 1)}, NoCheck: true}, nil},
		"one item changed": {of(item("a", 1, "123456789")), of(item("a", 2, "987654321")), []Difference{
			{"item 1 quantity", "1", "2"}, {"item 1 note player_id", "•••89", "•••21"}}},
		"an item added in front": {of(item("a", 1), item("b", 2)), of(item("c", 3, "123456789"), item("a", 1), item("b", 2)), []Difference{
			{"item added", "", "3 × c (player_id •••89)"}}},
		"an item missing": {of(item("a", 1, "123456789"), item("b", 2)), of(item("b", 2)), []Difference{
			{"item missing", "1 × a (player_id •••89)", ""}}},
		"another product": {of(item("a", 1), item("b", 1)), of(item("a", 1), item("c", 1)), []Difference{
			{"item missing", "1 × b", ""}, {"item added", "", "1 × c"}}},
		"one of two of a product changed": {of(item("a", 1, "player-11"), item("a", 5, "player-22")), of(item("a", 5, "player-22"), item("a", 2, "player-11")), []Difference{
			{"item 1 quantity", "1", "2"}, {"order of the items", "a, a", "a, a"}}},
		"one of two of a product missing": {of(item("a", 1, "player-11"), item("a", 1, "player-22")), of(item("a", 1, "player-22")), []Difference{
			{"item missing", "1 × a (player_id •••11)", ""}}},
		"another order": {of(item("a", 1), item("b", 1)), of(item("b", 1), item("a", 1)), []Difference{
			{"order of the items", "a, b", "b, a"}}},
		"the rest": {
			Request{MaxPrice: &dear, MaxPriceCurrency: "usd"},
			Request{Mock: true, MaxPrice: &dear, MaxPriceCurrency: "rub", Provider: "pally", ReturnURL: "https://shop.example"}, []Difference{
				{"mock", "false", "true"}, {"max-price", "12.34 usd", "12.34 rub"}, {"provider", "", "pally"}, {"return-url", "", "https://shop.example"}}},
		"a price without a currency": {Request{MaxPrice: &dear}, Request{MaxPrice: &cheap}, []Difference{{"max-price", "12.34", "10"}}},
		"no price":                   {Request{}, Request{MaxPrice: &cheap, MaxPriceCurrency: "usd"}, []Difference{{"max-price", "none", "10 usd"}}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.diffs, Differences(c.have, c.want)) })
	}
}

func TestOnlyAnOrderAboveTheWholeLimitIsAboveIt(t *testing.T) {
	for want, err := range map[*Error]bool{
		nil: false,
		{Code: CodeDailyLimit, Message: AboveDailyLimit + ": 900 of 500 usd"}: true,
		{Code: CodeDailyLimit, Message: "payments today: 480 of 500 usd"}:     false,
		{Code: CodeLimitCurrency, Message: AboveDailyLimit}:                   false,
	} {
		assert.Equal(t, err, Status{Error: want}.AboveDailyLimit(), want)
	}
}
