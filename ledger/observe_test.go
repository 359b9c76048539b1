package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// watcher keeps what an observer is told.
type watcher struct {
	took  map[string]int
	steps []Step
}

func (w *watcher) Took(operation string, _ time.Duration) { w.took[operation]++ }
func (w *watcher) Entered(s Step)                         { w.steps = append(w.steps, s) }

// record puts states on record, a minute apart, each twice as a retry would.
func record(t *testing.T, l *Ledger, reference, run string, mock bool, states ...order.State) {
	t.Helper()
	for i, state := range states {
		s := order.Status{Reference: reference, State: state, OrderID: ptr("id-" + reference), Price: ptr("9.55"), Currency: ptr("USD"), Mock: mock,
			UpdatedAt: noon.Add(time.Duration(i) * time.Minute)}
		for range 2 {
			require.NoError(t, l.Record(t.Context(), Entry{Reference: reference, Key: run + string(state), Kind: KindState, Run: run, OrderID: *s.OrderID, At: s.UpdatedAt}, s))
		}
	}
}

func ptr(s string) *string { return &s }

func TestObserverIsToldOfEachStateOnce(t *testing.T) {
	l := newLedger(t)
	w := &watcher{took: map[string]int{}}
	l.Observe(w)
	begin(t, l, "shop-1")
	record(t, l, "shop-1", "run-1/", false, order.Creating, order.Active, order.Processing, order.Completed)
	price := decimal.RequireFromString("9.55")
	at := func(from, to order.State, paid bool) Step {
		s := Step{From: from, To: to, Spent: time.Minute, Paid: paid, Amount: &price, Currency: "usd"}
		if from == "" {
			s.Spent = 0
		}
		return s
	}
	assert.Equal(t, []Step{at("", order.Creating, false), at(order.Creating, order.Active, false),
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
	l := newLedger(t)
	f, err := l.Figures(t.Context(), noon)
	require.NoError(t, err)
	assert.Zero(t, f.SeenAt)
	assert.Empty(t, f.Orders)

	for i, reference := range []string{"shop-1", "shop-2", "shop-3", "shop-4"} {
		_, _, err := l.Begin(t.Context(), request(reference), noon.Add(time.Duration(i)*time.Minute))
		require.NoError(t, err)
	}
	record(t, l, "shop-1", "run-1/", false, order.Creating, order.Active, order.Processing, order.Completed)
	record(t, l, "shop-2", "run-1/", false, order.Creating, order.Active, order.AwaitingTopUp)
	record(t, l, "shop-3", "run-1/", false, order.Creating, order.Active, order.AwaitingTopUp)
	for _, reference := range []string{"shop-2", "shop-3"} {
		require.NoError(t, l.Pin(t.Context(), reference, 0, "id-"+reference, noon))
	}
	pay := func(reference string, at time.Time) {
		amount := decimal.RequireFromString("4.05")
		_, err := l.BeginPayment(t.Context(), Payment{Reference: reference, OrderID: "id-" + reference, Amount: &amount, Currency: "usd", At: at})
		require.NoError(t, err)
	}
	pay("shop-2", noon)
	pay("shop-3", noon.Add(-24*time.Hour)) // yesterday's
	_, err = l.SawBalances(t.Context(), noon, map[string]decimal.Decimal{"usd": decimal.RequireFromString("1.5")})
	require.NoError(t, err)
	require.NoError(t, l.Pause(t.Context(), "ann", noon))

	f, err = l.Figures(t.Context(), noon.Add(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, map[order.State]int{order.Completed: 1, order.AwaitingTopUp: 2, order.Creating: 1}, f.Orders)
	assert.Equal(t, map[order.State]time.Time{order.AwaitingTopUp: noon.Add(time.Minute), order.Creating: noon.Add(3 * time.Minute)}, f.Oldest)
	assert.True(t, f.Paused)
	assert.Equal(t, "1.5", f.Balances["usd"].String())
	assert.Equal(t, noon, f.SeenAt)
	assert.Equal(t, map[string]int{"usd": 2}, f.Waiting)
	assert.Equal(t, "19.1", f.Needed["usd"].String())
	assert.Equal(t, "4.05", f.PaidToday["usd"].String())
}

func TestStandingOfTheBudget(t *testing.T) {
	l := newLedger(t)
	now := noon
	l.now = func() time.Time { return now }
	l.sleep = func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }
	b := l.Budget("key", 60) // a request a second, and a burst of 3
	standing := func() BudgetStanding {
		s, err := b.Standing(t.Context())
		require.NoError(t, err)
		return s
	}
	assert.Equal(t, BudgetStanding{}, standing())
	for range 3 {
		require.NoError(t, b.Wait(t.Context(), 1))
	}
	assert.InDelta(t, time.Second, standing().Queue, float64(200*time.Millisecond), "the burst is spent: a second, and the jitter")
	require.NoError(t, b.Hold(t.Context(), time.Minute))
	assert.Equal(t, now.Add(time.Minute), standing().HeldUntil)
	assert.GreaterOrEqual(t, standing().Queue, time.Minute)
	now = noon.Add(2 * time.Minute)
	assert.Zero(t, standing().Queue)
	now = noon.Add(-24 * time.Hour) // the clock was set back
	assert.Equal(t, now.Add(maxHold), standing().HeldUntil)
}
