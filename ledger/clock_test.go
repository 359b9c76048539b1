package ledger

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// apart are workers whose own clocks are wrong by so much, over one ledger whose clock is
// right. A worker tells the time that its clock shows.
func apart(t *testing.T, wrong ...time.Duration) (*clock, []*Ledger) {
	t.Helper()
	c, s := &clock{at: noon}, newShop(t)
	books := make([]*Ledger, len(wrong))
	for i, by := range wrong {
		l := s.open(t)
		l.now, l.sleep = func() time.Time { return c.now().Add(by) }, c.sleep
		l.db.clock = func(context.Context, querier) (time.Time, error) { return c.now(), nil }
		books[i] = l
	}
	return c, books
}

// The clock is the server's on PostgreSQL, the caller's over a file.
func TestWhoseClockItIs(t *testing.T) {
	s := newShop(t)
	l := s.openOnItsClock(t)
	l.now = func() time.Time { return noon }
	now, err := l.Clock(t.Context(), noon)
	require.NoError(t, err)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	require.NoError(t, l.BeginPayment(t.Context(), payment("shop-1", "ord-1")))
	begun := intent(t, l, "ord-1").Begun
	_, err = l.SawBalances(t.Context(), noon.Add(-time.Minute), map[string]decimal.Decimal{"usd": decimal.NewFromInt(1)})
	require.NoError(t, err)
	d, err := l.Desk(t.Context())
	require.NoError(t, err)
	if !onPostgres {
		require.Equal(t, []time.Time{noon, noon, noon.Add(-time.Minute)}, []time.Time{now, begun, d.LookedAt})
		return
	}
	var server time.Time
	require.NoError(t, l.db.reads.QueryRowContext(t.Context(), `SELECT clock_timestamp()`).Scan(&server))
	require.WithinDuration(t, server, now, time.Minute)
	require.WithinDuration(t, server, begun, time.Minute)
	require.Equal(t, time.UTC, now.Location())
	require.WithinDuration(t, server.Add(-time.Minute), d.LookedAt, 50*time.Second, "a look that began a minute ago")
	entries, err := l.Audit(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, noon, entries[0].At, "what is for people to read is the worker's own time")
}

// Promise 6. A worker whose clock is behind gets as much of the budget as one whose clock
// is right, and no request more is granted to both.
func TestWorkerWhoseClockIsBehindGetsItsShare(t *testing.T) {
	for _, behind := range []time.Duration{0, 5 * time.Second, 25 * time.Second, time.Hour, -25 * time.Second, -time.Hour} {
		c, books := apart(t, 0, -behind)
		budgets := []*Budget{books[0].Budget("key", 100), books[1].Budget("key", 100)}
		granted, pays := [2]int{}, 0
		var grants []time.Time
		for i := range 2 * 60 * 4 { // two minutes, four tries a second by turns
			b, horizon := budgets[i%2], horizons[3]
			if i%40 == 1 { // by turns the late one pays
				horizon = horizons[1]
			}
			slot, held, err := b.reserve(t.Context(), horizon)
			require.NoError(t, err)
			if held == nil {
				granted[i%2]++
				grants = append(grants, c.now().Add(slot.Sub(b.ledger.now())))
				if horizon == horizons[1] {
					pays++
				}
			}
			c.advance(250 * time.Millisecond)
		}
		require.Equal(t, 12, pays, "behind by %s", behind)
		require.Greater(t, 2*granted[1], granted[0], "behind by %s: %v", behind, granted)
		require.Greater(t, 2*granted[0], granted[1], "behind by %s: %v", behind, granted)
		requireBound(t, grants, 100)

		require.NoError(t, budgets[1].Hold(t.Context(), 30*time.Second))
		standing, err := budgets[1].Standing(t.Context())
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, standing.HeldUntil.Sub(books[1].now()), "on the clock of who asks")
		var held *HeldError
		require.ErrorAs(t, budgets[0].Wait(t.Context(), 1), &held)
		require.LessOrEqual(t, held.For, 30*time.Second+LongestWait)
		c.advance(12 * time.Second)
		before := c.now()
		require.NoError(t, budgets[1].Wait(t.Context(), 1))
		require.GreaterOrEqual(t, c.now().Sub(before), 18*time.Second, "it slept as long as all must")
		require.Less(t, c.now().Sub(before), 30*time.Second)
	}
}

func TestLeaseWhereClocksDiffer(t *testing.T) {
	c, books := apart(t, 0, time.Hour, -time.Hour)
	lease := func(book int) bool {
		mine, err := books[book].Lease(t.Context(), "desk", []string{"ann", "bob", "eve"}[book], books[book].now(), books[book].now().Add(10*time.Second))
		require.NoError(t, err)
		return mine
	}
	for round := range 3 {
		require.True(t, lease(round))
		for other := range 3 {
			require.Equal(t, other == round, lease(other))
		}
		c.advance(10 * time.Second)
	}
}

// What one worker saw and promised holds for another whose clock is wrong.
func TestDeskWhereClocksDiffer(t *testing.T) {
	for _, wrong := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(wrong.String(), func(t *testing.T) { deskWhereClocksDiffer(t, wrong) })
	}
}

func deskWhereClocksDiffer(t *testing.T, wrong time.Duration) {
	t.Helper()
	c, books := apart(t, 0, wrong)
	ten := decimal.NewFromInt(10)
	for _, reference := range []string{"waits", "other"} {
		s := begin(t, books[0], reference)
		s.State = order.AwaitingTopUp
		require.NoError(t, books[0].Record(t.Context(), Entry{Reference: reference, Key: "waits", Kind: KindState, State: s.State, At: noon}, s))
	}
	claim := func(book int, reference string) Claim {
		return Claim{Reference: reference, Currency: "usd", Amount: &ten, At: books[book].now(), Waits: true}
	}
	began := books[1].now()
	c.advance(5 * time.Second) // the look takes
	_, err := books[1].SawBalances(t.Context(), began, map[string]decimal.Decimal{"usd": ten})
	require.NoError(t, err)
	d, err := books[0].Desk(t.Context())
	require.NoError(t, err)
	require.Equal(t, noon, d.LookedAt.UTC(), "when the look began, on the ledger's clock")
	ok, err := books[0].Promise(t.Context(), claim(0, "waits"))
	require.NoError(t, err)
	require.True(t, ok, "the balance was read just now")
	ok, err = books[1].Promise(t.Context(), claim(1, "other"))
	require.NoError(t, err)
	require.False(t, ok, "the money is promised")
	ok, err = books[1].AdmitPayment(t.Context(), claim(1, "waits"))
	require.NoError(t, err)
	require.True(t, ok)
	c.advance(trust)
	require.NoError(t, books[0].TakeBack(t.Context(), "waits"))
	for i := range books {
		ok, err = books[i].Promise(t.Context(), claim(i, "other"))
		require.NoError(t, err)
		require.False(t, ok, "it was read too long ago")
	}
}

func TestLimitAndStreaksWhereClocksDiffer(t *testing.T) {
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
	require.NoError(t, books[0].BeginPayment(t.Context(), costs("a", "60", books[0].now())))
	var over *LimitError
	require.ErrorAs(t, books[1].BeginPayment(t.Context(), costs("b", "60", books[1].now())), &over, "it is the same day")
	why, err := books[1].PaymentHeld(t.Context(), costs("b", "60", books[1].now()))
	require.NoError(t, err)
	require.Equal(t, error(over), why)
	f, err := books[1].Figures(t.Context(), books[1].now())
	require.NoError(t, err)
	require.Equal(t, "60", f.PaidToday["usd"].String())
	c.advance(12 * time.Hour)
	for _, l := range books {
		why, err := l.PaymentHeld(t.Context(), costs("b", "60", l.now()))
		require.NoError(t, err)
		require.NoError(t, why, "it is the next day for all")
	}

	for i := range 2 {
		_, err := books[i].Again(t.Context(), "a", "NO", books[i].now())
		require.NoError(t, err)
		c.advance(time.Minute)
	}
	streak, err := books[0].StreakOf(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, time.Minute, streak.Lasted())
}

// The ages that alerts go by, a search's bound and the time that a top-up's request left:
// whichever worker wrote it and whichever reads it, an hour apart.
func TestAgesWhereClocksDiffer(t *testing.T) {
	c, books := apart(t, 0, time.Hour, -time.Hour)
	openTopUp(t, books[0], "tu-1")
	for writer, reference := range []string{"a", "b", "c"} {
		l := books[writer]
		begin(t, l, reference)
		pin(t, l, reference, 0, "ord-"+reference)
		_, _, err := l.CreateIntent(t.Context(), reference, 0, l.now())
		require.NoError(t, err)
		p := payment(reference, "ord-"+reference)
		p.At = l.now()
		require.NoError(t, l.BeginPayment(t.Context(), p))
		c.advance(10 * time.Minute)
		for _, reader := range books {
			f, err := reader.Figures(t.Context(), reader.now())
			require.NoError(t, err)
			require.Equal(t, 10*time.Minute, f.At.Sub(f.DoubtSince))
			_, first, err := reader.CreateAttempts(t.Context(), reference, 0)
			require.NoError(t, err)
			require.Equal(t, 10*time.Minute, f.At.Sub(first))
		}
		require.NoError(t, l.LandPayment(t.Context(), "ord-"+reference, p.Attempt, Landing{Spared: true, At: l.now()}))
		require.NoError(t, l.RenewKey(t.Context(), Entry{Reference: reference, Key: "decision/1", Kind: KindNote, At: l.now()}, 0))
		_, first, err := l.CreateAttempts(t.Context(), reference, 0)
		require.NoError(t, err)
		require.Equal(t, c.now(), first.UTC())

		sent, err := l.SendTopUp(t.Context(), "tu-1", reference, l.now())
		require.NoError(t, err)
		require.Equal(t, c.now(), sent.At.UTC())
		require.NoError(t, l.UnsendTopUp(t.Context(), "tu-1", reference))
	}
}

func TestProductIsAskedForOnceWhereClocksDiffer(t *testing.T) {
	_, books := apart(t, 0, -time.Hour, time.Hour)
	for i, l := range books {
		ask, err := l.AskProduct(t.Context(), "product", l.now(), time.Time{})
		require.NoError(t, err)
		require.Equal(t, i == 0, ask.Mine)
	}
}

// A payment of a reference is found among many others without reading those.
func TestPaymentsOfAReferenceAreFoundByAnIndex(t *testing.T) {
	l := newLedger(t)
	explain := "EXPLAIN QUERY PLAN "
	if onPostgres {
		explain = "EXPLAIN "
	}
	for _, query := range []string{selectInFlight + latestFirst, selectDoubt} {
		require.NoError(t, l.view(t.Context(), func(tx *sql.Tx) error {
			if onPostgres { // a small table is not worth an index
				if _, err := tx.ExecContext(t.Context(), `SET LOCAL enable_seqscan = off`); err != nil {
					return err
				}
			}
			rows, err := tx.QueryContext(t.Context(), explain+query, "shop-1")
			if err != nil {
				return err
			}
			defer rows.Close()
			plan := ""
			columns, err := rows.Columns()
			require.NoError(t, err)
			for rows.Next() {
				var text string
				into := make([]any, len(columns))
				for i := range into {
					into[i] = new(any)
				}
				into[len(into)-1] = &text
				require.NoError(t, rows.Scan(into...))
				plan += text + "\n"
			}
			require.Regexp(t, "payments_of_reference|payments_standing", plan)
			require.NotRegexp(t, "SCAN payments|Seq Scan", plan)
			return rows.Err()
		}))
	}
}
