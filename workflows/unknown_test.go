package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/workflows"
)

// A status that nobody knows proves nothing, whenever it is seen.

// An order that waits for money is paid past us and shows such a status, when somebody
// cancels it, or when its time is up.
func TestAnUnknownStatusIsNoWordOnMoney(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		paid, cancelled time.Duration
	}{
		"it is cancelled":     {time.Hour, time.Hour + time.Minute},
		"its time is up":      {24*time.Hour - time.Minute, 0},
		"both":                {24*time.Hour - 2*time.Minute, 24*time.Hour - time.Minute},
		"cancelled time over": {24*time.Hour - time.Second, 24*time.Hour + time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := poor(t)
			w.fox.stages = []stage{{0, "in_review"}, {10 * time.Minute, foxreload.StatusCompleted}}
			w.at(row.paid, func() { w.fox.do(func() { w.fox.settle(w.fox.orders[0]) }) })
			var a *answer
			if row.cancelled != 0 {
				w.at(row.cancelled, func() { a = w.cancel() })
			}
			s := w.run()
			assert.Equal(t, order.Completed, s.State, "money is out, and codes come")
			if a != nil {
				assert.ErrorContains(t, a.err, "can't be cancelled")
			}
		})
	}
}

// One that stays unpaid is paid once the status is known again: nothing was sent meanwhile.
func TestAnUnknownStatusIsWaitedForFromTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	odd := true
	w.fox.onSee = func(o *foxreload.Order) {
		if odd {
			o.Status, o.CancelReason = "screening", ""
		}
	}
	var refused *answer
	w.at(time.Hour, func() {
		assert.Zero(t, w.fox.pays)
		assert.Less(t, w.fox.get, 200, "it is looked at, at the pace of looks")
		refused = w.cancel()
	})
	w.at(2*time.Hour, func() { w.fox.do(func() { odd = false }) })
	assert.Equal(t, order.Completed, w.run().State)
	assert.ErrorContains(t, refused.err, "a status that nobody knows")
	assert.Contains(t, w.notes(), "screening")
	assert.Equal(t, 1, w.fox.creates)
}

// A paid order goes into a status that nobody knows, and stays there: it is late all the
// same, that is said, and after a day it is given up as one that is paid.
func TestAPaidOrderInAnUnknownStatusIsLate(t *testing.T) {
	t.Parallel()
	for _, before := range []foxreload.Status{foxreload.StatusPaid, foxreload.StatusProcessing} {
		for _, comes := range []bool{true, false} {
			w := newWorld(t)
			w.in.Intervals.StallPoll = seldom
			w.fox.stages = []stage{{0, before}, {12 * time.Second, "in_review"}}
			if comes {
				w.fox.stages = append(w.fox.stages, stage{10 * time.Hour, foxreload.StatusCompleted})
			}
			w.at(10*time.Minute, func() {
				s := w.now()
				assert.Equal(t, order.Stalled, s.State)
				assert.Equal(t, waitsFor(order.WaitDelivery), s.WaitingForCode)
			})
			s := w.run()
			if comes {
				assert.Equal(t, order.Completed, s.State)
				continue
			}
			require.Equal(t, order.Unresolved, s.State)
			assert.Equal(t, order.CodeGivenUp, s.Error.Code)
			assert.Contains(t, s.Error.Message, "paid")
		}
	}
}

// A person names an order whose status nobody knows: it is this reference's from then on,
// and what was known of the one before says nothing about it.
func TestAnAdoptedOrderInAnUnknownStatusIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begun := w.env.Now()
	w.fox.onGet = func(int) error {
		if w.env.Now().Sub(begun) < 10*time.Minute {
			return apiError(foxreload.ClassNotFound, foxreload.CodeNotFound)
		}
		return nil
	}
	w.fox.onPay = func(int) error { return apiError(foxreload.ClassNotFound, foxreload.CodeNotFound) }
	odd := true
	w.fox.onSee = func(o *foxreload.Order) {
		if o.ID == "fox-2" && odd {
			o.Status = "screening"
		}
	}
	w.at(11*time.Minute, func() {
		assert.Equal(t, waitsFor(order.WaitDecision), w.now().WaitingForCode)
		w.fox.do(func() {
			other := *w.fox.orders[0]
			other.order.ID = "fox-2"
			w.fox.orders = append(w.fox.orders, &other)
			w.fox.settle(&other) // from the dashboard
		})
	})
	var adopted *answer
	w.at(12*time.Minute, func() {
		adopted = w.resolve("adopt", workflows.Resolution{Choice: workflows.Adopt, OrderID: "fox-2"})
	})
	w.at(14*time.Minute, func() {
		s := w.now()
		require.NotNil(t, adopted)
		require.NoError(t, adopted.err)
		assert.Equal(t, "fox-2", *s.OrderID)
		assert.NotEqual(t, order.Blocked, s.State, "it was decided")
		w.fox.do(func() { odd = false })
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, "fox-2", *s.OrderID)
	assert.Contains(t, w.fox.debits, "fox-2")
}

func waitsFor(wait order.Wait) *order.Wait { return &wait }

// While FoxReload shows a status that nobody knows, nobody is told that nothing is paid, nor
// that it may be cancelled; once it is clear, the words are the state's own again.
// Promise 2: nothing is guessed.
func TestAnUnknownStatusIsNotCalledUnpaid(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T) *world{"awaiting_topup": poor, "creating": newWorld} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			if name == "creating" {
				w.fox.onSee = func(o *foxreload.Order) { o.Status = "in_review" }
			} else {
				w.fox.stages = []stage{{0, "in_review"}, {4 * time.Hour, foxreload.StatusCompleted}}
				w.at(time.Hour, func() {
					w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
					w.env.SignalWorkflow(workflows.SignalTopUp, nil)
				})
			}
			var said string
			w.at(2*time.Hour, func() {
				s := w.now()
				require.NotNil(t, s.Error)
				assert.Equal(t, order.CodeUnknownStatus, s.Error.Code)
				onRecord, err := w.book.Orders.Status(w.Context(), reference)
				require.NoError(t, err)
				assert.Equal(t, s.Error, onRecord.Error)
				said = story.Means(s) + fmt.Sprint(story.Next(s)) + story.WaitingFor(s)
				w.fox.do(func() { w.fox.onSee = nil })
			})
			s := w.run()
			assert.Contains(t, said, "a status that nobody knows")
			assert.NotContains(t, said, "othing is paid")
			assert.NotContains(t, said, "starter cancel")
			assert.Equal(t, order.Completed, s.State)
			assert.Nil(t, s.Error)
		})
	}
}

// Every answer to pay is lost: from five minutes on FoxReload is asked about once a minute.
func TestADoubtIsLookedAtLessInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onPay = func(int) error { return errLost }
	var looks, pays int
	w.at(20*time.Minute, func() { looks, pays = w.fox.get, w.fox.pays })
	w.at(50*time.Minute, func() {
		assert.LessOrEqual(t, w.fox.get-looks, 62, "one look before each request, and one between")
		assert.LessOrEqual(t, w.fox.pays-pays, 31)
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
	})
	assert.Equal(t, order.Completed, w.run().State)
}
