package carry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/bench/rig"
)

// stub is a contender whose program is a shell script: it carries by repeating.
func stub(t *testing.T, script string) *Run {
	t.Helper()
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "stub"), []byte("#!/bin/sh\n"+script), 0o700)) //nolint:gosec // a program
	r, err := rig.New(".", bin, "/usr/bin:/bin")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close(false)) })
	run, err := Begin(Contender{Name: "stub", begin: func(r *Run) error { return r.program("worker", "stub", nil, nil) }}, World{Rig: r})
	require.NoError(t, err)
	return run
}

const repeats = `while read -r reference; do echo "{\"reference\":\"$reference\",\"state\":\"completed\",\"codes\":1}"; done`

func TestAllOrdersAreCarried(t *testing.T) {
	for _, feed := range []Feed{{Orders: 30}, {Orders: 30, Open: 4}, {Orders: 3, Every: time.Millisecond}} {
		feed.Within = time.Minute
		done, err := stub(t, repeats).Carry(feed)
		require.NoError(t, err)
		require.Len(t, done, feed.Orders)
		for _, o := range done {
			require.Equal(t, "completed", o.State)
			require.False(t, o.Done.Before(o.Placed))
		}
	}
}

// The first program takes orders and answers two; the one that is started after the kill is
// told of the others once more.
func TestOrdersOfAKilledProgramAreToldOnceMore(t *testing.T) {
	again := filepath.Join(t.TempDir(), "again")
	run := stub(t, `[ -e `+again+` ] || { touch `+again+`; for n in 1 2; do read -r reference; echo "{\"reference\":\"$reference\",\"state\":\"completed\"}"; done; exec sleep 600; }
`+repeats)
	done, err := run.Carry(Feed{Orders: 10, Open: 5, KillAt: 2, Within: time.Minute})
	require.NoError(t, err)
	require.Len(t, done, 10)
	require.False(t, run.Killed.IsZero())
}

func TestAProgramThatEndsIsTold(t *testing.T) {
	_, err := stub(t, `read -r reference; echo "no money left" >&2`).Carry(Feed{Orders: 2, Within: time.Minute})
	require.ErrorContains(t, err, "no money left")
	require.True(t, strings.HasPrefix(err.Error(), "stub ended"), err)
}
