package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// The stories of "exactly one payment", over an API that promises nothing.

func TestOneReferenceRunsUnderOneID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "order/another", TaskQueue: "foxflow"})
	w.env.ExecuteWorkflow(workflows.OrderWorkflowName, w.in)
	var app *temporal.ApplicationError
	require.ErrorAs(t, w.env.GetWorkflowError(), &app)
	assert.Equal(t, activities.TypeInvalidRequest, app.Type())
	assert.Zero(t, w.fox.creates)
}

func TestReferenceWithOtherContentIsNotTouched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.run()
	w.restart()
	w.in.Request.Items[0].Quantity = 2
	w.env.ExecuteWorkflow(workflows.OrderWorkflowName, w.in)
	var app *temporal.ApplicationError
	require.ErrorAs(t, w.env.GetWorkflowError(), &app)
	assert.Equal(t, activities.TypeReferenceConflict, app.Type())
	onRecord, err := w.book.Orders.Status(t.Context(), reference)
	require.NoError(t, err)
	assert.Equal(t, first, onRecord)
}

func TestLostCreateIsFoundByItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.loseCreate = func(n int) bool { return n == 1 }
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, "fox-1", *s.OrderID)
	assert.Equal(t, 1, w.fox.creates)
	assert.Contains(t, w.notes(), "adopted order fox-1")
}

func TestLostCreateThatCantBeFoundIsMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.loseCreate = func(n int) bool {
		if n == 1 {
			w.fox.orders[0].order.IdempotencyKey = "" // the API ignores the field
		}
		return n == 1
	}
	s := w.run()
	assert.Equal(t, "fox-2", *s.OrderID)
	assert.Contains(t, w.notes(), "expires unpaid")
	assert.NotContains(t, w.fox.debits, "fox-1", "the orphan is never paid")
}

func TestHistoryThatCantBeListedHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"no such call": apiError(foxreload.ClassNotFound, "NOT_FOUND"),
		"odd page":     &foxreload.Error{Code: foxreload.CodeMalformed, Class: foxreload.ClassPassing},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fox.listError = err
			w.fox.loseCreate = func(n int) bool { return n == 1 }
			assert.Equal(t, "fox-2", *w.run().OrderID)
		})
	}
}

func TestForeignOrderIsNotAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.loseCreate = func(n int) bool {
		if n == 1 {
			w.fox.orders[0].order.IdempotencyKey = "somebody-else"
		}
		return n == 1
	}
	assert.Equal(t, "fox-2", *w.run().OrderID)
}

func TestOrderThatExistsAlreadyIsAdopted(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"the answer names it": "fox-1", "the answer names nothing": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.fox.CreateOrder(t.Context(), foxreload.CreateRequest{
				Items: []foxreload.CreateItem{{ItemID: "product_a", Quantity: 1}}, IdempotencyKey: activities.IdempotencyKey(reference, 0, 0)})
			require.NoError(t, err)
			w.fox.onCreate = func(int) error {
				return &foxreload.Error{Code: "ORDER_ALREADY_EXISTS", Class: foxreload.ClassExists, OrderID: id, Status: 409}
			}
			s := w.run()
			assert.Equal(t, order.Completed, s.State)
			assert.Equal(t, "fox-1", *s.OrderID)
		})
	}
}

func TestOrderThatExistsButCantBeFoundNeedsAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onCreate = func(int) error {
		return &foxreload.Error{Code: "ORDER_ALREADY_EXISTS", Class: foxreload.ClassExists, Status: 409}
	}
	var during order.Status
	w.at(time.Hour, func() { during = w.now() })
	s := w.run()
	assert.Equal(t, order.Blocked, during.State)
	assert.Contains(t, *during.WaitingFor, "person")
	assert.Equal(t, order.Unresolved, s.State)
	assert.Equal(t, 3, w.fox.creates, "a replica may be behind for a moment; asking for longer can't help")
}

func TestRejectedKeyIsDroppedForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onCreate = func(n int) error {
		if n == 1 {
			return &foxreload.Error{Code: "VALIDATION", Status: 422, Class: foxreload.ClassFinal, Field: "body.idempotencyKey"}
		}
		return nil
	}
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 2, w.fox.creates)
	assert.Empty(t, w.fox.orders[0].order.IdempotencyKey)
	w.restart()
	w.in.Request.Reference = "shop-2"
	w.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: order.WorkflowID("shop-2"), TaskQueue: "foxflow"})
	w.env.ExecuteWorkflow(workflows.OrderWorkflowName, w.in)
	require.NoError(t, w.env.GetWorkflowError())
	assert.Equal(t, 3, w.fox.creates, "the next order does not send it at all")
}

func TestLostPayIsLookedAtNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.losePay = func(int) bool { return true }
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 1, w.fox.pays)
}

func TestPayThatNeverArrivedIsRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onPay = func(n int) error {
		if n == 1 {
			return errLost
		}
		return nil
	}
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 2, w.fox.pays)
}

func TestNamedOrderOfAnotherKeyIsNotAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.lies("product_a", "somebody-else")
	w.fox.onCreate = func(int) error {
		return &foxreload.Error{Code: "ORDER_ALREADY_EXISTS", Class: foxreload.ClassExists, OrderID: theirs, Status: 409}
	}
	w.at(time.Hour, func() {
		assert.Equal(t, order.Blocked, w.now().State)
		w.cancel()
	})
	assert.Equal(t, order.Cancelled, w.run().State)
	assert.Empty(t, w.fox.debits)
}

// The pay's answer is lost, and the balance was too low: the order is found
// cancelled. It is replaced once there is money to hope for, and not before.
func TestLostPayOfALowBalanceWaitsForMoney(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.onPay = func(n int) error {
		if n == 1 {
			w.fox.orders[0].status, w.fox.orders[0].order.CancelReason = foxreload.StatusCancelled, "payment_failure"
			return errLost
		}
		return nil
	}
	w.at(time.Hour, func() {
		assert.Equal(t, order.AwaitingTopUp, w.now().State)
		assert.Equal(t, 1, w.fox.creates)
		w.topUp(20)
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 1, s.Replacements)
}

// An order that was seen as paid is never replaced, whatever reason FoxReload gives
// for cancelling it: money is out.
func TestPaidOrderIsNeverReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {20 * time.Second, foxreload.StatusCancelled}}
	w.fox.cancelReason = "payment_expiration"
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, 1, w.fox.creates)
}

// The answer to the pay is lost, and so is every sign of it: it is sent again only
// when the first request can't be on its way any more.
func TestLostPayIsGivenTimeBeforeItIsRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var at []time.Time
	w.fox.onPay = func(n int) error {
		at = append(at, w.env.Now())
		if n == 1 {
			return errLost
		}
		return nil
	}
	assert.Equal(t, order.Completed, w.run().State)
	require.Len(t, at, 2)
	assert.GreaterOrEqual(t, at[1].Sub(at[0]), 10*time.Second)
	assert.GreaterOrEqual(t, w.fox.get, 3, "looked at meanwhile")
}

// The worker dies while the pay is on its way, and the order is taken up by
// another one: it looks, and waits for the time that the dead one had.
func TestPayOfADeadWorkerIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paid := time.Time{}
	w.fox.onPay = func(int) error { paid = w.env.Now(); return nil }
	start := w.env.Now()
	dead := ledger.Payment{Attempt: "earlier", Reference: reference, OrderID: "fox-1", At: start.Add(time.Second), InFlight: 55 * time.Second}
	created := false
	w.fox.onCreate = func(int) error { created = true; return nil }
	w.env.OnActivity(w.acts.PayOrder, mock.Anything, mock.Anything).Return(
		func(ctx context.Context, in activities.Step) (activities.Outcome, error) {
			if created {
				created = false
				err := w.book.Payments.Begin(ctx, dead)
				require.NoError(t, err)
			}
			return w.acts.PayOrder(ctx, in)
		})
	assert.Equal(t, order.Completed, w.run().State)
	assert.GreaterOrEqual(t, paid.Sub(dead.At), dead.InFlight)
}

// The answer to the pay is lost and the order is found cancelled, for a reason that
// doesn't say that nothing was paid: the payment stays on record, so that no other
// order of the reference is ever paid beside it.
func TestPaymentInDoubtIsNotVoided(t *testing.T) {
	t.Parallel()
	for reason, voided := range map[string]bool{"": false, "user_request": false, "supplier": false, "payment_failure": true, "payment_expiration": true} {
		t.Run("reason "+reason, func(t *testing.T) {
			w := newWorld(t)
			w.in.Request.Provider, w.in.Request.ReturnURL = "pally", "https://shop.example/return" // never replaced
			w.fox.onPay = func(int) error {
				w.fox.orders[0].status, w.fox.orders[0].order.CancelReason = foxreload.StatusCancelled, reason
				return errLost
			}
			assert.Equal(t, order.Cancelled, w.run().State)
			intent, err := w.book.Payments.Intent(t.Context(), "fox-1")
			require.NoError(t, err)
			assert.False(t, intent.Begun.IsZero())
			assert.Equal(t, voided, intent.Voided)
		})
	}
}

// A stale answer, older than what was seen already, moves nothing.
func TestStatusThatGoesBackIsNoNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stale, news := 0, 0
	w.env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, err error) {
		if err == nil && info.ActivityType.Name == "PollStatus" {
			news++
		}
	})
	w.fox.onSee = func(o *foxreload.Order) {
		if o.Status == foxreload.StatusProcessing && w.fox.get%2 == 0 {
			stale++
			o.Status = foxreload.StatusPaid
		}
	}
	w.at(20*time.Second, func() { // that it is processed, nothing follows from: it is on record alone
		assert.Equal(t, order.Processing, w.onRecord().State)
		assert.Equal(t, order.Paid, w.now().State)
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.Positive(t, stale)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Paid, order.Processing, order.Completed}, w.states())
	assert.Equal(t, 1, news, "completed: neither processing nor a stale answer ends a watch")
}

// A reset replays the order from its first event, over a ledger and a FoxReload
// that remember.
// Promise 1: one reference, one paid order.
func TestResetFromTheFirstEventPaysNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.run()
	w.restart()
	again := w.run()
	assert.Equal(t, order.Completed, again.State)
	assert.Equal(t, first.OrderID, again.OrderID)
	assert.Equal(t, 1, w.fox.creates)
	assert.Equal(t, 1, w.fox.pays)
}

func TestResetAfterAReplacementFindsTheLastOrder(t *testing.T) {
	t.Parallel()
	w := poor(t)
	w.fox.lowCancels = true
	w.at(time.Hour, func() { w.topUp(20) })
	first := w.run()
	w.restart()
	again := w.run()
	assert.Equal(t, order.Completed, again.State)
	assert.Equal(t, first.OrderID, again.OrderID)
	assert.Equal(t, 1, again.Replacements)
	assert.Equal(t, 2, w.fox.creates)
}

func TestWindowsThatEndAtOnceAreNotReplacedForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.window = -time.Second
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, order.PaymentExpiration, *s.CancelReason)
	assert.Equal(t, 6, w.fox.creates)
	assert.Empty(t, w.fox.debits)
}

func TestRefusedKeyBlocksAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	refuse := func(until time.Duration, w *world) func(int) error {
		start := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		return func(int) error {
			if w.env.Now().Sub(start) < until {
				return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
			}
			return nil
		}
	}
	for name, where := range map[string]func(*world){
		"creating": func(w *world) { w.fox.onCreate = refuse(time.Hour, w) },
		"paying":   func(w *world) { w.fox.onPay = refuse(time.Hour, w) },
		"polling":  func(w *world) { w.fox.onGet = refuse(time.Hour, w) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			where(w)
			var during order.Status
			w.at(30*time.Minute, func() { during = w.now() })
			assert.Equal(t, order.Completed, w.run().State)
			assert.Equal(t, order.Blocked, during.State)
			assert.Equal(t, "UNAUTHORIZED", during.Error.Code)
			assert.Contains(t, *during.WaitingFor, "by itself")
		})
	}
}

func TestBlockedForADayIsUnresolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in.Intervals.StallPoll = seldom
	w.fox.onCreate = func(int) error { return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED") }
	s := w.run()
	assert.Equal(t, order.Unresolved, s.State)
	assert.Equal(t, "UNAUTHORIZED", s.Error.Code)
	assert.InDelta(t, 144, w.fox.creates, 5, "six times an hour for a day")
}

func TestPaymentLink(t *testing.T) {
	t.Parallel()
	with := func(t *testing.T) *world {
		w := newWorld(t)
		w.in.Request.Provider, w.in.Request.ReturnURL = "pally", "https://shop.example/return"
		w.fox.link = "https://pay.example/x"
		w.fox.window = 15 * time.Minute
		return w
	}
	t.Run("paid", func(t *testing.T) {
		w := with(t)
		w.at(5*time.Minute, func() {
			s := w.now()
			assert.Equal(t, order.AwaitingPayment, s.State)
			assert.Equal(t, "https://pay.example/x", *s.PaymentURL)
			w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
		})
		assert.Equal(t, order.Completed, w.run().State)
	})
	t.Run("unused", func(t *testing.T) {
		w := with(t)
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, order.PaymentExpiration, *s.CancelReason)
		assert.Equal(t, 1, w.fox.creates, "no replacement")
	})
	t.Run("is not cancelled while somebody may pay it", func(t *testing.T) {
		w := with(t)
		var a *answer
		w.at(5*time.Minute, func() { a = w.cancel() })
		w.run()
		assert.ErrorContains(t, a.err, "link")
	})
}
