package workflows_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// refuseWrites makes the ledger's file refuse rows of a table that fit a
// condition, as a full disk or a broken one would, until the function that it
// returns is called.
func (w *world) refuseWrites(table, condition string) (allow func()) {
	w.Helper()
	db, err := sql.Open("sqlite", w.file)
	require.NoError(w, err)
	w.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(w.Context(), `CREATE TRIGGER refuse BEFORE INSERT ON `+table+` WHEN `+condition+` BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	require.NoError(w, err)
	return func() {
		_, err := db.ExecContext(w.Context(), `DROP TRIGGER refuse`)
		require.NoError(w, err)
	}
}

// A delivered code is stored before the order is called completed.
// Promise 3: nothing is lost.
func TestNoOrderIsCompletedBeforeItsCodesAreStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allow := w.refuseWrites("codes", "1")
	w.at(10*time.Minute, func() {
		assert.NotContains(t, w.states(), order.Completed)
		assert.NotEqual(t, order.Completed, w.now().State)
		allow()
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 1, s.Items[0].Codes)
}

// Each state is on record before the next step is taken.
// Promise 4: each state is on record.
func TestNothingIsPaidBeforeTheStateIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allow := w.refuseWrites("audit", "NEW.state = 'active' AND NEW.kind = 'state'")
	w.at(10*time.Minute, func() {
		assert.Equal(t, 1, w.fox.creates, "the pinned order is looked at, not made again")
		assert.Zero(t, w.fox.pays)
		allow()
	})
	assert.Equal(t, order.Completed, w.run().State)
}

// No intent on record, no payment.
// Promise 1: one reference, one paid order.
func TestNothingIsPaidBeforeItsIntentIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allow := w.refuseWrites("payments", "1")
	w.at(10*time.Minute, func() {
		assert.Zero(t, w.fox.pays)
		allow()
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 1, w.fox.pays)
}

// No pin on record, no payment.
// Promise 1: one reference, one paid order.
func TestNothingIsPaidBeforeItsOrderIsPinned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allow := w.refuseWrites("pins", "1")
	w.at(10*time.Minute, func() {
		assert.Zero(t, w.fox.pays)
		allow()
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Len(t, w.fox.debits, 1)
}
