package activities

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// fox is a counter whose server answers each call with what it was told to, and has no
// budget before it.
type fox struct {
	*counter
	now time.Time
}

func newFox(t *testing.T) *fox {
	f := &fox{counter: newCounter(t), now: time.Now()}
	f.server.Behave(nil)
	f.acts.API, f.acts.Now = f.server.Client(t, foxreload.Config{}), func() time.Time { return f.now }
	return f
}

var said = foxtest.Answer

// with is the step with another request.
func (f *fox) with(r order.Request) Step {
	f.Helper()
	r.Reference, r.NoCheck = "shop-1", true
	_, _, err := f.book.Orders.Begin(f.Context(), r, f.now)
	require.NoError(f, err)
	return Step{Terms: life.Terms{Request: r, Intervals: life.DefaultIntervals}, Facts: life.Begin(f.now), Seq: 1}
}

var oneCard = order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}

const active = `{"id":"fox-1","status":"active"}`

// pinned is the step that pays an order which is pinned and active.
func (f *fox) pinned(r order.Request) Step {
	f.Helper()
	in := f.with(r)
	require.NoError(f, f.book.Pins.Pin(f.Context(), "shop-1", 0, "fox-1", f.now))
	in.Facts.State, in.Facts.Order = order.Active, life.Order{ID: "fox-1", Status: foxreload.StatusActive}
	return in
}

// A server may answer a key that was used with the order that it was used for, whoever that
// was: what is not for the same products and quantities is not taken.
func TestACreatesAnswerForSomethingElseIsNotTaken(t *testing.T) {
	for name, row := range map[string]struct {
		items string
		ours  bool
	}{
		"no items":                {``, true},
		"the same":                {`[{"itemId":"product_a","quantity":1}]`, true},
		"nothing in its items":    {`[{}]`, true},
		"no itemId":               {`[{"quantity":1}]`, true},
		"no quantity":             {`[{"itemId":"product_a"}]`, true},
		"another name for itemId": {`[{"productId":"product_a","quantity":"1"}]`, true},
		"another product":         {`[{"itemId":"product_b","quantity":1}]`, false},
		"another quantity":        {`[{"itemId":"product_a","quantity":5}]`, false},
		"one more":                {`[{"itemId":"product_a","quantity":1},{"itemId":"product_b","quantity":1}]`, false},
		"one more without itemId": {`[{"itemId":"product_a","quantity":1},{}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFox(t)
			body := active
			if row.items != "" {
				body = `{"id":"fox-1","status":"active","items":` + row.items + `}`
			}
			f.server.Say(foxtest.Create, said(201, body))
			err := f.run(f.acts.CreateOrder, f.with(oneCard))
			_, pinned, failed := f.book.Pins.Pinned(t.Context(), "shop-1", 0)
			require.NoError(t, failed)
			assert.Equal(t, row.ours, pinned)
			if row.ours {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, order.CodeNotOurs)
		})
	}
}

// An entry of the history may show an id, a status and the key, and nothing of what the
// order is for: it is looked at before it is taken.
func TestWhatTheHistoryHidesIsLookedAtBeforeAnOrderIsAdopted(t *testing.T) {
	in := func(f *fox) Step {
		step := f.with(oneCard)
		_, _, err := f.book.Creates.Intend(t.Context(), "shop-1", 0, f.now)
		require.NoError(t, err)
		key := IdempotencyKey("shop-1", 0, 0)
		f.server.Say(foxtest.List, said(200, `{"items":[{"id":"fox-1","status":"active","idempotencyKey":"`+key+`"}]}`))
		return step
	}
	for body, ours := range map[string]bool{
		active: true,
		`{"id":"fox-1","status":"active","items":[{"itemId":"product_a","quantity":1}],"isMock":"false"}`: true,
		`{"id":"fox-1","status":"active","items":[{"itemId":"product_b","quantity":1}]}`:                  false,
		`{"id":"fox-1","status":"active","isMock":"true"}`:                                                false,
		`{"id":"fox-1","status":"in_review","items":[{"itemId":"product_b"}]}`:                            false,
	} {
		f := newFox(t)
		step := in(f)
		f.server.Say(foxtest.Look, said(200, body))
		err := f.run(f.acts.CreateOrder, step)
		if ours {
			require.NoError(t, err, body)
		} else {
			require.ErrorContains(t, err, order.CodeNotOurs, body)
		}
		assert.Zero(t, f.count(foxtest.Create))
	}

	f := newFox(t)
	step := in(f)
	require.Error(t, f.run(f.acts.CreateOrder, step), "the server that is asked does not know it yet")
	_, pinned, err := f.book.Pins.Pinned(t.Context(), "shop-1", 0)
	require.NoError(t, err)
	assert.False(t, pinned)
	f.server.Say(foxtest.Look, said(200, active))
	require.NoError(t, f.run(f.acts.CreateOrder, step))
}

// The answer to a create may be an id alone; what it does not say is not a status that
// nobody knows.
func TestACreatesAnswerWithoutAStatusIsLookedUp(t *testing.T) {
	f := newFox(t)
	f.server.Say(foxtest.Create, said(201, `{"id":"fox-1"}`))
	f.server.Say(foxtest.Look, said(200, active))
	require.NoError(t, f.run(f.acts.CreateOrder, f.with(oneCard)))
	assert.Equal(t, 1, f.count(foxtest.Look))
	entries, err := f.book.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	for _, e := range entries {
		assert.NotContains(t, e.Reason, "nobody knows")
	}
}

// A mock order whose create did not say whether it is one is looked at before it is paid:
// where that shows a real one, nothing is paid.
func TestAMockOrderIsNotPaidUnseen(t *testing.T) {
	mock := oneCard
	mock.Mock = true
	for isMock, paid := range map[string]int{`"isMock":true`: 1, `"isMock":"true"`: 1, `"isMock":1`: 1, `"isMock":null`: 1,
		`"isMock":false`: 0, `"isMock":"false"`: 0, `"isMock":0`: 0} {
		f := newFox(t)
		f.server.Say(foxtest.Look, said(200, `{"id":"fox-1","status":"active",`+isMock+`}`))
		f.server.Say(foxtest.Pay, said(200, `{"id":"fox-1","status":"paid"}`))
		require.NoError(t, f.run(f.acts.PayOrder, f.pinned(mock)))
		assert.Equal(t, paid, f.count(foxtest.Pay), isMock)
	}
	f := newFox(t)
	f.server.Say(foxtest.Pay, said(200, `{"id":"fox-1","status":"paid"}`))
	require.NoError(t, f.run(f.acts.PayOrder, f.pinned(oneCard)))
	assert.Zero(t, f.count(foxtest.Look), "a real order costs no request more")
}

// Five minutes of nothing else: an answer that came once, long ago, is not one that lasts.
func TestAnAnswerThatCameOnceDoesNotLast(t *testing.T) {
	low := said(400, `{"code":"BalanceNotEnough","detail":"no"}`)
	for name, odd := range map[string]foxtest.Said{"a proxy's page": said(404, `<html>not here</html>`), "not found": said(404, `{"code":"NOT_FOUND","detail":"no"}`)} {
		for call, well := range map[foxtest.Call]foxtest.Said{foxtest.Look: said(200, active), foxtest.Pay: low} {
			t.Run(name+" to "+string(call), func(t *testing.T) {
				f := newFox(t)
				in := f.pinned(oneCard)
				if call == foxtest.Look {
					in.Facts.State = order.AwaitingTopUp // so that it is looked at first
				}
				f.server.Say(foxtest.Look, said(200, active))
				f.server.Say(foxtest.Pay, low)
				f.server.Say(call, odd, well)
				require.ErrorContains(t, f.run(f.acts.PayOrder, in), "1 times so far")
				f.now = f.now.Add(time.Minute)
				require.ErrorContains(t, f.run(f.acts.PayOrder, in), "BalanceNotEnough", "it is seen, and refused for what it costs")
				f.now = f.now.Add(time.Hour)
				f.server.Say(call, odd)
				require.ErrorContains(t, f.run(f.acts.PayOrder, in), "1 times so far")
			})
		}
	}
}

// The same refusal in other words each time is the same refusal.
func TestARefusalInManyWordsIsOne(t *testing.T) {
	f := newFox(t)
	in := f.pinned(oneCard)
	f.server.Say(foxtest.Look, said(200, active))
	f.server.Say(foxtest.Pay, said(409, `{"code":"PAYMENT_IN_PROGRESS"}`), said(423, `{"code":"LOCKED"}`), said(402, `{"code":"FUNDS"}`))
	for range 2 {
		require.ErrorContains(t, f.run(f.acts.PayOrder, in), "so far")
		f.now = f.now.Add(time.Minute)
	}
	err := f.run(f.acts.PayOrder, in)
	require.ErrorContains(t, err, "FUNDS")
	assert.NotContains(t, err.Error(), "so far")
}

// A catalogue whose prices change with each look is not asked for ever: the order is created
// without a guard of its own, and the guard before the payment decides.
func TestPricesAreReadAgainOnce(t *testing.T) {
	f := newFox(t)
	price := func(p string) foxtest.Said { return said(200, `{"id":"product_a","price":"`+p+`"}`) }
	f.server.Say(foxtest.Product, price("9"), price("8"), price("9"), price("8"), price("9"))
	f.server.Say(foxtest.Create, said(400, `{"code":"OFFER_PRICE_NOT_MATCHED"}`), said(400, `{"code":"OFFER_PRICE_NOT_MATCHED"}`), said(201, active))
	most := decimal.NewFromInt(10)
	in := f.with(order.Request{Items: oneCard.Items, MaxPrice: &most})
	in.Request.NoCheck = false
	require.NoError(t, f.run(f.acts.CreateOrder, in))
	assert.Equal(t, 2, f.count(foxtest.Product))
	assert.Equal(t, 3, f.count(foxtest.Create))
}

// Where another attempt's order has the place, that one counts, and the one that was made
// beside it is noted.
func TestAnOvertakenCreateGoesOnWithThePinnedOrder(t *testing.T) {
	f := newFox(t)
	in := f.with(oneCard)
	f.server.Say(foxtest.Create, said(201, `{"id":"fox-2","status":"active"}`))
	f.server.Say(foxtest.Look, said(200, active))
	f.acts.API = pinsMeanwhile{API: f.acts.API, pin: func() {
		require.NoError(t, f.book.Pins.Pin(t.Context(), "shop-1", 0, "fox-1", f.now))
	}}
	require.NoError(t, f.run(f.acts.CreateOrder, in))
	owner, _, err := f.book.Pins.OwnerOf(t.Context(), "fox-2")
	require.NoError(t, err)
	assert.Empty(t, owner)
	entries, err := f.book.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	var notes []string
	for _, e := range entries {
		notes = append(notes, e.Reason)
	}
	assert.Contains(t, strings.Join(notes, "\n"), "order fox-2 was made beside order fox-1")
}

// ended is an order that was paid and has ended as a status says.
func (f *fox) ended(s order.Status) {
	f.Helper()
	in := f.pinned(order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 3}}})
	p := f.acts.payment(in, "attempt", f.now)
	require.NoError(f, f.book.Payments.Begin(f.Context(), p))
	require.NoError(f, f.book.Vault.Store(f.Context(), "shop-1", "fox-1", []ledger.Code{{ItemID: "product_a", Raw: json.RawMessage(`"A"`)}}))
	id := "fox-1"
	s.Reference, s.OrderID, s.StartedAt, s.UpdatedAt = "shop-1", &id, f.now, f.now
	s.Items = []order.ItemStatus{{ItemID: "product_a", Quantity: 3, Codes: 1, Missing: 2}}
	for n, state := range []order.State{order.Creating, order.Active, order.Paid, order.Stalled, s.State} {
		one := s
		one.State = state
		require.NoError(f, f.book.Orders.Record(f.Context(), ledger.Entry{Reference: "shop-1", Run: "state/run/", Key: "state/run/" + string(state), Step: n + 1,
			Kind: ledger.KindState, State: state, At: f.now}, one))
	}
}

// Rechecked through a server that is behind, or that shows what nobody knows, nothing that
// is on record is taken back; codes are stored whatever the rest says.
func TestARecheckTakesNothingBack(t *testing.T) {
	window := time.Now().Add(15 * time.Minute)
	for end, status := range map[string]order.Status{
		"completed":  {State: order.Completed, PaymentExpiresAt: &window},
		"unresolved": {State: order.Unresolved, PaymentExpiresAt: &window, Error: &order.Error{Code: order.CodeGivenUp}},
		"missing":    {State: order.Unresolved, Error: &order.Error{Code: order.CodeCodesMissing}},
	} {
		for _, shown := range []string{"active", "paid", "processing", "refund_pending"} {
			t.Run(end+" shown as "+shown, func(t *testing.T) {
				f := newFox(t)
				f.ended(status)
				f.now = f.now.Add(3 * time.Hour)
				f.server.Say(foxtest.Look, said(200, `{"id":"fox-1","status":"`+shown+`","items":[{"itemId":"product_a","quantity":3,"externalData":["A","B"]}]}`))
				s, err := f.acts.Recheck(t.Context(), "shop-1")
				require.NoError(t, err)
				assert.Equal(t, status.State, s.State)
				assert.Equal(t, 2, s.Items[0].Codes)
				if end != "unresolved" {
					assert.Equal(t, 1, s.Items[0].Missing)
				}
				assert.False(t, s.PaymentInDoubt)
				intent, err := f.book.Payments.Intent(t.Context(), "fox-1")
				require.NoError(t, err)
				assert.False(t, intent.Voided, "its payment stands")
			})
		}
	}
}

// pinsMeanwhile has another attempt pin its order while a create is under way.
type pinsMeanwhile struct {
	API
	pin func()
}

func (p pinsMeanwhile) CreateOrder(ctx context.Context, r foxreload.CreateRequest) (foxreload.Order, error) {
	p.pin()
	return p.API.CreateOrder(ctx, r)
}
