package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// resolve brings a person's decision and keeps the answer.
func (w *world) resolve(id string, r workflows.Resolution) *answer {
	a := &answer{}
	w.env.UpdateWorkflow(workflows.UpdateResolve, id, a, r)
	return a
}

// hidden is an order that FoxReload has, knows by our key, and does not show.
func hidden(t *testing.T) *world {
	w := newWorld(t)
	w.fox.onCreate = func(n int) error {
		if n <= 3 {
			return &foxreload.Error{Code: "ORDER_ALREADY_EXISTS", Class: foxreload.ClassExists, Status: 409}
		}
		return nil
	}
	return w
}

// lies makes an order that FoxReload has, whoever made it.
func (w *world) lies(item, key string) (id string) {
	w.Helper()
	onCreate := w.fox.onCreate
	w.fox.onCreate = nil
	o, err := w.fox.CreateOrder(w.Context(), foxreload.CreateRequest{Items: []foxreload.CreateItem{{ItemID: item, Quantity: 1}}, IdempotencyKey: key})
	require.NoError(w, err)
	w.fox.onCreate, w.fox.creates = onCreate, 0
	return o.ID
}

func TestRetryCreatesAnewUnderAFreshKey(t *testing.T) {
	t.Parallel()
	w := hidden(t)
	var a *answer
	w.at(time.Hour, func() {
		during := w.now()
		assert.Equal(t, order.Blocked, during.State)
		assert.Contains(t, *during.WaitingFor, "starter resolve "+reference+" with --adopt")
		a = w.resolve("u1", workflows.Resolution{Choice: workflows.Retry, By: "ann@shop"})
	})
	s := w.run()
	require.NoError(t, a.err)
	assert.Equal(t, order.Creating, a.status.State)
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, activities.IdempotencyKey(reference, 0, 1), w.fox.orders[0].order.IdempotencyKey)
	assert.Contains(t, w.notes(), "ann@shop decided: create it anew under a fresh key")
}

// The fresh key is the ledger's memory, not the workflow's.
func TestFreshKeyOutlivesAReset(t *testing.T) {
	t.Parallel()
	w := hidden(t)
	w.fox.loseCreate = func(int) bool { return true }
	w.at(time.Hour, func() { w.resolve("u1", workflows.Resolution{Choice: workflows.Retry}) })
	require.Equal(t, order.Completed, w.run().State)
	w.restart()
	require.Equal(t, order.Completed, w.run().State)
	require.Len(t, w.fox.orders, 1)
	assert.Equal(t, activities.IdempotencyKey(reference, 0, 1), w.fox.orders[0].order.IdempotencyKey)
}

func TestAdoptGoesOnWithTheOrderThatAPersonFound(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"it shows no key": "", "it shows ours": activities.IdempotencyKey(reference, 0, 0)} {
		t.Run(name, func(t *testing.T) {
			w := hidden(t)
			id := w.lies("product_a", key)
			w.fox.listError = apiError(foxreload.ClassNotFound, "NOT_FOUND") // nobody finds it
			var a *answer
			w.at(time.Hour, func() {
				a = w.resolve("u1", workflows.Resolution{Choice: workflows.Adopt, OrderID: id, By: "ann@shop"})
			})
			s := w.run()
			require.NoError(t, a.err)
			assert.Equal(t, order.Active, a.status.State)
			assert.Equal(t, order.Completed, s.State)
			assert.Equal(t, id, *s.OrderID)
			assert.Contains(t, w.fox.debits, id)
			assert.Contains(t, w.notes(), "ann@shop decided: go on with order "+id)
		})
	}
}

// An order that a person names is taken only if it can be this reference's.
func TestAdoptRefusesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order func(*world) string
		says  string
	}{
		"another reference's": {func(w *world) string {
			id := w.lies("product_a", "")
			other := order.Request{Reference: "shop-2", Items: w.in.Request.Items}
			_, _, err := w.book.Orders.Begin(w.Context(), other, w.env.Now())
			require.NoError(w, err)
			require.NoError(w, w.book.Pins.Pin(w.Context(), "shop-2", 0, id, w.env.Now()))
			return id
		}, "belongs to reference shop-2"},
		"for something else": {func(w *world) string { return w.lies("product_b", "") }, "is for 1 × product_b, this reference asks for 1 × product_a"},
		"for another player": {func(w *world) string {
			id := w.lies("product_a", "")
			w.fox.find(id).order.Items[0].Note = map[string]string{"player_id": "00999999"}
			return id
		}, "is for another player"},
		"of another key": {func(w *world) string { return w.lies("product_a", "somebody-else") }, "key that this reference never sent"},
		"not there":      {func(*world) string { return "fox-99" }, "NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			w := hidden(t)
			id := c.order(w)
			var a *answer
			w.at(time.Hour, func() { a = w.resolve("u1", workflows.Resolution{Choice: workflows.Adopt, OrderID: id}) })
			w.at(2*time.Hour, func() {
				assert.Equal(t, order.Blocked, w.now().State, "it waits on")
				w.resolve("u2", workflows.Resolution{Choice: workflows.Abort})
			})
			s := w.run()
			assert.ErrorContains(t, a.err, c.says)
			assert.Equal(t, order.Cancelled, s.State)
			assert.Empty(t, w.fox.debits)
		})
	}
}

// What was paid in the dashboard is followed, not paid again.
func TestAdoptedOrderThatIsPaidIsNotPaidAgain(t *testing.T) {
	t.Parallel()
	w := hidden(t)
	id := w.lies("product_a", "")
	w.at(time.Hour, func() {
		w.fox.do(func() { w.fox.settle(w.fox.find(id)) })
		w.resolve("u1", workflows.Resolution{Choice: workflows.Adopt, OrderID: id})
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Zero(t, w.fox.pays)
	assert.Equal(t, 1, s.Items[0].Codes)
}

func TestAbortEndsTheOrder(t *testing.T) {
	t.Parallel()
	w := hidden(t)
	var a *answer
	w.at(time.Hour, func() { a = w.resolve("u1", workflows.Resolution{Choice: workflows.Abort}) })
	s := w.run()
	require.NoError(t, a.err)
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, order.UserRequest, *s.CancelReason)
	assert.Contains(t, w.notes(), "a person decided: end the order")
	assert.Zero(t, w.fox.pays)
}

// A decision that nobody asks for leaves no trace.
func TestDecisionIsRefusedWhereNoneIsAskedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*testing.T) *world
		with  workflows.Resolution
		says  string
	}{
		"awaiting a top-up": {poor, workflows.Resolution{Choice: workflows.Retry}, "it is awaiting_topup and waits for a top-up"},
		"blocked by the key": {func(t *testing.T) *world {
			w := newWorld(t)
			w.fox.onCreate = func(int) error { return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED") }
			return w
		}, workflows.Resolution{Choice: workflows.Retry}, "it is blocked and waits for a valid API key"},
		"adopt nothing":     {hidden, workflows.Resolution{Choice: workflows.Adopt}, "orderId goes with adopt"},
		"retry with an id":  {hidden, workflows.Resolution{Choice: workflows.Retry, OrderID: "fox-1"}, "orderId goes with adopt"},
		"an unknown choice": {hidden, workflows.Resolution{Choice: "pray"}, `choice "pray" is none of adopt, retry, abort`},
		"no choice":         {hidden, workflows.Resolution{}, "none of adopt, retry, abort"},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.world(t)
			var a *answer
			w.at(time.Hour, func() { a = w.resolve("u1", c.with) })
			w.at(2*time.Hour, func() { w.cancel() })
			assert.Equal(t, order.Cancelled, w.run().State)
			assert.False(t, a.accepted)
			assert.ErrorContains(t, a.err, c.says)
		})
	}
}

func TestOneDecisionAtATime(t *testing.T) {
	t.Parallel()
	w := hidden(t)
	var first, second *answer
	w.at(time.Hour, func() {
		first = w.resolve("u1", workflows.Resolution{Choice: workflows.Retry})
		second = w.resolve("u2", workflows.Resolution{Choice: workflows.Abort})
	})
	assert.Equal(t, order.Completed, w.run().State)
	require.NoError(t, first.err)
	assert.Error(t, second.err)
}

// Nothing is adopted that is not known by our key: where none is sent, FoxReload's
// word alone makes no order ours.
func TestWithoutAKeyNothingIsAdopted(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"the answer names an order": "fox-1", "the answer names nothing": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.acts.IdempotencyKeys = false
			w.lies("product_a", "")
			w.fox.onCreate = func(int) error {
				return &foxreload.Error{Code: "ORDER_ALREADY_EXISTS", Class: foxreload.ClassExists, OrderID: id, Status: 409}
			}
			w.at(time.Hour, func() {
				assert.Equal(t, order.Blocked, w.now().State)
				assert.Contains(t, w.now().Error.Message, id)
				w.resolve("u1", workflows.Resolution{Choice: workflows.Abort})
			})
			assert.Equal(t, order.Cancelled, w.run().State)
			assert.Empty(t, w.fox.debits)
		})
	}
}

// The ledger holds a payment of another order of this reference, which may have
// gone through: the person goes on with that one.
func TestGuardIsResolvedByTheOrderInTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paid := w.lies("product_a", "")
	_, _, err := w.book.Orders.Begin(t.Context(), w.in.Request, w.env.Now())
	require.NoError(t, err)
	require.NoError(t, w.book.Pins.Pin(t.Context(), reference, 7, paid, w.env.Now()))
	err = w.book.Payments.Begin(t.Context(), ledger.Payment{Attempt: "earlier", Reference: reference, OrderID: paid, At: w.env.Now()})
	require.NoError(t, err)
	w.fox.settle(w.fox.find(paid))
	w.at(time.Hour, func() {
		during := w.now()
		assert.Equal(t, order.Blocked, during.State)
		assert.Contains(t, during.Error.Message, paid)
		w.resolve("u1", workflows.Resolution{Choice: workflows.Adopt, OrderID: paid})
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, paid, *s.OrderID)
	assert.Zero(t, w.fox.pays)
}

// A paid order is never given up silently: whoever reads its end learns that money
// is out.
// Promise 3: nothing is lost.
func TestPaidOrderIsNotGivenUpSilently(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in.Intervals.StallPoll = seldom
	w.fox.onGet = func(int) error { return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED") }
	s := w.run()
	assert.Equal(t, order.Unresolved, s.State)
	assert.Equal(t, "GIVEN_UP", s.Error.Code)
	assert.Contains(t, s.Error.Message, "it is paid")
	assert.Contains(t, s.Error.Message, "about order fox-1 before you order again")
}

// FoxReload does not know the order any more that is to be paid, and a person names another:
// that is paid in its place, unless a request to pay the first may have gone through.
func TestAnotherOrderTakesThePlaceOfOneThatIsGone(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"each request was refused": false, "one may have gone through": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			gone := apiError(foxreload.ClassNotFound, "NOT_FOUND")
			w.fox.onGet = func(int) error {
				if w.fox.get > 1 && len(w.fox.orders) > 1 {
					return nil // the other one is there
				}
				return gone
			}
			w.fox.onPay = func(n int) error {
				if n == 1 && lost {
					return errLost
				}
				return gone
			}
			var a *answer
			w.at(30*time.Minute, func() {
				assert.Equal(t, order.WaitDecision, *w.now().WaitingForCode)
				a = w.resolve("u1", workflows.Resolution{Choice: workflows.Adopt, OrderID: w.lies("product_a", "")})
			})
			w.at(30*time.Minute+time.Second, func() { // shown and payable again; the first pay has landed meanwhile
				w.fox.do(func() {
					w.fox.onGet, w.fox.onPay = nil, nil
					if lost {
						w.fox.settle(w.fox.orders[0])
					}
				})
			})
			s := w.run()
			assert.Equal(t, order.Completed, s.State)
			if lost {
				require.ErrorContains(t, a.err, "outcome is not known")
				assert.Equal(t, "fox-1", *s.OrderID)
				return
			}
			require.NoError(t, a.err)
			assert.Equal(t, "fox-2", *s.OrderID)
		})
	}
}

// A look is broken off by a person's decision when it has put on record that the order is
// paid: what is on record counts, and nothing is taken back.
func TestDecisionMeetsWhatIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.decidedWhile(func(decide func()) { w.fox.do(func() { w.fox.onGet = w.found(decide) }) })
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {3 * time.Hour, foxreload.StatusCompleted}}
	require.Equal(t, order.Completed, w.run().State)
	if a.err != nil { // the news was there first
		require.ErrorContains(t, a.err, "asks for no decision")
	} else {
		assert.Equal(t, order.Paid, a.status.State)
	}
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Blocked, order.Paid, order.Stalled, order.Completed}, w.states())
}

// A decision that comes while news is put on record comes too late: whoever decided is told
// so at once, and nothing of it is left for a later question.
func TestNewsComesBeforeADecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var told bool
	a := w.decidedWhile(func(decide func()) {
		w.fox.onSee = func(o *foxreload.Order) { o.Status, o.CancelReason = foxreload.StatusCancelled, order.PaymentFailure }
		w.fox.do(func() { w.fox.onGet = w.found(func() {}) })
		w.env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
			if info.ActivityType.Name == "RecordState" && w.now().State == order.Blocked {
				decide()
			}
		})
	})
	w.at(2*time.Hour, func() {
		told = a.done
		w.cancel()
	})
	require.Equal(t, order.Cancelled, w.run().State)
	assert.True(t, told)
	require.ErrorContains(t, a.err, "asks for no decision")
	assert.NotContains(t, w.notes(), "decided")
}

// decidedWhile is an order whose payment is in doubt and that FoxReload does not find, until
// meanwhile lets it: then a person decides, once, when the story says so.
func (w *world) decidedWhile(meanwhile func(decide func())) *answer {
	a, once := &answer{}, sync.Once{}
	w.fox.losePay = func(int) bool { return true }
	w.fox.onGet = func(int) error { return apiError(foxreload.ClassNotFound, "NOT_FOUND") }
	w.at(time.Hour, func() {
		meanwhile(func() {
			once.Do(func() {
				w.env.RegisterDelayedCallback(func() {
					w.env.UpdateWorkflow(workflows.UpdateResolve, "u1", a, workflows.Resolution{Choice: workflows.Retry})
				}, 0)
			})
		})
	})
	return a
}

// found is a look that finds the order, after something else has happened.
func (w *world) found(first func()) func(int) error {
	return func(int) error {
		first()
		return nil
	}
}
