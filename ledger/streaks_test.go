package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSameAnswerAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l, other := s.open(t), s.open(t)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	again := func(l *Ledger, code string, after time.Duration) Streak {
		t.Helper()
		s, err := l.Streaks.Again(t.Context(), "shop-1", code, noon.Add(after))
		require.NoError(t, err)
		have, err := other.Streaks.Of(t.Context(), "shop-1")
		require.NoError(t, err)
		require.Equal(t, have, s)
		return s
	}
	require.Equal(t, Streak{Code: "PAYMENT_IN_PROGRESS", Times: 1, Since: noon, Last: noon}, again(l, "PAYMENT_IN_PROGRESS", 0))
	again(other, "PAYMENT_IN_PROGRESS", 3*time.Second)
	third := again(l, "PAYMENT_IN_PROGRESS", time.Minute)
	require.Equal(t, 3, third.Times)
	require.Equal(t, time.Minute, third.Lasted())
	none, err := l.Streaks.Of(t.Context(), "shop-2")
	require.NoError(t, err)
	require.Equal(t, Streak{}, none, "another order's")

	fresh := again(l, "LOCKED", 2*time.Minute)
	require.Equal(t, Streak{Code: "LOCKED", Times: 1, Since: noon.Add(2 * time.Minute), Last: noon.Add(2 * time.Minute)}, fresh)
	require.Zero(t, again(l, "LOCKED", time.Minute).Lasted(), "the clock was set back")
	require.NoError(t, l.Streaks.End(t.Context(), "shop-1"))
	require.Equal(t, 1, again(l, "LOCKED", 3*time.Minute).Times, "another answer came between")

	_, err = l.Streaks.Again(t.Context(), "shop-9", "LOCKED", noon)
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, l.Orders.Withdraw(t.Context(), "shop-1", ""), ErrInUse)
}
