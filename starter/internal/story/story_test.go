package story

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func pointer[T any](v T) *T { return &v }

func status(s order.State) order.Status {
	return order.Status{Reference: "shop-1", State: s, OrderID: pointer("1f0c"), Items: []order.ItemStatus{{ItemID: "product_a", Quantity: 1}}}
}

func TestEveryStateSaysWhatItMeansAndWhatMayBeDone(t *testing.T) {
	for _, state := range order.States() {
		s := status(state)
		reasons := []*string{nil}
		if state == order.Cancelled {
			reasons = []*string{nil, pointer(order.PaymentFailure), pointer(order.PaymentExpiration), pointer(order.UserRequest), pointer(order.PriceGuard)}
		}
		for _, reason := range reasons {
			s.CancelReason = reason
			assert.NotEmpty(t, Means(s), state)
			assert.NotContains(t, Means(s), "not known", state)
			require.NotEmpty(t, Next(s), state)
			for _, step := range Next(s) {
				assert.NotContains(t, step+" ", " R ", "the reference is filled in")
				assert.NotContains(t, step, "order ID", "the order id is filled in")
			}
		}
	}
}

func TestBlockedSaysWhatAPersonCanDecide(t *testing.T) {
	s := status(order.Blocked)
	s.WaitingFor = pointer("a person's decision: … run starter resolve shop-1 with …")
	next := strings.Join(Next(s), "\n")
	for _, choice := range []string{"starter resolve shop-1 --adopt ORDER_ID", "starter resolve shop-1 --retry", "starter resolve shop-1 --abort"} {
		assert.Contains(t, next, choice)
	}
	s.WaitingFor = pointer("a valid API key: …")
	assert.NotContains(t, strings.Join(Next(s), "\n"), "resolve", "it goes on by itself")
}

func TestWaitingForMoneyNamesTheCommand(t *testing.T) {
	assert.Contains(t, Next(status(order.AwaitingTopUp))[0], "starter top-up shop-1")
	assert.Equal(t, "starter codes shop-1", Next(status(order.Completed))[0])
	assert.Contains(t, strings.Join(Next(status(order.Stalled)), " "), "order 1f0c")
}

func TestMoneyThatIsOutIsNeverOrderedAgain(t *testing.T) {
	for _, state := range order.States() {
		if state.MoneyOut() || state == order.Unresolved {
			assert.NotContains(t, strings.Join(Next(status(state)), " "), "starter place", state)
		}
	}
}

func TestARefusedRequestIsNotSentToSupport(t *testing.T) {
	s := status(order.Failed)
	s.OrderID = nil
	assert.NotContains(t, strings.Join(Next(s), " "), "support")
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
	s.PaymentExpiresAt = pointer(time.Date(2026, 11, 24, 10, 15, 0, 0, time.UTC))
	s.WaitingFor = pointer("a top-up")
	told := Tell(s, nil, "ann@till")
	assert.Equal(t, "waits for a top-up", *told.Why)
	facts := strings.Join(told.Facts, "\n")
	assert.Contains(t, facts, "replaced 2 times")
	assert.Contains(t, facts, "switched off (by ann@till)")
	assert.Contains(t, facts, "2026-11-24 10:15:00 UTC")
	assert.NotNil(t, told.Timeline)

	done := Tell(status(order.Completed), nil, "ann@till")
	assert.Empty(t, done.Facts, "a pause does not touch what has ended")
	assert.Nil(t, done.Why)
}
