package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPauseRemembersWhoDidItFirst(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l, another := s.open(t), s.open(t)
	_, _, on, err := l.Switches.Paused(t.Context())
	require.NoError(t, err)
	require.False(t, on)

	require.NoError(t, l.Switches.Pause(t.Context(), "eve", noon))
	require.NoError(t, another.Switches.Pause(t.Context(), "adam", noon.Add(time.Hour)))
	by, since, on, err := another.Switches.Paused(t.Context())
	require.NoError(t, err)
	require.Equal(t, []any{"eve", noon, true}, []any{by, since, on})

	for range 2 {
		require.NoError(t, another.Switches.Resume(t.Context()))
	}
	_, _, on, err = l.Switches.Paused(t.Context())
	require.NoError(t, err)
	require.False(t, on)
}

func TestSettingsAreShared(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l, another := s.open(t), s.open(t)
	_, ok, err := l.Switches.Setting(t.Context(), "idempotency-key")
	require.NoError(t, err)
	require.False(t, ok)
	for _, value := range []string{"off", ""} {
		require.NoError(t, l.Switches.Set(t.Context(), "idempotency-key", value))
		have, ok, err := another.Switches.Setting(t.Context(), "idempotency-key")
		require.NoError(t, err)
		require.Equal(t, []any{value, true}, []any{have, ok})
	}
}
