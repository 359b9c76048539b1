package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/order"
)

// Nothing is retried without an end that somebody is told of.

// An order that waited for money is not there any more when it comes, or a page says so: after
// five minutes of that it is held, with what for, and can be cancelled at once.
func TestAForgottenOrderIsHeldAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer error
		wait   order.Wait
		ends   order.State // where nobody cancels, and the answer stays for good
	}{
		"not found": {apiError(foxreload.ClassNotFound, foxreload.CodeNotFound), order.WaitDecision, order.Unresolved},
		"a page":    {page, order.WaitAddress, order.Unresolved},
	} {
		for _, asks := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				w := poor(t)
				w.in.Intervals.StallPoll = seldom
				w.at(time.Hour, func() {
					w.fox.do(func() {
						w.fox.onGet = func(int) error { return row.answer }
						w.fox.onPay = w.fox.onGet
					})
					w.topUp(20)
				})
				w.at(time.Hour+10*time.Minute, func() {
					s := w.now()
					assert.Equal(t, order.Blocked, s.State)
					assert.Equal(t, waitsFor(row.wait), s.WaitingForCode)
				})
				var a *answer
				var done bool
				if asks {
					w.at(2*time.Hour, func() { a = w.cancel() })
					w.at(2*time.Hour+10*time.Second, func() { done = a.done })
				}
				s := w.run()
				assert.Empty(t, w.fox.debits)
				if !asks {
					assert.Equal(t, row.ends, s.State)
					return
				}
				require.NoError(t, a.err)
				assert.True(t, done || a.done, "it is answered within ten seconds")
				assert.Equal(t, order.Cancelled, s.State)
			})
		}
	}
}

// The balance seems to cover an order and every pay is refused: a day of that is a day
// without money, however many orders were made at FoxReload.
func TestADayWithoutMoneyEndsWhateverIsReplaced(t *testing.T) {
	t.Parallel()
	for name, cancels := range map[string]bool{"it stays active": false, "each refusal cancels it": true} {
		t.Run(name, func(t *testing.T) {
			w := poor(t)
			w.fox.lowCancels = cancels
			for hour := range 60 {
				w.at(time.Duration(hour+1)*time.Hour, func() { w.env.SignalWorkflow("top-up", nil) })
			}
			begun := w.env.Now()
			s := w.run()
			assert.Equal(t, order.Cancelled, s.State)
			assert.Less(t, s.UpdatedAt.Sub(begun), 26*time.Hour)
		})
	}
}
