package ledger

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest"
	"foxflow/internal/ledgertest/twice"
)

// behindPooler is the address of a database through a pooler in transaction mode, without
// what it needs and with it.
func startPooler(t *testing.T) (bare, helped string) {
	t.Helper()
	twice.AboutPostgres(t)
	pooler, err := twice.Cluster().StartPooler()
	if errors.Is(err, ledgertest.ErrNoPooler) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(pooler.Stop)
	name := twice.Database(t)
	_, err = Migrate(t.Context(), twice.Cluster().URL("postgres", name), "") // the owner comes past the pooler
	require.NoError(t, err)
	return pooler.URL(name), pooler.URL(name, "default_query_exec_mode=cache_describe")
}

// Through a pooler in transaction mode the ledger works with one setting, and says which.
func TestLedgerBehindAPooler(t *testing.T) {
	t.Parallel()
	bare, helped := startPooler(t)
	s := newShop(t)
	s.path = helped
	require.NoError(t, atOnceAll(s, t, 4))

	said := ""
	for range 30 {
		l, err := Open(t.Context(), bare, s.keys)
		if err == nil {
			_, err = l.Orders.List(t.Context(), Filter{})
			require.NoError(t, l.Close())
		}
		if err != nil && strings.Contains(err.Error(), "SQLSTATE 42P05") {
			said = err.Error()
			break
		}
	}
	require.Contains(t, said, "add default_query_exec_mode=cache_describe to FOXFLOW_LEDGER, or have it use pool_mode=session")
}

// atOnceAll has so many processes carry orders to their end at the same time.
func atOnceAll(s shop, t *testing.T, processes int) error {
	t.Helper()
	books := make([]*Ledger, processes)
	for i := range books {
		books[i] = s.open(t)
	}
	failures := atOnce(processes, func(i int) error {
		for n := range 5 {
			deliver(t, books[i], fmt.Sprintf("shop-%d-%d", i, n))
		}
		return nil
	})
	orders, _, broken, err := books[0].Log.VerifyAll(t.Context())
	require.Equal(t, processes*5, orders)
	require.Empty(t, broken)
	return errors.Join(append(failures, err)...)
}

func TestAServerThatTakesNoWritesIsSaid(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	name := twice.Database(t)
	s := newShop(t)
	s.path = twice.Cluster().URL("postgres", name)
	l := s.open(t)
	deliver(t, l, "shop-1")
	require.NoError(t, l.Close())
	twice.Admin(t, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	l, err := OpenExisting(t.Context(), s.path, s.keys)
	require.NoError(t, err, "what is on record can be read")
	defer func() { require.NoError(t, l.Close()) }()
	_, err = l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	err = l.Ping(t.Context())
	require.ErrorContains(t, err, "SQLSTATE 25006")
	require.ErrorContains(t, err, "it is a replica, or default_transaction_read_only is set; name the primary in FOXFLOW_LEDGER")
	require.Equal(t, 1, strings.Count(err.Error(), "name the primary"))
}
