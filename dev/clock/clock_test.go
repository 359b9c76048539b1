package clock

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain is two programs: the tests, and one that tells the time whenever it is asked,
// and how much of it has passed.
func TestMain(m *testing.M) {
	if os.Getenv("TELL_THE_TIME") == "" {
		os.Exit(m.Run())
	}
	begun := time.Now()
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		now := time.Now()
		_, _ = os.Stdout.WriteString(now.UTC().Format(time.RFC3339) + "\n" + now.Sub(begun).String() + "\n")
	}
}

// One process sees another time, forward and back, while this one does not; what passes
// for it is what passes.
func TestOneProcessSeesAnotherTime(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("only written for amd64")
	}
	other := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this program
	other.Env = []string{"TELL_THE_TIME=1"}
	ask, err := other.StdinPipe()
	require.NoError(t, err)
	answers, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	lines := bufio.NewScanner(answers)
	for _, off := range []time.Duration{0, time.Hour, -time.Hour, 0} {
		require.NoError(t, Set(other.Process.Pid, off))
		_, err := ask.Write([]byte("\n"))
		require.NoError(t, err)
		require.True(t, lines.Scan())
		shown, err := time.Parse(time.RFC3339, lines.Text())
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now().Add(off), shown, time.Minute)
		require.True(t, lines.Scan())
		passed, err := time.ParseDuration(lines.Text())
		require.NoError(t, err)
		assert.Less(t, passed, 10*time.Minute, "an hour has not passed")
		assert.Positive(t, passed)
	}
	require.NoError(t, ask.Close())
	require.NoError(t, other.Wait())
}

func TestNoProcessIsToldSo(t *testing.T) {
	require.Error(t, Set(1<<30, time.Hour))
	require.ErrorContains(t, Set(os.Getpid(), 100*365*24*time.Hour), "too far off")
}
