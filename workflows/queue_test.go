package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/ledger"
	"foxflow/order"
)

// queued has the order wait for its turn.
func (w *world) queued() {
	w.Helper()
	_, err := w.book.Queue.Put(w.Context(), []order.Request{w.in.Request}, ledger.Placing{Input: "{}", At: w.env.Now()})
	require.NoError(w, err)
}

// An order whose turn has come is creating once its workflow runs, which takes it out of the
// queue.
func TestAQueuedOrderLeavesTheQueueWithItsWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queued()
	_, err := w.book.Queue.Claim(t.Context(), 1, map[order.Payer]int{order.PaidByBalance: 1}, time.Minute, w.env.Now())
	require.NoError(t, err)
	require.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, []order.State{order.Queued, order.Creating, order.Active}, w.states()[:3])
	assert.NotContains(t, w.notes(), "taken up again")
	_, there, err := w.book.Queue.Position(t.Context(), reference)
	require.NoError(t, err)
	assert.False(t, there)
}

// A workflow that is started for an order that was cancelled in the queue, by whomever, sends
// nothing.
func TestAnOrderCancelledInTheQueueSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queued()
	_, cancelled, err := w.book.Queue.Cancel(t.Context(), reference, w.env.Now())
	require.NoError(t, err)
	require.True(t, cancelled)
	w.runs++ // to the log it is an order that is taken up again
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, order.UserRequest, *s.CancelReason)
	assert.Empty(t, w.fox.orders, "nothing was created")
}
