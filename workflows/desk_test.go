package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/internal/desk"
	"foxflow/ledger"
	"foxflow/order"
)

// counter is the account and the signals as the balance desk sees them.
type counter struct{ *world }

func (t counter) Balances(context.Context) ([]foxreload.Balance, error) {
	var now decimal.Decimal
	t.fox.do(func() { now = t.fox.balance })
	return []foxreload.Balance{{Currency: "usd", Available: now}}, nil
}

func (t counter) SignalWorkflow(_ context.Context, id, _, signal string, arg any) error {
	return t.env.SignalWorkflowByID(id, signal, arg)
}

// withDesk has a balance desk at work, from a time on.
func (w *world) withDesk(from time.Duration) {
	d := &desk.Desk{API: counter{w}, Store: w.book.Store, Temporal: counter{w}, Now: w.env.Now, Holder: "test", Log: zap.NewNop()}
	for after := from; after < from+30*time.Minute; after += 10 * time.Second {
		w.at(after, func() { require.NoError(w, d.Tend(w.Context())) })
	}
}

// othersAreRefused is what the ledger hears when others try to pay in vain.
func (w *world) othersAreRefused() {
	for _, other := range []string{"other-1", "other-2"} {
		require.NoError(w, balance.New(w.book.Store).Refused(w.Context(), other, w.env.Now()))
	}
}

// A top-up in FoxReload's own dashboard: no signal comes but the desk's.
func TestTopUpIsNoticedWithoutAnyHint(t *testing.T) {
	t.Parallel()
	for name, cancels := range map[string]bool{"the order is still active": false, "it was cancelled, and is replaced": true} {
		t.Run(name, func(t *testing.T) {
			w := poor(t)
			w.fox.lowCancels = cancels
			w.withDesk(time.Second)
			w.at(10*time.Minute, func() {
				assert.Equal(t, order.AwaitingTopUp, w.now().State)
				assert.Equal(t, 1, w.fox.pays)
				w.fox.do(func() { w.fox.balance = decimal.NewFromInt(20) })
			})
			s := w.run()
			assert.Equal(t, order.Completed, s.State)
			assert.Equal(t, 2, w.fox.pays)
			assert.Equal(t, cancels, s.Replacements == 1)
		})
	}
}

// Two others were refused just now: a hint costs no request, and the order waits on.
func TestHintAtAClosedGateAsksNothing(t *testing.T) {
	t.Parallel()
	w := poor(t)
	var gets int
	w.at(time.Hour, func() {
		w.othersAreRefused()
		gets = w.fox.get
		w.topUp(20)
	})
	w.at(time.Hour+10*time.Second, func() {
		now := w.now()
		assert.Equal(t, order.AwaitingTopUp, now.State)
		assert.Equal(t, "BalanceNotEnough", now.Error.Code)
		assert.Contains(t, *now.WaitingFor, "starter top-up shop-1001")
		assert.Equal(t, 1, w.fox.pays)
		assert.Equal(t, gets, w.fox.get)
		d, err := balance.New(w.book.Store).Standing(t.Context())
		require.NoError(t, err)
		assert.True(t, d.Asked, "the desk is to look")
	})
	w.withDesk(2 * time.Hour)
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 2, w.fox.pays)
}

// What the gate says of the balance says nothing of the order: one that FoxReload
// cancelled meanwhile is found and replaced when there is money.
func TestOrderThatEndedBehindAClosedGateIsReplaced(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.window = 15 * time.Minute
	w.at(time.Hour, func() {
		w.othersAreRefused()
		w.topUp(20)
	})
	w.withDesk(2 * time.Hour)
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 1, s.Replacements)
}

// A new order that the balance does not cover while others wait is not even tried.
func TestNewOrderBesideThoseThatWait(t *testing.T) {
	t.Parallel()
	w := poor(t)
	_, _, err := w.book.Orders.Begin(t.Context(), order.Request{Reference: "earlier", Items: w.in.Request.Items}, w.env.Now())
	require.NoError(t, err)
	require.NoError(t, w.book.Orders.Record(t.Context(), ledger.Entry{Reference: "earlier", Key: "state", Kind: ledger.KindState, At: w.env.Now()},
		order.Status{Reference: "earlier", State: order.AwaitingTopUp, StartedAt: w.env.Now()}))
	_, err = balance.New(w.book.Store).Saw(t.Context(), w.env.Now(), map[string]decimal.Decimal{"usd": decimal.NewFromInt(1)})
	require.NoError(t, err)
	w.at(time.Minute, func() {
		assert.Equal(t, order.AwaitingTopUp, w.now().State)
		assert.Zero(t, w.fox.pays)
		w.topUp(20)
	})
	w.withDesk(time.Minute)
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 1, w.fox.pays)
}

// Mock orders cost nothing, and an external provider has money of its own.
func TestClosedGateIsForTheBalanceAlone(t *testing.T) {
	t.Parallel()
	t.Run("mock", func(t *testing.T) {
		w := newWorld(t)
		w.in.Request.Mock = true
		w.othersAreRefused()
		assert.Equal(t, order.Completed, w.run().State)
		assert.NotContains(t, w.states(), order.AwaitingTopUp)
	})
	t.Run("provider", func(t *testing.T) {
		w := newWorld(t)
		w.in.Request.Provider, w.in.Request.ReturnURL = "pally", "https://shop.example/return"
		w.fox.link = "https://pay.example/1"
		w.othersAreRefused()
		w.at(time.Minute, func() {
			assert.Equal(t, order.AwaitingPayment, w.now().State)
			w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
		})
		assert.Equal(t, order.Completed, w.run().State)
	})
}

// The answer to a payment is lost, and then the gate closes: whether the money is out
// is found out by looking, never taken for refused.
func TestClosedGateDoesNotHideAPayment(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.losePay = func(n int) bool { return n == 2 }
	w.fox.onPay = func(n int) error {
		if n == 2 {
			w.othersAreRefused()
			require.NoError(t, balance.New(w.book.Store).Release(t.Context(), reference))
		}
		return nil
	}
	w.at(time.Hour, func() { w.topUp(20) })
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.AwaitingTopUp, order.Processing, order.Completed}, w.states())
}
