package main

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/client"
	"foxflow/internal/balance"
	"foxflow/order"
)

func (s *shop) needs(reference string, changes ...func(*order.Status)) {
	s.t.Helper()
	s.begins(reference, false)
	s.enters(reference, order.Creating)
	s.enters(reference, order.AwaitingTopUp, changes...)
	s.temporal.Runs(s.book.ID(), reference)
}

func payBefore(at time.Time) func(*order.Status) {
	return func(o *order.Status) { o.PaymentExpiresAt = &at }
}

// sawBalance is a look of a worker's balance desk.
func (s *shop) sawBalance(usd string) {
	s.t.Helper()
	_, err := balance.New(s.book.Store).Saw(s.t.Context(), s.now, map[string]decimal.Decimal{"usd": decimal.RequireFromString(usd)})
	require.NoError(s.t, err)
}

func TestListOfWaitingOrdersTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	assert.Contains(t, s.run("list", "--state", "awaiting_topup").err, "no orders")
	s.needs("shop-1", priced("9.55", "usd"), payBefore(noon.Add(20*time.Minute)), withOrder("1f0c"))
	s.needs("shop-2", priced("19.10", "usd"), payBefore(noon.Add(10*time.Minute)))
	s.needs("shop-3", priced("900", "rub"), payBefore(noon.Add(-time.Hour)))
	s.needs("shop-4")
	s.begins("mock-1", true)
	s.enters("mock-1", order.Creating)
	s.enters("mock-1", order.AwaitingTopUp)

	last := func(a answer) string {
		_, text, found := strings.Cut(a.out, "\n\n")
		require.True(t, found, a.out)
		return strings.Join(strings.Fields(text), " ")
	}
	got := s.run("list", "--state", "awaiting_topup")
	require.Equal(t, exitDone, got.status, got.err)
	for _, line := range []string{
		`REFERENCE\s+NEEDS\s+PAY BEFORE\s+ORDER\s+PLACED`,
		`shop-1\s+9.55 usd\s+11-24 12:20\s+1f0c\s+11-24 12:00`,
		`shop-3\s+900 rub\s+over`,
		`shop-4\s+not known`,
		`mock-1\s+nothing \(mock\)`,
	} {
		assert.Regexp(t, line, got.out)
	}
	assert.Equal(t, "waiting for a top-up: 4; 900 rub missing (900 needed, the balance was not read yet); "+
		"28.65 usd missing (28.65 needed, the balance was not read yet); 1 of unknown price; "+
		"shop-2 has the next payment window to end: 2026-11-24 12:10:00 UTC", last(got))

	s.sawBalance("20.5")
	s.now = s.now.Add(15 * time.Minute)
	assert.Equal(t, "waiting for a top-up: 4; 900 rub missing (900 needed, 0 there at 2026-11-24 12:00:00 UTC); "+
		"8.15 usd missing (28.65 needed, 20.5 there at 2026-11-24 12:00:00 UTC); 1 of unknown price; "+
		"shop-1 has the next payment window to end: 2026-11-24 12:20:00 UTC", last(s.run("list", "--state", "awaiting_topup", "--limit", "1")), "the sum is of all")
	s.sawBalance("100")
	assert.Contains(t, last(s.run("list", "--state", "awaiting_topup")), "; 0 usd missing (28.65 needed, 100 there")

	assert.True(t, strings.HasPrefix(compact(t, s.run("list", "--state", "awaiting_topup", "-o", "json").out), `{"orders":[{"reference":`))
}

// A worker's balance desk is at work: it is told to look, and wakes those that the
// balance covers; a paused or mock order is not its concern.
func TestTopUpAllLeavesWakingToTheDesk(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1", "shop-2", "mock-1")
	s.enters("shop-2", order.Paused)
	s.enters("mock-1", order.AwaitingTopUp, func(o *order.Status) { o.Mock = true })
	mock, err := s.book.Orders.Status(t.Context(), "mock-1")
	require.NoError(t, err)
	require.True(t, mock.Mock)
	s.sawBalance("1")
	s.now = s.now.Add(client.DeskSilent)
	got := s.run("top-up", "--all", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.ElementsMatch(t, []string{"shop-2", "mock-1"}, s.temporal.Signalled())
	for _, reference := range []string{"shop-1", "shop-2", "mock-1"} {
		assert.Contains(t, got.out, `"`+reference+`"`)
	}
	at, err := balance.New(s.book.Store).Standing(t.Context())
	require.NoError(t, err)
	assert.True(t, at.Asked)

	require.Equal(t, exitDone, s.run("top-up", "shop-1").status)
	assert.Equal(t, []string{"shop-1"}, s.temporal.Signalled(), "one that is named is told, desk or not")

	s.now = s.now.Add(time.Second)
	require.Equal(t, exitDone, s.run("top-up", "--all").status)
	assert.Contains(t, s.temporal.Signalled(), "shop-1", "the desk is silent")
}

func TestTopUpHintsTheDeskBeforeItWakes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1")
	require.Equal(t, exitDone, s.run("top-up", "shop-1").status)
	at, err := balance.New(s.book.Store).Standing(t.Context())
	require.NoError(t, err)
	assert.True(t, at.Asked)
}
