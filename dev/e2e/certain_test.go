package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is certain, seen through the command line with real processes: no answer of
// unknown meaning ends an order, and what foxflow says of money and codes is so. One
// subtest for each kind of fault; they share a stack, and leave its knobs as they were.
// Promise 2: nothing is guessed.
func TestNothingIsGuessed(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=900,rub=100000"},
		with("FOXFLOW_STALL_AFTER", "2s"), with("FOXFLOW_STALL_POLL", "300ms"))
	t.Cleanup(func() { s.Processes["worker"].Kill() }) // one of them restarts it
	// A repeat is due after ten seconds: this one goes its way while the others are at work.
	lost := s.lostPay("lost", "16s")
	for _, story := range []struct {
		name string
		tell func(*stack)
	}{
		{"an order under our key that is not ours", theirs},
		{"a mock order that FoxReload makes real", mockIgnored},
		{"items that stand in another order", itemsInAnotherOrder},
		{"a status that nobody knows", statusNobodyKnows},
		{"codes that come late", codesComeLate},
		{"codes that never come", codesNeverCome},
		{"codes that read like JSON", codesLikeJSON},
		{"a price in another currency", priceInAnotherCurrency},
		{"a product without a readable price", unreadablePrice},
		{"an order that FoxReload forgets", forgottenOrder},
		{"a proxy in between", proxyInBetween},
		{"a lost pay whose repeat is refused", func(s *stack) { repeatRefused(s, lost) }},
		{"payments paused while one is in doubt", pausedInDoubt},
		{"a daily limit that can never let an order through", limitForNoDay},
	} {
		t.Run(story.name, func(t *testing.T) { story.tell(s.in(t)) })
	}
	for order, times := range s.debits() {
		assert.Equal(t, 1, times, "payments of order %s", order)
	}
	assert.Zero(t, s.Starter("audit", "--verify-all").Code)
}

// in is the stack in a subtest: what that sets for the starter is its own.
func (s *stack) in(t *testing.T) *stack {
	sub := s.copied()
	sub.T, sub.Env = t, maps.Clone(s.Env)
	return sub
}

// forNow turns a knob until what it returns is called.
func (s *stack) forNow(name, value string) (back func()) {
	s.Helper()
	before := map[string]string{}
	s.Admin(http.MethodGet, "/admin/knobs", "", &before)
	require.Contains(s, before, name)
	s.knob(name, value)
	return func() { s.knob(name, before[name]) }
}

// next has a fault strike the next request of a route.
func (s *stack) next(kind, route string) {
	s.Helper()
	body, err := json.Marshal(map[string]any{"kind": kind, "route": route})
	require.NoError(s, err)
	s.Admin(http.MethodPost, "/admin/faults/next", string(body), nil)
}

// calls are the requests of a route for one order.
func (s *stack) calls(route, orderID string) []request {
	s.Helper()
	var of []request
	for _, r := range s.requests() {
		if r.Route == route && r.OrderID == orderID {
			of = append(of, r)
		}
	}
	return of
}

// lostPay places an order whose pay is lost, and lands only after a while.
func (s *stack) lostPay(name, lands string) (reference string) {
	s.Helper()
	reference = s.ref(name)
	s.knob("late-pay-for", lands)
	s.next("late-pay", "pay")
	s.place(reference, giftCard)
	s.Eventually("the pay to be lost", func() bool {
		o := s.status(reference)
		return o.OrderID != nil && len(s.calls("pay", *o.OrderID)) == 1
	})
	return reference
}

// why is the code of what an order waits for.
func (o order) why() string {
	if o.WaitingForCode == nil {
		return ""
	}
	return *o.WaitingForCode
}

// code is the code of an order's error.
func (o order) code() string {
	if o.Error == nil {
		return ""
	}
	return o.Error.Code
}

// told is all that a person may read of an order.
func (s *stack) told(reference string) string {
	s.Helper()
	return s.Must("starter", "status", reference) + s.Must("starter", "explain", reference) + s.Must("starter", "audit", reference)
}

// theirs: the order under our key is for something else, as when another shop used the
// same reference.
func theirs(s *stack) {
	lost := *s.status(s.ref("lost")).OrderID // its pay may land meanwhile
	debits := func() map[string]int {
		all := s.debits()
		delete(all, lost)
		return all
	}
	for name, decide := range map[string]string{"again": "--retry", "enough": "--abort"} {
		r := s.ref("theirs-" + name)
		paid := len(debits())
		s.next("exists-other", "create")
		s.place(r, giftCard)
		held := s.until(r, "blocked")
		assert.Equal(s, "ORDER_NOT_OURS", held.code())
		assert.Equal(s, "decision", held.why())
		codes := s.Starter("codes", r)
		assert.Equal(s, 1, codes.Code, codes.Stdout)
		assert.Len(s, debits(), paid, "nothing of it is paid")
		s.Must("starter", "resolve", r, decide)
		if decide == "--abort" {
			assert.Equal(s, "user_request", *s.until(r, "cancelled").CancelReason)
			assert.Len(s, debits(), paid)
			continue
		}
		o := s.until(r, "completed")
		assert.Equal(s, 1, debits()[*o.OrderID])
		assert.Len(s, s.codes(r), 1)
	}
}

// mockIgnored: a mock order costs nothing, or is not paid.
func mockIgnored(s *stack) {
	defer s.forNow("mock", "ignored")()
	r := s.Starter("place", "--reference", s.ref("mock"), "--item", giftCard, "--mock", "--wait")
	assert.Equal(s, 4, r.Code, r.Stdout+r.Stderr)
	o := s.status(s.ref("mock"))
	assert.Equal(s, "MOCK_IGNORED", o.code())
	require.NotNil(s, o.OrderID)
	assert.Zero(s, s.debits()[*o.OrderID])
	assert.Empty(s, s.calls("pay", *o.OrderID))
}

// itemsInAnotherOrder: each code is filed under its product, wherever that stands.
func itemsInAnotherOrder(s *stack) {
	defer s.forNow("item-order", "asked")()
	for _, order := range []string{"reversed", "changing"} {
		s.knob("item-order", order)
		r := s.ref(order)
		s.place(r, giftCard+":2", "--item", steamCard, "--item", voucher+":3")
		o := s.until(r, "completed")
		var shown struct{ Items []foxCodes }
		s.json(&shown, "codes", r)
		require.Len(s, shown.Items, 3)
		for _, item := range shown.Items {
			assert.ElementsMatch(s, s.delivered(*o.OrderID)[item.ItemID], item.Codes, item.ItemID)
		}
	}
}

// foxCodes are the codes of one product.
type foxCodes struct {
	ItemID string            `json:"itemId"`
	Codes  []json.RawMessage `json:"codes"`
}

// delivered are the codes that FoxReload delivered for an order, by product.
func (s *stack) delivered(orderID string) map[string][]json.RawMessage {
	s.Helper()
	var fox struct {
		Orders []struct {
			ID    string `json:"id"`
			Items []struct {
				ItemID       string          `json:"itemId"`
				ExternalData json.RawMessage `json:"externalData"`
			} `json:"items"`
		}
	}
	s.Admin(http.MethodGet, "/admin/orders", "", &fox)
	codes := map[string][]json.RawMessage{}
	for _, o := range fox.Orders {
		if o.ID != orderID {
			continue
		}
		for _, item := range o.Items {
			var of []json.RawMessage
			require.NoError(s, json.Unmarshal(item.ExternalData, &of))
			codes[item.ItemID] = append(codes[item.ItemID], of...)
		}
	}
	return codes
}

// statusNobodyKnows proves nothing: no end follows from it, not by a person and not by time.
func statusNobodyKnows(s *stack) {
	r := s.ref("on-hold")
	s.place(r, gameTopUp, "--note", "player_id=on-hold-create-always")
	s.Eventually("the order to be looked at", func() bool {
		o := s.status(r)
		return o.OrderID != nil && len(s.calls("get", *o.OrderID)) > 1
	})
	refused := s.Starter("cancel", r)
	assert.Equal(s, 1, refused.Code, refused.Stdout)
	assert.Contains(s, refused.Stderr, "a status that nobody knows")

	// One that waits for money, and is to be given up, when the status comes.
	waits := s.ref("on-hold-short")
	s.Env["FOXFLOW_GIVE_UP_AFTER"] = "15s" // time enough to hold it before that
	s.place(waits, appleCard+":2", "--no-check")
	short := s.status(waits)
	s.Eventually("the balance to be too low", func() bool { short = s.status(waits); return short.State == "awaiting_topup" })
	s.Admin(http.MethodPost, "/admin/orders/"+*short.OrderID+"/hold", `{"status":"on_hold"}`, nil)
	over := time.Now().Add(15 * time.Second)
	s.Eventually("looks after the time is up", func() bool { return len(since(over, s.calls("get", *short.OrderID))) > 2 })
	assert.Equal(s, "awaiting_topup", s.status(waits).State)
	assert.NotContains(s, []string{"cancelled", "failed", "unresolved"}, s.status(r).State)

	s.Admin(http.MethodPost, "/admin/orders/"+*short.OrderID+"/move", `{"status":"cancelled","reason":"payment_failure"}`, nil)
	assert.Equal(s, "payment_failure", *s.until(waits, "cancelled").CancelReason)
	s.Admin(http.MethodPost, "/admin/orders/"+*s.status(r).OrderID+"/move", `{"status":"completed"}`, nil)
	s.until(r, "completed")
}

// codesComeLate: completed without a code is no end, and what comes after the end can be had.
func codesComeLate(s *stack) {
	defer s.forNow("late-codes-after", "50s")() // ten seconds at this stack's speed
	r, gone := s.ref("late"), s.ref("gone")
	const late = voucher + ":128"
	s.place(r, late)
	s.Env["FOXFLOW_GIVE_UP_AFTER"] = "1s"
	given := s.Starter("place", "--reference", gone, "--item", late, "--wait")
	assert.Equal(s, 6, given.Code, given.Stdout+given.Stderr)
	assert.Equal(s, "CODES_MISSING", s.status(gone).code())
	assert.Contains(s, s.told(gone), "starter recheck "+gone)

	waits := s.until(r, "stalled", "completed")
	require.Equal(s, "stalled", waits.State)
	assert.Equal(s, "codes", waits.why())
	o := s.until(r, "completed")
	assert.Equal(s, 128, o.Items[0].Codes)
	assert.Zero(s, o.Items[0].Missing)

	s.Eventually("the codes to come", func() bool {
		var again order
		s.json(&again, "recheck", gone)
		return again.State == "completed"
	})
	assert.Len(s, s.codes(gone), 128)
	assert.Equal(s, "completed", s.status(gone).State)
}

// codesNeverCome: too few codes are an end that says so.
func codesNeverCome(s *stack) {
	none := s.ref("none")
	s.place(none, voucher+":116")
	for name, c := range map[string]struct{ quantity, codes int }{"bare": {113, 1}, "short": {130, 129}} {
		r := s.ref(name)
		ended := s.Starter("place", "--reference", r, "--item", voucher+":"+itoa(c.quantity), "--wait")
		assert.Equal(s, 7, ended.Code, ended.Stdout+ended.Stderr)
		assert.Contains(s, ended.Stdout, "stalled")
		o := s.status(r)
		assert.Equal(s, "completed", o.State)
		assert.Equal(s, c.codes, o.Items[0].Codes)
		assert.Equal(s, c.quantity-c.codes, o.Items[0].Missing)
		assert.Contains(s, s.Must("starter", "explain", r), "missing")
		assert.Len(s, s.codes(r), c.codes)
	}
	waits := s.until(none, "stalled", "completed", "unresolved")
	assert.Equal(s, "stalled", waits.State, "without a single code it is not delivered")
	assert.Equal(s, "codes", waits.why())
	assert.Equal(s, 5, s.Starter("watch", none, "--timeout", "1s").Code)
}

// codesLikeJSON are strings, and stay the strings that they are.
func codesLikeJSON(s *stack) {
	r := s.ref("json")
	s.place(r, voucher+":131")
	o := s.until(r, "completed")
	var shown struct{ Items []foxCodes }
	s.json(&shown, "codes", r)
	require.Len(s, shown.Items, 1)
	assert.Len(s, shown.Items[0].Codes, 131)
	for _, code := range shown.Items[0].Codes {
		assert.Equal(s, byte('"'), code[0], "%s is a string", code)
	}
	assert.ElementsMatch(s, s.delivered(*o.OrderID)[voucher], shown.Items[0].Codes)
}

// priceInAnotherCurrency can't be held against the highest price.
func priceInAnotherCurrency(s *stack) {
	defer s.forNow("order-currency", "other")()
	r := s.Starter("place", "--reference", s.ref("dear"), "--item", giftCard, "--max-price", "1000usd", "--wait")
	assert.Equal(s, 3, r.Code, r.Stdout+r.Stderr)
	o := s.status(s.ref("dear"))
	assert.Equal(s, "price_guard", *o.CancelReason)
	assert.Contains(s, o.Error.Message, "rub")
	assert.Contains(s, o.Error.Message, "1000 usd")
	assert.Zero(s, s.debits()[*o.OrderID])
}

// unreadablePrice is no word on whether a product is for sale.
func unreadablePrice(s *stack) {
	defer s.forNow("catalogue-price", "plain")()
	for shape, product := range map[string]string{"words": playCard, "object": steamCard, "missing": esim} {
		s.knob("catalogue-price", shape)
		s.place(s.ref(shape), product)
		s.until(s.ref(shape), "completed")
	}
}

// forgottenOrder answers 404 when it is to be paid: a person who cancels it is answered.
func forgottenOrder(s *stack) {
	r := s.ref("forgotten")
	s.place(r, voucher+":138")
	var id string
	s.Eventually("the pay to find no order", func() bool {
		if o := s.status(r); o.OrderID != nil {
			id = *o.OrderID
		}
		return id != "" && len(s.calls("pay", id))+len(s.calls("get", id)) > 0
	})
	s.Must("starter", "cancel", r)
	assert.Equal(s, "user_request", *s.until(r, "cancelled").CancelReason)
	assert.Zero(s, s.debits()[id])
}
