package workflows_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// backup copies the ledger as it is now; the answer puts the copy in its place.
func (w *world) backup(changes ...string) (putBack func()) {
	w.Helper()
	file := filepath.Join(w.TempDir(), "backup.db")
	db, err := sql.Open("sqlite", "file:"+w.file)
	require.NoError(w, err)
	_, err = db.ExecContext(w.Context(), fmt.Sprintf("VACUUM INTO '%s'", file))
	require.NoError(w, err)
	require.NoError(w, db.Close())
	db, err = sql.Open("sqlite", "file:"+file)
	require.NoError(w, err)
	for _, change := range changes {
		_, err = db.ExecContext(w.Context(), change)
		require.NoError(w, err)
	}
	require.NoError(w, db.Close())
	return func() {
		w.Helper()
		book, err := ledger.Open(w.Context(), file, w.keys)
		require.NoError(w, err)
		w.Cleanup(func() { _ = book.Close() })
		w.book, w.acts.Ledger = book, book
	}
}

// The ledger is put back from a backup that is older than the order, at the worst moments:
// the order runs on to its end, with its codes, and is paid once.
func TestARestoredLedgerTakesRunningOrdersUp(t *testing.T) {
	t.Parallel()
	for moment, lose := range map[string]func(w *world, putBack func()){
		"the order is delivered": func(w *world, putBack func()) {
			w.fox.onGet = func(n int) error {
				if n == 1 {
					putBack()
				}
				return nil
			}
		},
		"the create's answer is lost": func(w *world, putBack func()) {
			w.fox.loseCreate = func(n int) bool {
				if n == 1 {
					putBack()
				}
				return n == 1
			}
		},
		"the pay's answer is lost": func(w *world, putBack func()) {
			w.fox.losePay = func(n int) bool {
				if n == 1 {
					putBack()
				}
				return n == 1
			}
		},
		"the pay is on its way": func(w *world, putBack func()) {
			w.fox.onPay = func(n int) error {
				if n > 1 {
					return nil
				}
				putBack()
				w.fox.settleIn(w.fox.orders[0], 20*time.Second)
				return errLost
			}
		},
		"the order waits for money": func(w *world, putBack func()) {
			w.fox.balance = decimal.Zero
			w.at(30*time.Second, putBack)
			w.at(time.Minute, func() { w.topUp(100) })
		},
	} {
		t.Run(moment, func(t *testing.T) {
			w := newWorld(t)
			lose(w, w.backup())
			s := w.run()
			assert.Equal(t, order.Completed, s.State)
			assert.Equal(t, 1, s.Items[0].Codes)
			assert.Equal(t, 1, w.fox.creates, "the order was created twice")
			pays := 1
			if moment == "the order waits for money" {
				pays = 2 // the first found none
			}
			assert.Equal(t, pays, w.fox.pays, "requests to pay")
			assert.Contains(t, w.notes(), "put back from a backup")
		})
	}
}

// A backup from between pin and pay knows the order and not that it was paid: whatever was
// to be paid before the ledger was opened is looked at before anything is sent.
func TestARestoredLedgerThatForgotAPaymentLooksFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onPay = func(n int) error {
		require.Equal(t, 1, n, "a second request to pay")
		w.backup(`DELETE FROM payments`)()
		w.acts.Since = w.env.Now().Add(time.Second)
		w.fox.settle(w.fox.orders[0])
		return errLost
	}
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.False(t, strings.Contains(w.notes(), "put back from a backup"), "the ledger lacked nothing that can be seen")
}

// A ledger is put back from a backup of when the order before the present one was in doubt:
// for all that it knows, that one may be paid. So no other is paid, and none ends as unpaid:
// the one in doubt is looked at, and FoxReload's word on it lets the reference go on, or end.
// Promise 2: nothing is guessed. Promise 3: nothing is lost.
func TestAnEarlierOrderInDoubtIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		found foxreload.Status // how FoxReload shows the order in doubt then
		then  func(*world)
		end   order.State
		pays  int
	}{
		"it ended unpaid, and payments go on": {foxreload.StatusCancelled, (*world).goOn, order.Completed, 2},
		"it ended unpaid, and is cancelled":   {foxreload.StatusCancelled, func(w *world) { w.env.CancelWorkflow() }, order.Cancelled, 1},
		"it is paid, and payments go on":      {foxreload.StatusCompleted, (*world).goOn, order.Completed, 1},
		"it is paid, and is cancelled":        {foxreload.StatusCompleted, func(w *world) { w.env.CancelWorkflow() }, order.Completed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fox.window = 15 * time.Minute
			w.fox.onPay = func(n int) error {
				if len(w.fox.orders) == 1 {
					return errLost // and never carried out
				}
				return nil
			}
			var putBack func()
			w.at(2*time.Second, func() { putBack = w.backup() })
			w.fox.onCreate = func(n int) error {
				if n == 2 {
					w.fox.window = time.Hour
					return w.book.Switches.Pause(w.Context(), "ann", w.env.Now())
				}
				return nil
			}
			w.at(30*time.Minute, func() {
				require.Equal(w, order.Paused, w.now().State)
				require.Equal(w, 1, w.now().Replacements)
				w.fox.do(func() {
					if former := w.fox.orders[0]; story.found != foxreload.StatusCancelled {
						former.status = story.found
						w.fox.debits[former.order.ID] = *former.order.Price
					}
				})
				w.fox.pays = 1
				putBack()
				story.then(w)
			})
			s := w.run()
			require.Equal(t, story.end, s.State)
			require.Equal(t, story.pays, w.fox.pays, "requests to pay, the one that was lost counted once")
			require.Len(t, w.fox.orders, 2)
			require.Equal(t, story.end == order.Cancelled, len(w.fox.debits) == 0)
			require.False(t, s.PaymentInDoubt)
			_, doubt, err := w.book.Payments.InDoubt(w.Context(), reference)
			require.NoError(t, err)
			require.Equal(t, story.end != order.Cancelled, doubt, "the row of the one that is paid stands, and no other")
		})
	}
}

// goOn has payments go on.
func (w *world) goOn() { w.env.SignalWorkflow(workflows.SignalTopUp, nil) }
