package workflows_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func poor(t *testing.T) *world {
	w := newWorld(t)
	w.fox.balance = decimal.NewFromInt(1)
	return w
}

func TestTopUpArrivesWhileOrderIsStillActive(t *testing.T) {
	t.Parallel()
	w := poor(t)
	var during order.Status
	w.at(time.Minute, func() { during = w.now() })
	w.at(time.Hour, func() { w.topUp(20) })
	s := w.run()
	assert.Equal(t, order.AwaitingTopUp, during.State)
	assert.Equal(t, "BalanceNotEnough", during.Error.Code)
	assert.Contains(t, *during.WaitingFor, "starter top-up shop-1001")
	assert.Equal(t, order.Completed, s.State)
	assert.Zero(t, s.Replacements)
	assert.Equal(t, 1, w.fox.creates)
	assert.Equal(t, 2, w.fox.pays)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.AwaitingTopUp, order.Paid, order.Processing, order.Completed}, w.states())
}

func TestLowBalanceCancelsAndTopUpBringsAReplacement(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.lowCancels = true
	w.at(time.Hour, func() {
		assert.Equal(t, 1, w.fox.creates, "no replacement before there is money to hope for")
		w.topUp(20)
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 1, s.Replacements)
	assert.Equal(t, "fox-2", *s.OrderID)
	assert.Nil(t, s.CancelReason)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.AwaitingTopUp, order.Creating, order.Active, order.Paid, order.Processing, order.Completed}, w.states())
}

func TestTopUpArrivesAfterPaymentWindow(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.window = 15 * time.Minute
	w.at(2*time.Hour, func() { w.topUp(20) })
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 1, s.Replacements)
}

func TestSpuriousTopUps(t *testing.T) {
	t.Parallel()
	w := poor(t)
	for i := range 5 {
		w.at(time.Duration(i+1)*time.Minute, func() { w.topUp(0) })
	}
	w.at(time.Hour, func() {
		assert.Equal(t, order.AwaitingTopUp, w.now().State)
		assert.Equal(t, 6, w.fox.pays)
		w.topUp(20)
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 7, w.fox.pays)
}

func TestTopUpHintsInABurstMeanOneLook(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.at(time.Minute, func() {
		for range 10 {
			w.topUp(0)
		}
	})
	w.at(time.Hour, func() { w.topUp(20) })
	w.run()
	assert.LessOrEqual(t, w.fox.pays, 4)
}

func TestTopUpHintToAnOrderThatNeedsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at(0, func() { w.env.SignalWorkflow("top-up", nil) })
	w.at(10*time.Second, func() { w.env.SignalWorkflow("top-up", nil) })
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 1, w.fox.pays)
}

func TestNoTopUpForADay(t *testing.T) {
	t.Parallel()
	w := poor(t)
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, order.PaymentFailure, *s.CancelReason)
	assert.Equal(t, "BalanceNotEnough", s.Error.Code)
}

func TestNoTopUpForADayTellsFoxReloadsReason(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.window = 15 * time.Minute
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, order.PaymentExpiration, *s.CancelReason)
}

// Somebody pays the waiting order past us, in FoxReload's dashboard: it must not
// be given up as unpaid.
func TestPaidElsewhereWhileWaitingIsNotGivenUp(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.at(time.Hour, func() { w.fox.do(func() { w.fox.settle(w.fox.orders[0]) }) })
	assert.Equal(t, order.Completed, w.run().State)
}

func TestSecondShortageAfterAReplacement(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.lowCancels = true
	w.at(time.Hour, func() { w.topUp(2) })
	w.at(2*time.Hour, func() {
		require.Equal(t, order.AwaitingTopUp, w.now().State)
		w.topUp(20)
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 2, s.Replacements)
}
