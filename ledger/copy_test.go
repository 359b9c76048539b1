package ledger

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
	"foxflow/order"
)

// places are the kinds of ledgers that one may be copied between on this machine.
func places(t *testing.T) map[string]func() string {
	t.Helper()
	kinds := map[string]func() string{"file": func() string { return filepath.Join(t.TempDir(), "foxflow.db") }}
	if twice.OnPostgres() {
		kinds["postgres"] = func() string { return twice.Cluster().URL("postgres", twice.Database(t)) }
	}
	return kinds
}

func TestLedgerIsCopied(t *testing.T) {
	t.Parallel()
	for here, from := range places(t) {
		for there, to := range places(t) {
			t.Run(here+" to "+there, func(t *testing.T) {
				s := newShop(t)
				s.path = from()
				l, err := Open(t.Context(), s.path, s.keys)
				require.NoError(t, err)
				useEverything(t, l)
				id, key := l.ID(), l.KeyID("api")
				opened, err := l.Vault.Codes(t.Context(), "shop-1")
				require.NoError(t, err)
				orders, entries, _, err := l.Log.VerifyAll(t.Context())
				require.NoError(t, err)

				copy := s
				copy.path = to()
				_, err = Copy(t.Context(), s.path, copy.path, s.keys)
				require.ErrorContains(t, err, "it is in use", "a worker has it open")
				require.NoError(t, l.Ping(t.Context()), "and is not disturbed")
				require.NoError(t, l.Close())
				_, err = Copy(t.Context(), s.path, copy.path, newShop(t).keys)
				require.ErrorIs(t, err, ErrWrongKeyset)

				done, err := Copy(t.Context(), s.path, copy.path, s.keys)
				require.NoError(t, err)
				require.Equal(t, []any{id, orders, entries}, []any{done.ID, done.Orders, done.Entries})
				require.Len(t, done.Tables, len(schema.Tables))
				for _, one := range done.Tables {
					if !empties[one.Table] {
						require.NotZero(t, one.Rows, one.Table)
					}
				}

				book := copy.open(t)
				require.Equal(t, []string{id, key}, []string{book.ID(), book.KeyID("api")})
				status, err := book.Orders.Status(t.Context(), "shop-1")
				require.NoError(t, err)
				require.Equal(t, order.Completed, status.State)
				again, err := book.Vault.Codes(t.Context(), "shop-1")
				require.NoError(t, err)
				require.Equal(t, opened, again)
				_, created, err := book.Orders.Begin(t.Context(), request("shop-2"), noon)
				require.NoError(t, err)
				require.False(t, created, "the same request is still the same")
				require.NoError(t, book.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: "after", Kind: KindNote}))
				_, _, broken, err := book.Log.VerifyAll(t.Context())
				require.NoError(t, err)
				require.Empty(t, broken)

				var moved *MovedError
				_, err = Open(t.Context(), s.path, s.keys)
				require.ErrorAs(t, err, &moved, "the old one is closed for good")
				require.Equal(t, store.Name(copy.path), moved.To)
				_, err = Copy(t.Context(), s.path, from(), s.keys)
				require.ErrorAs(t, err, &moved)
			})
		}
	}
}

// empties are the tables that useEverything leaves empty.
var empties = map[string]bool{"switches": true, "products": true, "leases": true, "promises": true}

func TestCopyIsRefused(t *testing.T) {
	t.Parallel()
	for kind, to := range places(t) {
		t.Run("a target that holds orders, "+kind, func(t *testing.T) {
			s, other := newShop(t), newShop(t)
			s.path, other.path = filepath.Join(t.TempDir(), "foxflow.db"), to()
			closed(t, s, func(l *Ledger) { deliver(t, l, "shop-1") })
			closed(t, other, func(l *Ledger) { begin(t, l, "shop-9") })
			_, err := Copy(t.Context(), s.path, other.path, s.keys)
			require.ErrorContains(t, err, "it holds a ledger in use already (1 rows in orders)")
			closed(t, s, func(l *Ledger) { require.NoError(t, l.Log.Verify(t.Context(), "shop-1"), "the original is as it was") })
			closed(t, other, func(l *Ledger) { require.NoError(t, l.Ping(t.Context())) })
		})
		t.Run("a broken chain, "+kind, func(t *testing.T) {
			s := newShop(t)
			s.path = filepath.Join(t.TempDir(), "foxflow.db")
			closed(t, s, func(l *Ledger) { deliver(t, l, "shop-1") })
			for _, statement := range []string{`DROP TRIGGER audit_no_update`, `UPDATE audit SET reason = 'nothing' WHERE seq = 3`} {
				alter(t, s.path, statement)
			}
			target := s
			target.path = to()
			_, err := Copy(t.Context(), s.path, target.path, s.keys)
			require.ErrorContains(t, err, "the audit log is broken, so nothing was copied: verify audit log shop-1: entry 3")
			closed(t, target, func(l *Ledger) {
				list, err := l.Orders.List(t.Context(), Filter{})
				require.NoError(t, err)
				require.Empty(t, list)
			})
			closed(t, s, func(*Ledger) {})
		})
	}
	_, err := Copy(t.Context(), twice.Address(t), twice.Address(t), nil)
	require.ErrorIs(t, err, ErrNoKeyset)
}

// closed opens a ledger for a moment.
func closed(t *testing.T, s shop, use func(*Ledger)) {
	t.Helper()
	l, err := Open(t.Context(), s.path, s.keys)
	require.NoError(t, err)
	use(l)
	require.NoError(t, l.Close())
}

// alter changes a file behind the ledger's back.
func alter(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}
