package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// What a run of the workflow that was reset, or a worker that was thought dead, did
// to the money: the run that follows must learn of it, from the ledger and by
// looking.

func TestOrderPaidBeforeAResetIsNotCancelledAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.run()
	require.Equal(t, order.Completed, first.State)
	w.restart()
	var a *answer
	w.at(0, func() { a = w.cancel() })
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, first.OrderID, s.OrderID)
	assert.Equal(t, 1, s.Items[0].Codes)
	assert.Error(t, a.err)
}

// Whoever was told that an order is cancelled relies on it: a reset, which takes no
// decision of that time along, neither creates nor pays it.
func TestOrderCancelledBeforeAResetStaysCancelled(t *testing.T) {
	t.Parallel()
	t.Run("by cancel", func(t *testing.T) {
		w := poor(t)
		w.at(time.Minute, func() { w.cancel() })
		require.Equal(t, order.Cancelled, w.run().State)
		w.fox.do(func() { w.fox.balance = decimal.NewFromInt(100) })
		w.restart()
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, order.UserRequest, *s.CancelReason)
		assert.Empty(t, w.fox.debits)
	})
	t.Run("by resolve", func(t *testing.T) {
		w := hidden(t)
		w.at(time.Hour, func() { w.resolve("u1", workflows.Resolution{Choice: workflows.Abort}) })
		require.Equal(t, order.Cancelled, w.run().State)
		w.fox.onCreate = nil
		w.restart()
		assert.Equal(t, order.Cancelled, w.run().State)
		assert.Empty(t, w.fox.orders)
	})
	// A reset takes the cancel update along. It is refused while a payment is in doubt,
	// and the word on record stands all the same.
	t.Run("by cancel, which comes again", func(t *testing.T) {
		w := newWorld(t)
		w.fox.onPay = func(int) error { return apiError(foxreload.ClassUnauthorised, "FORBIDDEN") }
		w.at(time.Minute, func() { w.cancel() })
		require.Equal(t, order.Cancelled, w.run().State)
		w.restart()
		w.fox.onPay = nil
		w.at(0, func() { w.cancel() })
		assert.Equal(t, order.Cancelled, w.run().State)
		assert.Empty(t, w.fox.debits)
	})
	t.Run("paid in FoxReload's dashboard since", func(t *testing.T) {
		w := poor(t)
		w.at(time.Minute, func() { w.cancel() })
		require.Equal(t, order.Cancelled, w.run().State)
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
		w.restart()
		assert.Equal(t, order.Completed, w.run().State)
	})
}

// The key is refused when the order is taken up again: that it is paid, or may be, is not
// forgotten, neither by a cancellation nor when it is given up.
func TestResetForgetsNoPayment(t *testing.T) {
	t.Parallel()
	refused := func(int) error { return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED") }
	for words, lost := range map[string]bool{"it is paid": false, "outcome is not known": true} {
		t.Run(words, func(t *testing.T) {
			w := newWorld(t)
			w.in.Intervals.StallPoll = seldom
			end := order.Completed
			if lost {
				w.fox.losePay, w.fox.onGet, end = func(int) bool { return true }, refused, order.Unresolved
			}
			require.Equal(t, end, w.run().State)
			w.restart()
			w.fox.onGet = refused
			var early, later *answer
			w.at(0, func() { early = w.cancel() })
			w.at(time.Hour, func() { later = w.cancel() })
			s := w.run()
			assert.ErrorContains(t, early.err, words)
			assert.ErrorContains(t, later.err, words)
			assert.Equal(t, order.Unresolved, s.State)
			assert.Equal(t, "GIVEN_UP", s.Error.Code)
			assert.Contains(t, s.Error.Message, "about order fox-1")
		})
	}
}

// FoxReload shows an order that was on record as paid as it was before, or calls it ended
// for want of a payment, after a reset: it is neither paid again nor replaced.
func TestResetBelievesTheRecordOfAPayment(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(*foxreload.Order){
		"as it was before":        func(o *foxreload.Order) { o.Status = foxreload.StatusActive },
		"ended for want of money": func(o *foxreload.Order) { o.Status, o.CancelReason = foxreload.StatusCancelled, order.PaymentFailure },
		"in a way nobody knows":   func(o *foxreload.Order) { o.Status = "reversed" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in.Intervals.StallPoll = seldom
			require.Equal(t, order.Completed, w.run().State)
			w.restart()
			w.fox.onSee = bend
			var early *answer
			w.at(0, func() { early = w.cancel() })
			s := w.run()
			assert.Contains(t, []order.State{order.Cancelled, order.Unresolved}, s.State)
			assert.Error(t, early.err)
			assert.Equal(t, 1, w.fox.pays)
			assert.Equal(t, 1, w.fox.creates)
		})
	}
}

// Temporal's own cancellation of a workflow meets a payment in doubt: it waits for
// the look, and does nothing else meanwhile.
func TestCancelledWorkflowWaitsForAPaymentInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, order.Completed, w.run().State)
	w.restart()
	away := w.env.Now().Add(time.Hour)
	w.fox.onGet = func(int) error {
		if w.env.Now().Before(away) {
			return apiError(foxreload.ClassPassing, "HTTP_503")
		}
		return nil
	}
	w.at(time.Minute, w.env.CancelWorkflow)
	assert.Equal(t, order.Completed, w.run().State)
	assert.Less(t, w.fox.get, 300)
}

// A lost pay is repeated, and the key is refused then: the first may have gone
// through all the same, so the order is not cancelled before that was seen.
func TestRefusedRepeatLeavesThePaymentInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onPay = func(n int) error {
		if n == 1 {
			return errLost
		}
		w.fox.onGet = func(int) error { return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED") }
		return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
	}
	var a *answer
	w.at(10*time.Minute, func() {
		a = w.cancel()
		w.fox.do(func() {
			w.fox.settle(w.fox.orders[0]) // it lands, late as it is
			w.fox.onGet = nil
		})
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.ErrorContains(t, a.err, "outcome is not known")
}

// An order whose payment link is out, or whose payment is held, is taken up again.
func TestResetOfAnOrderThatWaits(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*world){
		"link out": func(w *world) {
			w.in.Request.Provider, w.in.Request.ReturnURL = "pally", "https://shop.example/return"
			w.fox.link = "https://pay.example/x"
		},
		"paused": func(w *world) { require.NoError(w, w.book.Switches.Pause(w.Context(), "ann", w.env.Now())) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			prepare(w)
			id := w.lies("product_a", "")
			_, _, err := w.book.Orders.Begin(t.Context(), w.in.Request, w.env.Now())
			require.NoError(t, err)
			require.NoError(t, w.book.Pins.Pin(t.Context(), reference, 0, id, w.env.Now()))
			w.at(time.Hour, func() {
				w.fox.do(func() {
					if w.fox.link != "" {
						w.fox.settle(w.fox.orders[0])
					}
				})
				require.NoError(t, w.book.Switches.Resume(t.Context()))
				w.env.SignalWorkflow(workflows.SignalTopUp, nil)
			})
			assert.Equal(t, order.Completed, w.run().State)
		})
	}
}

// Taken up again, the order shows a status that nobody knows before it shows that
// it is active: the state of before was never put on record by this run.
func TestResetIntoAStrangeStatus(t *testing.T) {
	t.Parallel()
	for name, paused := range map[string]bool{"link out": false, "paused": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.lies("product_a", "")
			if paused {
				require.NoError(t, w.book.Switches.Pause(t.Context(), "ann", w.env.Now()))
			} else {
				w.in.Request.Provider, w.in.Request.ReturnURL = "pally", "https://shop.example/return"
				w.fox.link = "https://pay.example/x"
			}
			_, _, err := w.book.Orders.Begin(t.Context(), w.in.Request, w.env.Now())
			require.NoError(t, err)
			require.NoError(t, w.book.Pins.Pin(t.Context(), reference, 0, id, w.env.Now()))
			w.fox.onSee = func(o *foxreload.Order) {
				if w.fox.get == 1 {
					o.Status = "on_hold"
				}
			}
			w.at(time.Hour, func() {
				assert.Contains(t, []order.State{order.AwaitingPayment, order.Paused}, w.now().State)
				require.NoError(t, w.book.Switches.Resume(t.Context()))
				w.fox.do(func() {
					if w.fox.link != "" {
						w.fox.settle(w.fox.orders[0])
					}
				})
				w.env.SignalWorkflow(workflows.SignalTopUp, nil)
			})
			assert.Equal(t, order.Completed, w.run().State)
		})
	}
}

// The old run's request to pay is on its way, and the order still shows as active:
// the cancellation waits until the request must have landed, and finds it paid.
func TestCancelWaitsForThePayOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.at(time.Minute, func() {
		err := w.book.Payments.Begin(t.Context(), ledger.Payment{Attempt: "earlier", Reference: reference, OrderID: "fox-1", At: w.env.Now(), InFlight: time.Minute})
		require.NoError(t, err)
	})
	w.at(100*time.Second, func() { w.fox.do(func() { w.fox.settle(w.fox.orders[0]) }) })
	var a *answer
	w.at(70*time.Second, func() { a = w.cancel() })
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Error(t, a.err)
	assert.Len(t, w.fox.debits, 1)
}

// The order is blocked, its payment is tried again and goes through, the worker dies,
// and FoxReload does not answer when the order is cancelled: a look that sees nothing
// is no ground to call it unpaid.
func TestBlindLookIsNoGroundToCallAnOrderUnpaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onPay = func(n int) error {
		if n == 1 {
			return apiError(foxreload.ClassUnauthorised, "FORBIDDEN")
		}
		w.fox.onGet = func(int) error {
			if w.env.Now().Before(time.Date(2026, 11, 24, 10, 10, 0, 0, time.UTC)) {
				return apiError(foxreload.ClassPassing, "HTTP_503")
			}
			return nil
		}
		return nil
	}
	w.fox.losePay = func(int) bool { return true }
	var a *answer
	w.at(2*time.Minute, func() {
		require.Equal(t, order.Blocked, w.now().State)
		a = w.cancel()
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.Error(t, a.err)
	assert.Len(t, w.fox.debits, 1)
}

// The price rises while a payment is on its way: the price guard does not end an order
// that may be paid.
func TestPriceGuardWaitsForThePaymentOnItsWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := decimal.NewFromInt(10)
	w.in.Request.MaxPrice = &most
	w.fox.onPay = func(n int) error {
		if n == 1 {
			return errLost
		}
		return nil
	}
	w.at(time.Second, func() {
		w.fox.do(func() { dearer := decimal.NewFromInt(20); w.fox.orders[0].order.Price = &dearer })
	})
	w.at(8*time.Second, func() { w.fox.do(func() { w.fox.settle(w.fox.orders[0]) }) }) // it lands, late as it is
	assert.Equal(t, order.Completed, w.run().State)
}

// The earlier run begins to pay right between the last look and the end on record:
// that look is no ground for the end.
func TestPayThatBeginsAfterTheLastLookIsSeen(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.at(70*time.Second, func() { w.cancel() })
	begun := false
	w.env.OnActivity(w.acts.PollStatus, mock.Anything, mock.Anything).Return(
		func(ctx context.Context, in activities.PollInput) (activities.Outcome, error) {
			out, err := w.acts.PollStatus(ctx, in)
			if in.Once && !begun {
				begun = true
				err := w.book.Payments.Begin(ctx, ledger.Payment{Attempt: "earlier", Reference: reference, OrderID: "fox-1", At: w.env.Now(), InFlight: time.Minute})
				require.NoError(t, err)
				w.fox.do(func() { w.fox.balance = decimal.NewFromInt(100); w.fox.settle(w.fox.orders[0]) })
			}
			return out, err
		})
	assert.Equal(t, order.Completed, w.run().State)
	assert.True(t, begun)
}

// The order's window ends while the request to pay it may still be on its way: its
// replacement is not paid beside it.
func TestReplacementWaitsForThePayOfTheOrderBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.window = 5 * time.Second
	var at []time.Time
	w.fox.onPay = func(n int) error {
		at = append(at, w.env.Now())
		if n == 1 {
			w.fox.window = time.Hour // of the orders to come
			return errLost
		}
		return nil
	}
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 1, s.Replacements)
	require.Len(t, at, 2)
	assert.GreaterOrEqual(t, at[1].Sub(at[0]), 10*time.Second)
}

// A ledger that can't be written for a while delays an order, whatever it was about
// to put on record, and never ends it.
// Promise 3: nothing is lost.
func TestLedgerOutageEndsNoOrder(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"creating", "active", "paid", "awaiting_topup", "completed"} {
		t.Run(state, func(t *testing.T) {
			w := newWorld(t)
			if state == "awaiting_topup" {
				w = poor(t)
				w.at(time.Hour, func() { w.topUp(20) })
			}
			allow := w.refuseWrites("audit", "NEW.kind = 'state' AND NEW.state = '"+state+"'")
			w.at(10*time.Minute, allow)
			assert.Equal(t, order.Completed, w.run().State)
		})
	}
}

// The order is blocked for one reason, then for another: whoever reads the ledger
// learns what it waits for now.
func TestNewReasonToWaitIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onCreate = func(n int) error {
		if n == 1 {
			return apiError(foxreload.ClassUnauthorised, "FORBIDDEN")
		}
		return &foxreload.Error{Code: "ORDER_ALREADY_EXISTS", Class: foxreload.ClassExists, Status: 409}
	}
	w.at(time.Hour, func() {
		onRecord, err := w.book.Orders.Status(t.Context(), reference)
		require.NoError(t, err)
		assert.Equal(t, order.Blocked, onRecord.State)
		assert.Equal(t, "ORDER_ALREADY_EXISTS", onRecord.Error.Code)
		assert.Contains(t, *onRecord.WaitingFor, "starter resolve "+reference)
		assert.Contains(t, w.notes(), "ORDER_ALREADY_EXISTS")
		w.cancel()
	})
	w.run()
	assert.Equal(t, []order.State{order.Creating, order.Blocked, order.Cancelled}, w.states())
}
