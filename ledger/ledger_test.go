package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest/twice"
	"foxflow/order"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// shop is a ledger, a file or a database, with the keyset that opens it.
type shop struct {
	path, text string // path: its address
	keys       *keyset.Keyset
}

// newShop is one whose ledger is made already, and empty.
func newShop(t *testing.T) shop {
	t.Helper()
	return shopAt(t, twice.Made(t, made))
}

// bareShop is one whose ledger is not there yet, or that a test does to what nobody undoes.
func bareShop(t *testing.T) shop {
	t.Helper()
	return shopAt(t, twice.Address(t))
}

func shopAt(t *testing.T, address string) shop {
	t.Helper()
	text, err := keyset.New()
	require.NoError(t, err)
	return shop{path: address, text: text, keys: parseKeys(t, text)}
}

func parseKeys(t *testing.T, text string) *keyset.Keyset {
	t.Helper()
	keys, err := keyset.Parse(text)
	require.NoError(t, err)
	return keys
}

// open opens it for a test that tells the time: on PostgreSQL, too.
func (s shop) open(t *testing.T) *Ledger {
	t.Helper()
	l := s.openOnItsClock(t)
	l.store.Clock.Shared = nil
	return l
}

func (s shop) openOnItsClock(t *testing.T) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), s.path, s.keys)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	twice.Hurry(t, l.store.Writes())
	return l
}

func newLedger(t *testing.T) *Ledger {
	t.Helper()
	return newShop(t).open(t)
}

func made(ctx context.Context, address string) error {
	_, err := Migrate(ctx, address, "")
	return err
}

func request(reference string) order.Request {
	return order.Request{Reference: reference, Items: []order.Item{
		{ItemID: "product_steam10", Quantity: 2, Note: map[string]string{"player_id": "0012345678"}}}}
}

func begin(t *testing.T, l *Ledger, reference string) order.Status {
	t.Helper()
	s, created, err := l.Orders.Begin(t.Context(), request(reference), noon)
	require.NoError(t, err)
	require.True(t, created)
	return s
}

// enter records that the order enters a state, as the workflow's transition does.
func enter(t *testing.T, l *Ledger, reference string, states ...order.State) {
	t.Helper()
	for _, state := range states {
		s, err := l.Orders.Status(t.Context(), reference)
		require.NoError(t, err)
		s.State, s.UpdatedAt, s.PaymentInDoubt = state, s.UpdatedAt.Add(time.Second), false
		require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: reference, Key: "state/" + string(state), Kind: KindState,
			State: state, Reason: "as FoxReload says", At: s.UpdatedAt}, s))
	}
}

// deliver is an order's whole life, with five entries.
func deliver(t *testing.T, l *Ledger, reference string) {
	t.Helper()
	begin(t, l, reference)
	enter(t, l, reference, order.Creating, order.Active, order.Paid, order.Processing, order.Completed)
}

// raw is the ledger as somebody sees it who has the disk and not the keyset: no foreign
// key and, on PostgreSQL, no trigger is in their way.
func (s shop) raw(t *testing.T, statement string, args ...any) {
	t.Helper()
	driver, address := "sqlite", "file:"+s.path+"?_pragma=busy_timeout(10000)"
	if twice.OnPostgres() {
		driver, address = "pgx", s.path+"&session_replication_role=replica"
	}
	db, err := sql.Open(driver, address)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement, args...)
	require.NoError(t, err)
}

// atOnce starts n calls at the same moment and gives their errors.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = call(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

func noErrors(t *testing.T, errs []error) {
	t.Helper()
	for i, err := range errs {
		require.NoError(t, err, "call %d", i)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func text(format string, args ...any) *string {
	s := fmt.Sprintf(format, args...)
	return &s
}
