package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
	"foxflow/order"
)

// watcher keeps what an observer is told.
type watcher struct {
	took  map[string]int
	steps []Transition
}

func (w *watcher) Took(operation string, _ time.Duration) { w.took[operation]++ }
func (w *watcher) Entered(s Transition)                   { w.steps = append(w.steps, s) }

// record puts states on record, a minute apart, each twice as a retry would.
func record(t *testing.T, l *Ledger, reference, run string, mock bool, states ...order.State) {
	t.Helper()
	for i, state := range states {
		s := order.Status{Reference: reference, State: state, OrderID: ptr("id-" + reference), Price: ptr("9.55"), Currency: ptr("USD"), Mock: mock,
			UpdatedAt: noon.Add(time.Duration(i) * time.Minute)}
		for range 2 {
			require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: reference, Key: run + string(state), Kind: KindState, Run: run, OrderID: *s.OrderID, At: s.UpdatedAt}, s))
		}
	}
}

func ptr(s string) *string { return &s }

func TestObserverIsToldOfEachStateOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	w := &watcher{took: map[string]int{}}
	l.Observe(w)
	begin(t, l, "shop-1")
	record(t, l, "shop-1", "run-1/", false, order.Creating, order.Active, order.Processing, order.Completed)
	price := decimal.RequireFromString("9.55")
	at := func(from, to order.State, paid bool) Transition {
		s := Transition{From: from, To: to, Spent: time.Minute, Paid: paid, Amount: &price, Currency: "usd"}
		if from == "" {
			s.Spent = 0
		}
		return s
	}
	assert.Equal(t, []Transition{at("", order.Creating, false), at(order.Creating, order.Active, false),
		at(order.Active, order.Processing, true), at(order.Processing, order.Completed, false)}, w.steps)
	assert.Equal(t, 1, w.took["begin"])
	assert.Equal(t, 8, w.took["record"])

	// A reset walks through it once more, and pays nothing.
	w.steps = nil
	record(t, l, "shop-1", "run-2/", false, order.Creating, order.Active, order.Paid, order.Completed)
	for _, s := range w.steps {
		assert.False(t, s.Paid, "%s", s.To)
		assert.GreaterOrEqual(t, s.Spent, time.Duration(0))
	}
	assert.NotEmpty(t, w.steps)
}

func TestFigures(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	f, err := l.Figures(t.Context(), noon)
	require.NoError(t, err)
	assert.Empty(t, f.Orders)

	for i, reference := range []string{"shop-1", "shop-2", "shop-3", "shop-4"} {
		_, _, err := l.Orders.Begin(t.Context(), request(reference), noon.Add(time.Duration(i)*time.Minute))
		require.NoError(t, err)
	}
	record(t, l, "shop-1", "run-1/", false, order.Creating, order.Active, order.Processing, order.Completed)
	record(t, l, "shop-2", "run-1/", false, order.Creating, order.Active, order.AwaitingTopUp)
	record(t, l, "shop-3", "run-1/", false, order.Creating, order.Active, order.AwaitingTopUp)
	for _, reference := range []string{"shop-2", "shop-3"} {
		require.NoError(t, l.Pins.Pin(t.Context(), reference, 0, "id-"+reference, noon))
	}
	pay := func(reference string, at time.Time) {
		amount := decimal.RequireFromString("4.05")
		err := l.Payments.Begin(t.Context(), Payment{Reference: reference, OrderID: "id-" + reference, Attempt: newAttempt(), Amount: &amount, Currency: "usd", At: at})
		require.NoError(t, err)
	}
	pay("shop-2", noon)
	pay("shop-3", noon.Add(-24*time.Hour)) // yesterday's
	require.NoError(t, l.Switches.Pause(t.Context(), "ann", noon))

	f, err = l.Figures(t.Context(), noon.Add(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, map[order.State]int{order.Completed: 1, order.AwaitingTopUp: 2, order.Creating: 1}, f.Orders)
	assert.Equal(t, map[order.State]time.Time{order.AwaitingTopUp: noon.Add(time.Minute), order.Creating: noon.Add(3 * time.Minute)}, f.Oldest)
	assert.True(t, f.Paused)
	assert.Equal(t, "4.05", f.PaidToday["usd"].String())
}

// A payment is in doubt from the first attempt that may have gone through, however often
// it is tried again, until FoxReload's word ends that.
func TestFiguresOfPaymentsInDoubt(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	doubts := func() (int, time.Time) {
		f, err := l.Figures(t.Context(), noon.Add(time.Hour))
		require.NoError(t, err)
		return f.InDoubt, f.DoubtSince
	}
	requireDoubts := func(n int, since time.Time, when string) {
		t.Helper()
		have, oldest := doubts()
		require.Equal(t, n, have, when)
		require.Equal(t, since, oldest, when)
	}
	requireDoubts(0, time.Time{}, "nothing is there")
	flies := 55 * time.Second
	pay := func(reference string, at time.Time) {
		p := payment(reference, "id-"+reference)
		p.At, p.InFlight, p.Attempt = at, flies, reference+at.String()
		require.NoError(t, l.Payments.Begin(t.Context(), p))
	}
	refused := func(reference string, at time.Time) {
		require.NoError(t, l.Payments.Land(t.Context(), "id-"+reference, reference+at.String(), Landing{Spared: true, At: at}))
	}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for _, reference := range []string{"shop-1", "shop-2", "shop-3"} {
		begin(t, l, reference)
		pin(t, l, reference, 0, "id-"+reference)
		enter(t, l, reference, order.Creating, order.Active)
	}
	pay("shop-1", minute(1))
	refused("shop-1", minute(1))
	requireDoubts(0, time.Time{}, "a refused pay leaves no doubt")
	pay("shop-1", minute(2))
	require.NoError(t, l.Payments.Land(t.Context(), "id-shop-1", "shop-1"+minute(2).String(), Landing{At: minute(2)}))
	requireDoubts(1, minute(2), "its answer is lost")
	pay("shop-1", minute(4))
	requireDoubts(1, minute(2), "tried again")
	refused("shop-1", minute(4))
	requireDoubts(1, minute(2), "that the second was refused says nothing of the first")
	pay("shop-2", minute(5))
	requireDoubts(2, minute(2), "another one")
	enter(t, l, "shop-1", order.Paid)
	requireDoubts(1, minute(5), "FoxReload shows it paid")
	require.NoError(t, l.Payments.Void(t.Context(), "shop-2", "id-shop-2", intent(t, l, "id-shop-2").Attempt, order.PaymentExpiration, minute(7)))
	requireDoubts(0, time.Time{}, "FoxReload shows it unpaid")
	pay("shop-2", minute(8))
	requireDoubts(1, minute(8), "begun again: the old doubt is over")
	enter(t, l, "shop-2", order.Blocked)
	requireDoubts(1, minute(8), "blocked")
	enter(t, l, "shop-2", order.Unresolved)
	requireDoubts(0, time.Time{}, "ended")
	pay("shop-3", minute(9))
	enter(t, l, "shop-3", order.AwaitingPayment)
	requireDoubts(0, time.Time{}, "its link is out")
}

func TestFiguresOfMissingCodes(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	codes, delivery := order.WaitCodes, order.WaitDelivery
	for reference, at := range map[string]struct {
		state   order.State
		waits   *order.Wait
		missing int
		at      time.Time
	}{
		"whole": {order.Completed, nil, 0, noon}, "short": {order.Completed, nil, 1, noon}, "none": {order.Completed, nil, 2, noon.Add(-23 * time.Hour)},
		"long-ago": {order.Completed, nil, 2, noon.Add(-25 * time.Hour)}, "failed": {order.Failed, nil, 2, noon},
		"late": {order.Stalled, &delivery, 0, noon}, "no-codes": {order.Stalled, &codes, 0, noon.Add(-48 * time.Hour)},
	} {
		begin(t, l, reference)
		enter(t, l, reference, order.Creating, order.Active, order.Paid)
		s, err := l.Orders.Status(t.Context(), reference)
		require.NoError(t, err)
		s.State, s.WaitingForCode, s.UpdatedAt = at.state, at.waits, at.at
		s.Items[0].Missing = at.missing
		require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: reference, Key: "end", Kind: KindState, State: at.state, At: at.at}, s))
	}
	f, err := l.Figures(t.Context(), noon.Add(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, map[order.State]int{order.Completed: 2, order.Stalled: 1}, f.MissingCodes)
}

// A scrape must not walk through all orders that ever completed.
func TestMissingCodesAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	manyOrders(t, l)
	plan := planOf(t, l, selectMissing, order.Completed, store.Stamp(noon), order.Stalled, order.WaitCodes)
	require.Contains(t, plan, "orders_missing_codes")
	require.Contains(t, plan, "orders_by_state")
}

// manyOrders are so many, on PostgreSQL, that its planner does not read whole tables.
func manyOrders(t *testing.T, l *Ledger) {
	t.Helper()
	if !twice.OnPostgres() {
		return
	}
	for i := range 300 {
		reference := fmt.Sprint("many-", i)
		begin(t, l, reference)
		require.NoError(t, l.Log.Append(t.Context(), Entry{Reference: reference, Key: "note", Kind: KindNote}))
	}
	for _, table := range []string{"orders", "audit", "heads"} {
		_, err := l.store.Writes().ExecContext(t.Context(), "ANALYZE "+table)
		require.NoError(t, err)
	}
}

// Each write reads these, while all others wait.
func TestWhatAnEntryFollowsIsFoundByIndexes(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	manyOrders(t, l)
	for _, plan := range []string{planOf(t, l, selectTip, "many-1", "note"), planOf(t, l, selectWalked, "many-1", "note", 3, "run", "ord-1")} {
		for _, table := range []string{"orders", "audit", "heads", "newest"} {
			require.NotContains(t, plan, "Seq Scan on "+table)
			require.NotContains(t, plan, "SCAN "+table)
		}
	}
}

// Whatever is put on record, the columns say what the snapshot says.
func TestColumnsKeepInStepWithTheSnapshot(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	check := func(when string) {
		t.Helper()
		var text string
		var state order.State
		var missing int
		var waits *string
		require.NoError(t, l.store.Reads().QueryRowContext(t.Context(), `SELECT snapshot, state, missing, waits FROM orders`).Scan(&text, &state, &missing, &waits))
		s, err := parseSnapshot(text)
		require.NoError(t, err)
		require.Equal(t, s.State, state, when)
		require.Equal(t, s.Missing(), missing, when)
		require.Equal(t, s.WaitingForCode, (*order.Wait)(waits), when)
	}
	begin(t, l, "shop-1")
	check("begun")
	for i, put := range []func(*order.Status){
		func(s *order.Status) { s.State = order.Creating },
		func(s *order.Status) { s.State = order.Active },
		func(s *order.Status) { s.State = order.Paid },
		func(s *order.Status) { wait := order.WaitCodes; s.State, s.WaitingForCode = order.Stalled, &wait },
		func(s *order.Status) { s.Items[0].Missing = 1 }, // the same state again
		func(s *order.Status) {
			s.State, s.WaitingForCode = order.Completed, nil
			s.Items = append(s.Items, order.ItemStatus{ItemID: "product_other", Missing: 2})
		},
	} {
		s, err := l.Orders.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		put(&s)
		require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: fmt.Sprint("put/", i), Kind: KindState, State: s.State, At: noon}, s))
		check(fmt.Sprint("put ", i))
	}
	s, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, 3, s.Missing(), "it got there")
}
