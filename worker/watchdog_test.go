package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"foxflow/internal/logging"
)

// hanging is readiness with one check that answers and one that never ends,
// whatever its context says.
func hanging(forever chan struct{}) *health {
	return &health{redact: func(s string) string { return s }, checks: map[string]check{
		"ledger":   func(context.Context) (string, error) { return "", nil },
		"temporal": func(context.Context) (string, error) { <-forever; return "", nil },
	}}
}

func TestAHangingWorkerIsEndedAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		defer close(forever)
		core, logs := observer.New(zap.InfoLevel)
		began, status := time.Now(), -1
		watchdog{hanging(forever).look, zap.New(core), func(s int) { status = s }}.run(t.Context())
		assert.Equal(t, 1, status)
		assert.Equal(t, time.Minute, time.Since(began))
		require.Equal(t, 1, logs.Len())
		said := logs.All()[0].ContextMap()
		assert.Contains(t, said["goroutines"], "func1.hanging.", "where it hangs is in the log")
		assert.Equal(t, map[string]verdict{"ledger": {OK: true}, "temporal": {Reason: "the check does not end: the worker hangs"}}, said["checks"])
	})
}

// What a check asks may be down for as long as it likes: that is a verdict. So may
// the worker be slow for a while.
func TestAWorkerThatIsNotReadyIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		defer close(forever)
		var looks atomic.Int32
		h := &health{redact: func(s string) string { return s }, checks: map[string]check{
			"temporal": func(ctx context.Context) (string, error) {
				if looks.Add(1)%9 != 0 { // eight looks in a row hang, the ninth only fails
					<-forever
				}
				<-ctx.Done()
				return "", ctx.Err()
			},
		}}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		watchdog{h.look, zap.NewNop(), func(int) { t.Error("it was ended") }}.run(ctx)
		assert.Greater(t, looks.Load(), int32(100))
	})
}

// A log that takes nothing any more keeps a hanging worker alive no longer.
func TestAHangingLogHoldsUpNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		defer close(forever)
		core, _ := observer.New(zap.InfoLevel)
		stuck := zap.New(core, zap.Hooks(func(zapcore.Entry) error { <-forever; return nil }))
		status := -1
		watchdog{hanging(forever).look, stuck, func(s int) { status = s }}.run(t.Context())
		assert.Equal(t, 1, status)
	})
}

// A probe of a hanging worker is answered: it is not ready, and says so.
func TestReadyzAnswersThoughACheckHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		defer close(forever)
		code, r := probe(t, hanging(forever), "/readyz")
		assert.Equal(t, http.StatusServiceUnavailable, code)
		assert.Equal(t, map[string]verdict{"ledger": {OK: true}, "temporal": {Reason: "the check does not end: the worker hangs"}}, r.Checks)
	})
}

// A real process: status 1, and its log holds where it hung.
func TestAHangingProcessEndsItself(t *testing.T) {
	if os.Getenv("FOXFLOW_TEST_HANG") != "" {
		logger, err := logging.New("info", "json")
		require.NoError(t, err)
		watchdog{func(context.Context) (map[string]verdict, bool) { return nil, false }, logger, os.Exit}.run(t.Context())
		t.Fatal("it goes on")
	}
	hung := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAHangingProcessEndsItself$") //nolint:gosec // this test
	hung.Env = append(os.Environ(), "FOXFLOW_TEST_HANG=yes")
	out, err := hung.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, string(out))
	assert.Equal(t, 1, exit.ExitCode())
	assert.Contains(t, string(out), "the worker hangs")
	assert.True(t, strings.Contains(string(out), `goroutine 1 [`), "%s", out)
}
