package ledger

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// What place --file asks of the ledger for a file of 100,000 orders that are on record, but
// for placing them: comparing them, and reading how they stand.
//
//	go test ./ledger -run xxx -bench File -benchtime 1x
func BenchmarkFile(b *testing.B) {
	const n = 100_000
	l := benchLedgers(b, 1)[0]
	requests, references := make([]order.Request, n), make([]string, n)
	for i := range requests {
		references[i] = fmt.Sprintf("shop-%d", i)
		requests[i] = request(references[i])
	}
	require.NoError(b, l.store.WriteOnce(b.Context(), func(tx *sql.Tx) error {
		for _, r := range requests {
			row, err := l.Orders.newRow(r, noon)
			if err != nil {
				return err
			}
			if _, err := insertRow(b.Context(), tx, row); err != nil {
				return err
			}
		}
		return nil
	}))
	b.Run("compare", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, l.Orders.Compare(b.Context(), requests, func(i int, c Comparison) error {
				if !c.Known || c.Conflict != nil {
					return fmt.Errorf("%s: %+v", references[i], c)
				}
				return nil
			}))
		}
	})
	b.Run("statuses", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, l.Orders.Statuses(b.Context(), references, func(int, order.Status, bool) error { return nil }))
		}
	})
	// One look of place --file --wait while nothing happens.
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			_, _, err := l.Log.Since(b.Context(), 0)
			require.NoError(b, err)
		}
	})
}
