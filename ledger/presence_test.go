package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A copy of a ledger holds the original's workers: they count there no longer than they would
// if they were gone.
func TestWorkersThatSayNothingAreNotThisLedgers(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	require.NoError(t, l.Present(t.Context(), "a", noon))
	require.NoError(t, l.Present(t.Context(), "b", noon.Add(PresenceLasts/2)))
	for after, want := range map[time.Duration]map[string]bool{
		PresenceLasts / 2: {"a": true, "b": true}, PresenceLasts: {"a": true, "b": true}, PresenceLasts + 1: {"b": true}, 2 * PresenceLasts: {},
	} {
		have, err := l.Workers(t.Context(), noon.Add(after))
		require.NoError(t, err)
		require.Equal(t, want, have, after)
	}
	require.NoError(t, l.Present(t.Context(), "b", noon.Add(2*PresenceLasts)))
	have, err := l.Workers(t.Context(), noon)
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"b": true}, have, "those that are gone are forgotten")
}
