package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func watchOf(reference string, step int) Watch {
	return Watch{Reference: reference, OrderID: "fox-" + reference, Step: step, Token: []byte("token"), Input: []byte(`{"note":"00123"}`),
		Since: noon, Next: noon.Add(5 * time.Second), Status: "paid"}
}

// What one process registers another one reads; a later step takes its place, and never an
// earlier one.
func TestWatchOfTheLatestStepCounts(t *testing.T) {
	s := newShop(t)
	l, other := s.open(t), s.open(t)
	begin(t, l, "shop-1")
	register := func(w Watch) bool {
		t.Helper()
		registered, err := l.Watches.Register(t.Context(), w)
		require.NoError(t, err)
		return registered
	}
	second := watchOf("shop-1", 2)
	require.True(t, register(second))
	require.False(t, register(watchOf("shop-1", 1)), "it was overtaken")
	have, there, err := other.Watches.Find(t.Context(), "shop-1")
	require.NoError(t, err)
	require.True(t, there)
	require.Equal(t, second, have)

	looked := second
	looked.Looked, looked.Next, looked.Looks, looked.Failures, looked.Status = noon.Add(5*time.Second), noon.Add(15*time.Second), 1, 0, "processing"
	require.NoError(t, other.Watches.Keep(t.Context(), looked))
	have, _, err = l.Watches.Find(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, looked, have)

	third := watchOf("shop-1", 3)
	require.True(t, register(third))
	require.NoError(t, other.Watches.Keep(t.Context(), looked), "it comes late")
	require.NoError(t, other.Watches.End(t.Context(), "shop-1", 2))
	have, _, err = l.Watches.Find(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, third, have)
	require.NoError(t, l.Watches.End(t.Context(), "shop-1", 3))
	_, there, err = l.Watches.Find(t.Context(), "shop-1")
	require.NoError(t, err)
	require.False(t, there)

	_, err = l.Watches.Register(t.Context(), watchOf("shop-9", 1))
	require.ErrorIs(t, err, ErrNotFound)
	require.True(t, Lacks(err), "an order that runs and is missing is taken up again")
}

func TestDueWatchesComeInTheirOrder(t *testing.T) {
	l := newLedger(t)
	none, err := l.Watches.Count(t.Context(), noon)
	require.NoError(t, err)
	require.Equal(t, Watching{}, none)
	for i, next := range []time.Duration{9, 3, 6, 20} {
		reference := fmt.Sprint("shop-", i)
		begin(t, l, reference)
		w := watchOf(reference, 5)
		w.Next = noon.Add(next * time.Second)
		_, err := l.Watches.Register(t.Context(), w)
		require.NoError(t, err)
	}
	at := noon.Add(10 * time.Second)
	standing, err := l.Watches.Count(t.Context(), at)
	require.NoError(t, err)
	require.Equal(t, Watching{All: 4, Due: 3, Next: noon.Add(3 * time.Second)}, standing)
	due, err := l.Watches.Due(t.Context(), at, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"shop-1", "shop-2"}, []string{due[0].Reference, due[1].Reference})
	require.Len(t, due, 2)

	of, err := l.Watches.Of(t.Context(), []string{"fox-shop-3", "fox-of-others"})
	require.NoError(t, err)
	require.Len(t, of, 1)
	require.Equal(t, "shop-3", of[0].Reference)
	require.False(t, of[0].Over())

	s, err := l.Orders.Status(t.Context(), "shop-3")
	require.NoError(t, err)
	s.State = order.Paid
	require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: "shop-3", Key: "state/run/1", Kind: KindState, Run: "state/run/", Step: 6, State: order.Paid, At: noon}, s))
	of, err = l.Watches.Of(t.Context(), []string{"fox-shop-3"})
	require.NoError(t, err)
	require.True(t, of[0].Over(), "a later step has put something on record")
}

func TestUnwatchedOrdersAreFound(t *testing.T) {
	l := newLedger(t)
	for reference, state := range map[string]order.State{"creating": "", "watched": order.Paid, "paid": order.Paid, "late": order.Stalled, "ended": order.Completed, "just-now": order.Paid} {
		begin(t, l, reference)
		if state == "" {
			continue
		}
		s, err := l.Orders.Status(t.Context(), reference)
		require.NoError(t, err)
		s.State, s.UpdatedAt = state, noon
		if reference == "just-now" {
			s.UpdatedAt = noon.Add(time.Minute)
		}
		require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: reference, Key: "state/run/1", Kind: KindState, State: state, At: s.UpdatedAt}, s))
	}
	_, err := l.Watches.Register(t.Context(), watchOf("watched", 1))
	require.NoError(t, err)
	found, err := l.Watches.Unwatched(t.Context(), noon.Add(time.Second), noon.Add(-time.Hour), 10)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"paid", "late"}, found)
	found, err = l.Watches.Unwatched(t.Context(), noon.Add(time.Second), noon.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, found, 3)
	require.Equal(t, "creating", found[2], "a ledger put back from a backup may not know better")
}

// What a look has to know holds player data.
func TestWhatALookKnowsIsSealed(t *testing.T) {
	l := newLedger(t)
	begin(t, l, "shop-1")
	_, err := l.Watches.Register(t.Context(), watchOf("shop-1", 1))
	require.NoError(t, err)
	var sealed []byte
	require.NoError(t, l.store.Reads().QueryRowContext(t.Context(), `SELECT input FROM watches`).Scan(&sealed))
	require.NotContains(t, string(sealed), "00123")
	require.NoError(t, l.store.Exec(t.Context(), `UPDATE watches SET input = $1`, []byte("of another keyset")))
	w, there, err := l.Watches.Find(t.Context(), "shop-1")
	require.NoError(t, err, "one order must not keep the others from being looked at")
	require.True(t, there)
	require.Nil(t, w.Input)
}

func TestDeliveriesAreRememberedByProduct(t *testing.T) {
	l := newLedger(t)
	usual := func(products ...string) time.Duration {
		t.Helper()
		d, err := l.Deliveries.Usual(t.Context(), products...)
		require.NoError(t, err)
		return d
	}
	require.Zero(t, usual("a"))
	for i := range 40 {
		require.NoError(t, l.Deliveries.Keep(t.Context(), "a", time.Duration(i+1)*time.Second, noon))
	}
	assert.Equal(t, 28*time.Second, usual("a"), "a quarter of the last 16")
	require.NoError(t, l.Deliveries.Keep(t.Context(), "b", time.Minute, noon))
	assert.Equal(t, time.Minute, usual("a", "b"))
	assert.Zero(t, usual("a", "c"))
}
