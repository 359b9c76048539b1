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

	"foxflow/ledger"
	"foxflow/order"
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
