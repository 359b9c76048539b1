package ledger

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/internal/balance"
	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
)

// clock is a time of our own: sleeping moves it on.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.advance(d)
	return nil
}

// apart are workers whose own clocks are wrong by so much, over one ledger whose clock is
// right. A worker tells the time that its clock shows.
func apart(t *testing.T, wrong ...time.Duration) (*clock, []*Ledger) {
	t.Helper()
	c, s := &clock{at: noon}, newShop(t)
	books := make([]*Ledger, len(wrong))
	for i, by := range wrong {
		l := s.open(t)
		l.store.Clock.Here, l.store.Clock.Sleep = func() time.Time { return c.now().Add(by) }, c.sleep
		l.store.Clock.Shared = func(context.Context, store.Querier) (time.Time, error) { return c.now(), nil }
		books[i] = l
	}
	return c, books
}

// The clock is the server's on PostgreSQL, the caller's over a file.
func TestWhoseClockItIs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.openOnItsClock(t)
	l.store.Clock.Here = func() time.Time { return noon }
	now, err := l.store.Now(t.Context(), noon)
	require.NoError(t, err)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	begun := intent(t, l, "ord-1").Begun
	_, err = balance.New(l.store).Saw(t.Context(), noon.Add(-time.Minute), map[string]decimal.Decimal{"usd": decimal.NewFromInt(1)})
	require.NoError(t, err)
	d, err := balance.New(l.store).Standing(t.Context())
	require.NoError(t, err)
	if !twice.OnPostgres() {
		require.Equal(t, []time.Time{noon, noon, noon.Add(-time.Minute)}, []time.Time{now, begun, d.LookedAt})
		return
	}
	var server time.Time
	require.NoError(t, l.store.Reads().QueryRowContext(t.Context(), `SELECT clock_timestamp()`).Scan(&server))
	require.WithinDuration(t, server, now, time.Minute)
	require.WithinDuration(t, server, begun, time.Minute)
	require.Equal(t, time.UTC, now.Location())
	require.WithinDuration(t, server.Add(-time.Minute), d.LookedAt, 50*time.Second, "a look that began a minute ago")
	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, noon, entries[0].At, "what is for people to read is the worker's own time")
}

func TestLimitAndStreaksWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-13 * time.Hour, 13 * time.Hour} {
		t.Run(wrong.String(), func(t *testing.T) { limitWhereClocksDiffer(t, wrong) })
	}
}

// The day is the ledger's: it ends at one midnight for all.
func limitWhereClocksDiffer(t *testing.T, wrong time.Duration) {
	t.Helper()
	c, books := apart(t, 0, wrong)
	for _, reference := range []string{"a", "b"} {
		begin(t, books[0], reference)
		pin(t, books[0], reference, 0, "ord-"+reference)
	}
	require.NoError(t, books[0].Payments.Begin(t.Context(), costs("a", "60", books[0].store.Clock.Here())))
	var over *LimitError
	require.ErrorAs(t, books[1].Payments.Begin(t.Context(), costs("b", "60", books[1].store.Clock.Here())), &over, "it is the same day")
	why, err := books[1].Payments.Withheld(t.Context(), costs("b", "60", books[1].store.Clock.Here()))
	require.NoError(t, err)
	require.Equal(t, error(over), why)
	f, err := books[1].Figures(t.Context(), books[1].store.Clock.Here())
	require.NoError(t, err)
	require.Equal(t, "60", f.PaidToday["usd"].String())
	c.advance(12 * time.Hour)
	for _, l := range books {
		why, err := l.Payments.Withheld(t.Context(), costs("b", "60", l.store.Clock.Here()))
		require.NoError(t, err)
		require.NoError(t, why, "it is the next day for all")
	}

	for i := range 2 {
		_, err := books[i].Streaks.Again(t.Context(), "a", "NO", books[i].store.Clock.Here())
		require.NoError(t, err)
		c.advance(time.Minute)
	}
	streak, err := books[0].Streaks.Of(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, time.Minute, streak.Lasted())
}

// The ages that alerts go by, a search's bound and the time that a top-up's request left:
// whichever worker wrote it and whichever reads it, an hour apart.
func TestAgesWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	c, books := apart(t, 0, time.Hour, -time.Hour)
	openTopUp(t, books[0], "tu-1")
	for writer, reference := range []string{"a", "b", "c"} {
		l := books[writer]
		begin(t, l, reference)
		pin(t, l, reference, 0, "ord-"+reference)
		_, _, err := l.Creates.Intend(t.Context(), reference, 0, l.store.Clock.Here())
		require.NoError(t, err)
		p := payment(reference, "ord-"+reference)
		p.At = l.store.Clock.Here()
		require.NoError(t, l.Payments.Begin(t.Context(), p))
		c.advance(10 * time.Minute)
		for _, reader := range books {
			f, err := reader.Figures(t.Context(), reader.store.Clock.Here())
			require.NoError(t, err)
			require.Equal(t, 10*time.Minute, f.At.Sub(f.DoubtSince))
			begun, err := reader.Creates.Begun(t.Context(), reference, 0)
			require.NoError(t, err)
			require.Equal(t, 10*time.Minute, f.At.Sub(begun.First))
		}
		require.NoError(t, l.Payments.Land(t.Context(), "ord-"+reference, p.Attempt, Landing{Spared: true, At: l.store.Clock.Here()}))
		require.NoError(t, l.Creates.RenewKey(t.Context(), Entry{Reference: reference, Key: "decision/1", Kind: KindNote, At: l.store.Clock.Here()}, 0))
		begun, err := l.Creates.Begun(t.Context(), reference, 0)
		require.NoError(t, err)
		require.Equal(t, c.now(), begun.First.UTC())

		sent, err := l.TopUps.Send(t.Context(), "tu-1", reference, l.store.Clock.Here())
		require.NoError(t, err)
		require.Equal(t, c.now(), sent.At.UTC())
		require.NoError(t, l.TopUps.Unsend(t.Context(), "tu-1", reference))
	}
}

func TestProductIsAskedForOnceWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	_, books := apart(t, 0, -time.Hour, time.Hour)
	for i, l := range books {
		ask, err := l.Products.Ask(t.Context(), "product", l.store.Clock.Here(), time.Time{})
		require.NoError(t, err)
		require.Equal(t, i == 0, ask.Mine)
	}
}

// A payment of a reference is found among many others without reading those.
func TestPaymentsOfAReferenceAreFoundByAnIndex(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, query := range []string{selectInFlight, selectDoubt} {
		plan := planOf(t, l, query, "shop-1")
		require.Regexp(t, "payments_of_reference|payments_standing", plan)
		require.NotRegexp(t, "SCAN payments|Seq Scan", plan)
	}
	leaving := planOf(t, l, selectLeaving, "shop-1", "ord-1", overKey("ord-1"), "attempt-1")
	require.Regexp(t, "payments_of_reference|payments_standing", leaving)
	require.NotRegexp(t, "SCAN (payments|audit|pins|orders|switches)|Seq Scan", leaving)
}
