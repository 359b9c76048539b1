package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func pointer[T any](v T) *T { return &v }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func status(s order.State) order.Status {
	return order.Status{Reference: "shop-1", State: s, OrderID: pointer("1f0c"), Items: []order.ItemStatus{{ItemID: "product_a", Quantity: 1}}}
}

func waiting(w Wait) order.Status {
	s := status(waits[w].state)
	s.WaitingFor = pointer(WaitingFor(w, s.Reference))
	return s
}

// said is all that is said of an order, on one line.
func said(s order.Status) string { return Means(s) + " " + Why(s) + " → " + Hint(s) }

// Every state that package order has, the reasons of a cancellation and the waits of the
// states that wait: what must be said of it, and what never.
func TestEveryStateSaysWhatItMeansAndWhatMayBeDone(t *testing.T) {
	says := map[order.State][]string{
		order.Creating:        {"about to be created", "Nothing is paid", "starter watch shop-1", "starter cancel shop-1"},
		order.Active:          {"about to be paid", "starter cancel shop-1"},
		order.AwaitingTopUp:   {"balance is too low", "Nothing is paid", "starter top-up shop-1", "starter cancel shop-1"},
		order.AwaitingPayment: {"asked for at the provider", "look for the payment of order 1f0c"},
		order.Paused:          {"held", "Nothing is paid", "starter resume", "starter cancel shop-1"},
		order.Paid:            {"is paid", "starter watch shop-1"},
		order.Processing:      {"is paid", "supplier", "starter watch shop-1"},
		order.Stalled:         {"is paid", "late", "do not order", "support about order 1f0c"},
		order.Blocked:         {"person", "starter status shop-1"},
		order.Completed:       {"delivered", "starter codes shop-1"},
		order.Cancelled:       {"was cancelled", "starter place"},
		order.Failed:          {"failed", "support about order 1f0c", "starter place"},
		order.Unresolved:      {"given up", "support about order 1f0c", "do not order it again"},
	}
	for _, state := range order.States() {
		wants, covered := says[state]
		require.True(t, covered, "no row for the state %s", state)
		s := status(state)
		for _, want := range wants {
			assert.Contains(t, said(s), want, state)
		}
		assert.NotEqual(t, unheardOf.means, Means(s), state)
		assert.NotEmpty(t, Next(s), state)
		assert.NotContains(t, said(s), "{", "all room is filled: %s", state)
		_, signed := signs[state]
		assert.True(t, signed, "%s has a sign", state)
		if state.MoneyOut() || state == order.Unresolved {
			assert.NotContains(t, said(s), "starter place", "money that is out is never ordered again")
			assert.NotContains(t, said(s), "starter cancel", "what is paid can't be cancelled")
		}
	}
	assert.Equal(t, unheardOf.means, Means(status("lost")))
}

func TestEveryWaitSaysWhatEndsIt(t *testing.T) {
	says := map[Wait][]string{
		WaitTopUp:    {"Nothing is paid", "starter top-up shop-1 (once the balance is raised)", "starter cancel shop-1"},
		WaitPayment:  {"the payment through the provider's link", "open the payment link"},
		WaitNoLink:   {"held no link", "look for the payment of order 1f0c in FoxReload's dashboard"},
		WaitResume:   {"the release of payments", "starter resume (for all orders)"},
		WaitNextDay:  {"midnight UTC", "raise FOXFLOW_DAILY_LIMIT"},
		WaitDelivery: {"codes may still come", "do not order again", "support about order 1f0c"},
		WaitKey:      {"a valid API key", "mend FOXRELOAD_API_KEY", "goes on by itself"},
		WaitAddress:  {"the right address", "mend FOXRELOAD_BASE_URL"},
		WaitExists:   {"starter resolve shop-1 --adopt ORDER_ID", "starter resolve shop-1 --retry", "starter resolve shop-1 --abort"},
		WaitGuard:    {"Nothing more is paid", "starter resolve shop-1 --adopt ORDER_ID", "starter resolve shop-1 --retry", "starter resolve shop-1 --abort"},
	}
	waited := map[order.State]bool{}
	for _, w := range Waits() {
		wants, covered := says[w]
		require.True(t, covered, "no row for the wait %s", w)
		s := waiting(w)
		waited[s.State] = true
		for _, want := range wants {
			assert.Contains(t, said(s), want, w)
		}
		assert.NotContains(t, said(s), "{", w)
		assert.True(t, s.State.Waits(), w)
		assert.NotEqual(t, stances[s.State].means, Means(s), "%s: the words on record are not said twice", w)
	}
	assert.Len(t, waits, len(Waits()))
	for _, state := range order.States() {
		assert.Equal(t, state.Waits(), waited[state], "what %s waits for", state)
	}
}

// Only a decision is asked for by "starter resolve".
func TestABlockedOrderThatGoesOnByItselfAsksForNoDecision(t *testing.T) {
	for _, w := range Waits() {
		s := waiting(w)
		assert.Equal(t, w == WaitExists || w == WaitGuard, strings.Contains(Hint(s), "resolve"), w)
		assert.Equal(t, w == WaitExists || w == WaitGuard, asksDecision(s), w)
	}
}

func TestEveryReasonOfACancellationIsTold(t *testing.T) {
	for reason, want := range map[string]string{
		order.PaymentFailure: "balance stayed too low", order.PaymentExpiration: "payment window ended",
		order.UserRequest: "on request", order.PriceGuard: "above --max-price", "something new": "It was cancelled.",
	} {
		s := status(order.Cancelled)
		s.CancelReason = &reason
		assert.Contains(t, Means(s), want)
		assert.NotEmpty(t, Next(s))
	}
	s := status(order.Cancelled)
	s.CancelReason = pointer(order.PriceGuard)
	assert.Contains(t, Hint(s), "starter products show product_a")
}

func TestARefusedRequestIsNotSentToSupport(t *testing.T) {
	s := status(order.Failed)
	s.OrderID = nil
	assert.NotContains(t, Hint(s), "support")
	assert.Contains(t, Means(s), "nothing was paid")
}

func TestEndingSaysWhy(t *testing.T) {
	s := status(order.Failed)
	s.Items[0].Error = pointer("supplier is out of stock")
	assert.Equal(t, "order shop-1 is failed: item 1 (product_a): supplier is out of stock", Ending(s))

	s = status(order.Cancelled)
	s.CancelReason = pointer(order.PriceGuard)
	s.Error = &order.Error{Code: "PRICE_GUARD", Message: "price 12 is above 10"}
	assert.Equal(t, "order shop-1 is cancelled: price_guard; PRICE_GUARD: price 12 is above 10", Ending(s))
	assert.Equal(t, "order shop-1 is completed", Ending(status(order.Completed)))
}

func TestTheStoryTellsWhatIsWorthKnowing(t *testing.T) {
	s := status(order.AwaitingTopUp)
	s.Replacements = 2
	s.PaymentExpiresAt = pointer(noon)
	s.WaitingFor = pointer("a top-up")
	s.Price, s.Currency = pointer("9.55"), pointer("usd")
	asked := order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 2, Note: order.Note{"player_id": "player-77310042", "server": "eu"}}}}
	told := Tell(s, Told{Request: asked, Names: Names{"product_a": "Steam 10 USD"}, HeldBy: "ann@till"})
	assert.Equal(t, "2 × Steam 10 USD", told.Summary)
	assert.Equal(t, "waits for a top-up", *told.Why)
	facts := strings.Join(told.Facts, "\n")
	for _, want := range []string{"replaced 2 times", "switched off (by ann@till)", "2026-11-24 12:00:00 UTC", "Price: 9.55 usd", "For the player: player_id •••42, server •••"} {
		assert.Contains(t, facts, want)
	}
	assert.NotNil(t, told.Timeline)
	assert.NotContains(t, fmt.Sprintf("%+v", told)+Markdown(told, Timeline{}), "77310042")

	done := Tell(status(order.Completed), Told{HeldBy: "ann@till"})
	assert.Empty(t, done.Facts, "a pause does not touch what has ended")
	assert.Nil(t, done.Why)
}

func TestTheLastAnswerIsFoundOnRecord(t *testing.T) {
	s := status(order.Stalled)
	log := []Event{{At: noon, Kind: KindState, State: order.Creating}, {At: noon.Add(time.Second), Kind: KindState, State: order.Processing, OrderID: pointer("1f0c")},
		{At: noon.Add(time.Minute), Kind: KindState, State: order.Stalled, OrderID: pointer("1f0c")}}
	assert.Equal(t, "order 1f0c is processing (2026-11-24 12:00:01 UTC)", Tell(s, Told{Log: log}).LastAnswer.String())
	s.Error, s.UpdatedAt = &order.Error{Code: "BalanceNotEnough", Message: "too little"}, noon
	assert.Equal(t, &Answer{Code: "BalanceNotEnough", Message: "too little", At: &noon, From: FromLedger}, Tell(s, Told{Log: log}).LastAnswer)
	assert.Nil(t, Tell(status(order.Creating), Told{Log: log[:1]}).LastAnswer)
}
