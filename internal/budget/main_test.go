package budget

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
	"foxflow/ledger"
)

func TestMain(m *testing.M) { os.Exit(twice.Run(m)) }

func TestPostgresIsHere(t *testing.T) { twice.Here(t) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// open opens the store of a ledger at an address, for a test that tells the time: on
// PostgreSQL, too.
func open(t *testing.T, address string) *store.Store {
	t.Helper()
	l, err := ledger.Open(t.Context(), address, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	l.Store.Clock.Shared = nil
	twice.Hurry(t, l.Store.Writes())
	return l.Store
}

// address is that of a ledger that is made already, and empty.
func address(t *testing.T) string {
	t.Helper()
	return twice.Made(t, func(ctx context.Context, address string) error {
		_, err := ledger.Migrate(ctx, address, "")
		return err
	})
}

// touch writes.
func touch(ctx context.Context, s *store.Store) error {
	return s.Exec(ctx, `INSERT INTO settings (name, value) VALUES ('touched', 'yes') ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
}

// allAtOnce starts n calls at the same moment and wants no error of theirs.
func allAtOnce(t *testing.T, n int, call func(i int) error) {
	t.Helper()
	var all errgroup.Group
	start := make(chan struct{})
	for i := range n {
		all.Go(func() error {
			<-start
			return call(i)
		})
	}
	close(start)
	require.NoError(t, all.Wait())
}
