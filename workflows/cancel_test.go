package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

func TestCancelWhileAwaitingTopUp(t *testing.T) {
	t.Parallel()
	w := poor(t)
	var a *answer
	w.at(time.Hour, func() { a = w.cancel() })
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, order.UserRequest, *s.CancelReason)
	require.NoError(t, a.err)
	assert.Equal(t, order.Cancelled, a.status.State)
}

func TestCancelWhileCreatingInAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onCreate = func(int) error { return apiError(foxreload.ClassPassing, "HTTP_503") }
	var a *answer
	w.at(10*time.Minute, func() { a = w.cancel() })
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	require.NoError(t, a.err)
	assert.Zero(t, w.fox.pays)
}

func TestCancelIsRefusedOncePaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var a *answer
	w.at(10*time.Second, func() { a = w.cancel() })
	assert.Equal(t, order.Completed, w.run().State)
	assert.False(t, a.accepted)
	assert.ErrorContains(t, a.err, "is paid")
}

// The payment was sent, its answer is lost, FoxReload does not answer: nobody knows what
// became of it, and the cancellation is refused with that.
func TestCancelIsRefusedWhileALostPayCanNotBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.losePay = func(int) bool { return true }
	w.fox.onGet = func(int) error {
		if w.env.Now().Sub(w.fox.orders[0].paidAt) < time.Minute {
			return apiError(foxreload.ClassPassing, "HTTP_503")
		}
		return nil
	}
	var a *answer
	w.at(10*time.Second, func() { a = w.cancel() })
	assert.Equal(t, order.Completed, w.run().State)
	assert.ErrorContains(t, a.err, "outcome is not known")
	assert.Equal(t, 1, w.fox.pays)
}

func TestCancelAfterTheOrderWasPaidElsewhere(t *testing.T) {
	t.Parallel()
	w := poor(t)
	var a *answer
	w.at(time.Hour, func() {
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
		a = w.cancel()
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.ErrorContains(t, a.err, "paid")
}

func TestCancelWhilePaused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.book.Switches.Pause(t.Context(), "test", time.Now()))
	var a *answer
	w.at(time.Hour, func() {
		assert.Equal(t, order.Paused, w.now().State)
		a = w.cancel()
	})
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	require.NoError(t, a.err)
	assert.Zero(t, w.fox.pays)
}

func TestCancelWhileBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onPay = func(int) error { return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED") }
	var a *answer
	w.at(time.Hour, func() { a = w.cancel() })
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	require.NoError(t, a.err)
}

// Blocked with a payment in doubt: nothing may be promised.
func TestCancelIsRefusedWhileAPaymentIsInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.losePay = func(int) bool { return true }
	w.fox.onGet = func(int) error {
		if w.env.Now().Sub(w.fox.orders[0].paidAt) < 30*time.Minute {
			return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
		}
		return nil
	}
	var a *answer
	w.at(10*time.Minute, func() {
		assert.Equal(t, order.Blocked, w.now().State)
		a = w.cancel()
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.ErrorContains(t, a.err, "not known yet")
	assert.Equal(t, 1, w.fox.pays)
}

func TestCancelAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.at(time.Hour, func() { w.cancel(); w.cancel() })
	assert.Equal(t, order.Cancelled, w.run().State)
}

// Cancelling the workflow itself, as the Web UI's button does, is a request to
// cancel the order.
func TestWorkflowCancellation(t *testing.T) {
	t.Parallel()
	t.Run("stops an order that is not paid", func(t *testing.T) {
		w := poor(t)
		w.at(time.Hour, func() { w.env.CancelWorkflow() })
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, order.UserRequest, *s.CancelReason)
	})
	t.Run("does not lose an order that is paid", func(t *testing.T) {
		w := newWorld(t)
		w.at(10*time.Second, func() { w.env.CancelWorkflow() })
		assert.Equal(t, order.Completed, w.run().State)
	})
}

// The workflow is cancelled while a payment is in doubt: the order is not paid again, but
// looked at until that is clear, and then cancelled.
func TestCancelledWorkflowInDoubtIsNotPaidAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	away := true
	w.fox.onGet = func(int) error {
		if away {
			return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
		}
		return nil
	}
	w.fox.onPay = func(n int) error {
		if n == 1 {
			return errLost // and never carried out
		}
		return nil
	}
	w.at(time.Minute, w.env.CancelWorkflow)
	var a *answer
	w.at(2*time.Minute, func() { a = w.cancel() })
	w.at(3*time.Minute, func() { w.fox.do(func() { away = false }) })
	assert.Equal(t, order.Cancelled, w.run().State)
	assert.ErrorContains(t, a.err, "outcome is not known")
	assert.Empty(t, w.fox.debits)
}

func TestPausedGoesOnByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.book.Switches.Pause(t.Context(), "test", time.Now()))
	w.at(time.Hour, func() { require.NoError(t, w.book.Switches.Resume(t.Context())) })
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Paused, order.Paid, order.Processing, order.Completed}, w.states())
	entries, err := w.book.Log.Entries(t.Context(), reference)
	require.NoError(t, err)
	var intents int
	for _, e := range entries {
		if e.Kind == ledger.KindIntent {
			intents++
		}
	}
	assert.Equal(t, 2, intents, "one create, one pay")
}

func TestMockOrdersAreNotPaused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in.Request.Mock = true
	require.NoError(t, w.book.Switches.Pause(t.Context(), "test", time.Now()))
	assert.Equal(t, order.Completed, w.run().State)
	assert.NotContains(t, w.states(), order.Paused)
}

// D15. Somebody waits for a cancellation: it is answered in ten seconds, while FoxReload asks for
// silence, or does not know the order that is to be paid, too.
func TestCancelIsAnsweredSoon(t *testing.T) {
	t.Parallel()
	gone := apiError(foxreload.ClassNotFound, foxreload.CodeNotFound)
	for name, c := range map[string]struct {
		after time.Duration // of the cancellation
		world func(*testing.T) *world
		looks error // from then on
	}{
		"silence":                    {time.Hour, poor, &foxreload.ThrottledError{For: 5 * time.Minute}},
		"a server that fails":        {time.Hour, poor, apiError(foxreload.ClassPassing, "HTTP_503")},
		"an order that is forgotten": {time.Hour, poor, gone},
		"one that was never found": {time.Minute, func(t *testing.T) *world {
			w := newWorld(t)
			w.fox.onGet, w.fox.onPay = always(gone), always(gone)
			return w
		}, gone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.world(t)
			var a *answer
			var asked time.Time
			w.at(c.after, func() {
				w.fox.do(func() { w.fox.onGet = always(c.looks) })
				a, asked = w.cancel(), w.env.Now()
			})
			s := w.run()
			assert.Equal(t, order.Cancelled, s.State)
			require.NoError(t, a.err)
			assert.Less(t, s.UpdatedAt.Sub(asked), 10*time.Second)
		})
	}
}

func always(err error) func(int) error { return func(int) error { return err } }
