package balance

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest/twice"
	"foxflow/ledger"
	"foxflow/order"
)

func TestMain(m *testing.M) { os.Exit(twice.Run(m)) }

func TestPostgresIsHere(t *testing.T) { twice.Here(t) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// oneKeyset opens every ledger of these tests.
var oneKeyset = sync.OnceValues(func() (*keyset.Keyset, error) {
	text, err := keyset.New()
	if err != nil {
		return nil, err
	}
	return keyset.Parse(text)
})

// open opens the ledger at an address, for a test that tells the time: on PostgreSQL, too.
func open(t *testing.T, address string) *ledger.Ledger {
	t.Helper()
	keys, err := oneKeyset()
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), address, keys)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	l.Store.Clock.Shared = nil
	twice.Hurry(t, l.Store.Writes())
	return l
}

// address is that of a ledger that is made already, and empty.
func address(t *testing.T) string {
	t.Helper()
	return twice.Made(t, func(ctx context.Context, address string) error {
		_, err := ledger.Migrate(ctx, address, "")
		return err
	})
}

func request(reference string) order.Request {
	return order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_steam10", Quantity: 2}}}
}

func begin(t *testing.T, l *ledger.Ledger, reference string) order.Status {
	t.Helper()
	s, created, err := l.Orders.Begin(t.Context(), request(reference), noon)
	require.NoError(t, err)
	require.True(t, created)
	return s
}

// enter records that the order enters a state, as the workflow's transition does.
func enter(t *testing.T, l *ledger.Ledger, reference string, states ...order.State) {
	t.Helper()
	for _, state := range states {
		s, err := l.Orders.Status(t.Context(), reference)
		require.NoError(t, err)
		s.State, s.UpdatedAt = state, s.UpdatedAt.Add(time.Second)
		require.NoError(t, l.Orders.Record(t.Context(), ledger.Entry{Reference: reference, Key: "state/" + string(state), Kind: ledger.KindState,
			State: state, At: s.UpdatedAt}, s))
	}
}

func text(s string) *string { return &s }

// allAtOnce starts n calls at the same moment and wants no error of theirs.
func allAtOnce(t *testing.T, n int, call func(i int) error) {
	t.Helper()
	errs := make([]error, n)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	all.Wait()
	for i, err := range errs {
		require.NoError(t, err, "call %d", i)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	l := open(t, address(t))
	a := New(l.Store)
	f, err := a.Figures(t.Context())
	require.NoError(t, err)
	require.Zero(t, f.SeenAt)
	require.Empty(t, f.Balances)

	n := needy{t, [2]*ledger.Ledger{l, l}, [2]*Account{a, a}}
	n.waits("a", "9.55", 0)
	n.waits("b", "9.55", 0)
	n.waits("unpriced", "", 0)
	_, err = a.Saw(t.Context(), noon, map[string]decimal.Decimal{"usd": decimal.RequireFromString("1.5")})
	require.NoError(t, err)

	f, err = a.Figures(t.Context())
	require.NoError(t, err)
	require.Equal(t, "1.5", f.Balances["usd"].String())
	require.Equal(t, noon, f.SeenAt)
	require.Equal(t, map[string]int{"usd": 2, "": 1}, f.Waiting)
	require.Equal(t, "19.1", f.Needed["usd"].String())
}
