package balance

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/internal/store"
	"foxflow/ledger"
	"foxflow/order"
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
func apart(t *testing.T, wrong ...time.Duration) (*clock, []*ledger.Ledger) {
	t.Helper()
	c, at := &clock{at: noon}, address(t)
	books := make([]*ledger.Ledger, len(wrong))
	for i, by := range wrong {
		l := open(t, at)
		l.Store.Clock.Here, l.Store.Clock.Sleep = func() time.Time { return c.now().Add(by) }, c.sleep
		l.Store.Clock.Shared = func(context.Context, store.Querier) (time.Time, error) { return c.now(), nil }
		books[i] = l
	}
	return c, books
}

// What one worker saw and reserved holds for another whose clock is wrong.
func TestDeskWhereClocksDiffer(t *testing.T) {
	t.Parallel()
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
		require.NoError(t, books[0].Orders.Record(t.Context(), ledger.Entry{Reference: reference, Key: "waits", Kind: ledger.KindState, State: s.State, At: noon}, s))
	}
	claim := func(book int, reference string) Claim {
		return Claim{Reference: reference, Currency: "usd", Amount: &ten, At: books[book].Store.Clock.Here(), Waits: true}
	}
	began := books[1].Store.Clock.Here()
	c.advance(5 * time.Second) // the look takes
	_, err := New(books[1].Store).Saw(t.Context(), began, map[string]decimal.Decimal{"usd": ten})
	require.NoError(t, err)
	d, err := New(books[0].Store).Standing(t.Context())
	require.NoError(t, err)
	require.Equal(t, noon, d.LookedAt.UTC(), "when the look began, on the ledger's clock")
	reserved, err := New(books[0].Store).Reserve(t.Context(), claim(0, "waits"))
	require.NoError(t, err)
	require.Equal(t, []bool{true}, reserved, "the balance was read just now")
	reserved, err = New(books[1].Store).Reserve(t.Context(), claim(1, "other"))
	require.NoError(t, err)
	require.Equal(t, []bool{false}, reserved, "the money is reserved")
	ok, err := New(books[1].Store).Admit(t.Context(), claim(1, "waits"))
	require.NoError(t, err)
	require.True(t, ok)
	c.advance(Trust)
	require.NoError(t, New(books[0].Store).Release(t.Context(), "waits"))
	for i := range books {
		reserved, err = New(books[i].Store).Reserve(t.Context(), claim(i, "other"))
		require.NoError(t, err)
		require.Equal(t, []bool{false}, reserved, "it was read too long ago")
	}
}

// What the balance desk's later look saw stays, whatever an earlier one comes to.
func TestOvertakenLookTakesNothingBack(t *testing.T) {
	t.Parallel()
	l := open(t, address(t))
	a := New(l.Store)
	ten := decimal.NewFromInt(10)
	_, err := a.Saw(t.Context(), noon.Add(time.Minute), map[string]decimal.Decimal{"usd": ten})
	require.NoError(t, err)
	require.NoError(t, a.LookFailed(t.Context(), noon, true))
	_, err = a.Saw(t.Context(), noon, map[string]decimal.Decimal{"usd": decimal.Zero})
	require.NoError(t, err)
	have, at, err := a.Balances(t.Context())
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Minute), at.UTC())
	require.Equal(t, "10", have["usd"].String())
	d, err := a.Standing(t.Context())
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Minute), d.LookedAt.UTC())
	s := begin(t, l, "waits")
	s.State = order.AwaitingTopUp
	require.NoError(t, l.Orders.Record(t.Context(), ledger.Entry{Reference: "waits", Key: "waits", Kind: ledger.KindState, State: s.State, At: noon}, s))
	reserved, err := a.Reserve(t.Context(), Claim{Reference: "waits", Currency: "usd", Amount: &ten, At: noon.Add(time.Minute)})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, reserved, "it is taken for true")
}
