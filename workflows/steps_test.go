package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// A run that a reset begins numbers its steps above those of the run before it,
// wherever it takes the order up: by time. Where Temporal's clock was set back since, or
// another Temporal takes the order up, they count on from what the ledger holds.
// Promise 4: each state is on record.
func TestStepsAreNumberedOverAllRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := w.env.Now()
	w.at(time.Minute, func() { w.fox.do(func() { w.fox.settle(w.fox.orders[0]) }) })
	require.Equal(t, order.Completed, w.run().State)
	const attempts = 1 << 20
	first, err := w.book.Orders.Open(t.Context(), w.in.Request, began)
	require.NoError(t, err)
	assert.Greater(t, int64(first.Step/attempts), began.UnixMilli())

	w.restart()
	w.env.SetStartTime(began.Add(-time.Hour))
	require.Equal(t, order.Completed, w.run().State)
	last, err := w.book.Orders.Open(t.Context(), w.in.Request, began)
	require.NoError(t, err)
	assert.Greater(t, last.Step, first.Step)
}
