package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"foxflow/activities"
	"foxflow/internal/budget"
	"foxflow/internal/settings"
	"foxflow/internal/store"
	"foxflow/workflows"
)

// span is a time by its name.
type span struct {
	name string
	time.Duration
}

// timeouts is the table of all time-outs that must fit into one another, for a
// FOXRELOAD_TIMEOUT: of each line the first ends before the second, or what the
// third says breaks.
func timeouts(http time.Duration) []struct {
	shorter, longer span
	otherwise       string
} {
	call := span{"an HTTP call", http}
	queued := span{"its place in the budget's queue and an HTTP call", budget.LongestWait + http}
	pay := span{"a pay", payTakes(http)}
	attempt := span{"an attempt (start-to-close)", workflows.StartToClose}
	stop := span{"a worker's stop", stopTakes(http)}
	busy := span{"the ledger's wait for its turn to write", store.BusyTimeout}
	return []struct {
		shorter, longer span
		otherwise       string
	}{
		{call, attempt, "the server would start a second attempt while the first one's request is on its way"},
		{span{"a look, a pay and another look, with what is written between them", 2*queued.Duration + budget.LongestWait + pay.Duration + 4*busy.Duration}, attempt,
			"a payment would be tried again while it is being made"},
		{call, pay, "the ledger would let a second pay go while the first is on its way"},
		{span{"an HTTP call, and its answer written down", http + busy.Duration}, stop, "every deploy would kill calls in flight"},
		{stop, span{"a container's grace (docs/deploying.md)", graceFromDocs(http)}, "the container would be killed while it stops"},
		{stop, span{"a container's grace (docker-compose.yml)", graceFromCompose()}, "docker compose would kill a worker while it stops"},
		{span{"the health server's end", shutdownTimeout}, stop, "the process would wait for its least important part"},
		{span{"three heartbeats", 3 * activities.HeartbeatEvery}, span{"the heartbeat time-out", workflows.HeartbeatTimeout},
			"one heartbeat that is late would hand a living call to another worker"},
		{span{"the heartbeat time-out", workflows.HeartbeatTimeout}, attempt, "a dead worker would be noticed by the attempt's end alone"},
		{busy, span{"an append to the ledger (local start-to-close)", workflows.LedgerStartToClose},
			"the append would be given up while it stands in the queue, and stand there a second time"},
	}
}

// graceFromDocs is what operators are told to give a stopping worker.
func graceFromDocs(http time.Duration) time.Duration {
	text, err := os.ReadFile("../docs/deploying.md")
	if err != nil {
		return 0
	}
	found := regexp.MustCompile("`FOXRELOAD_TIMEOUT`\\s*\\+\\s*(\\d+)\\s*s\\b").FindSubmatch(text)
	if found == nil {
		return 0
	}
	seconds, err := strconv.Atoi(string(found[1]))
	if err != nil {
		return 0
	}
	return http + time.Duration(seconds)*time.Second
}

// graceFromCompose is what the compose file gives a stopping worker, whatever
// FOXRELOAD_TIMEOUT a shop sets there.
func graceFromCompose() time.Duration {
	text, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`(?ms)^x-worker:.*?^  stop_grace_period: (\S+)$`).FindSubmatch(text)
	if found == nil {
		return 0
	}
	grace, err := time.ParseDuration(string(found[1]))
	if err != nil {
		return 0
	}
	return grace
}

func TestTimeoutsFitIntoOneAnother(t *testing.T) {
	standard, err := settings.LoadWorker([]string{"FOXRELOAD_API_KEY=key", "FOXFLOW_KEYSET=any"})
	require.NoError(t, err)
	for _, http := range []time.Duration{standard.Timeout, maxTimeout} {
		for _, line := range timeouts(http) {
			t.Run(fmt.Sprintf("FOXRELOAD_TIMEOUT %s/%s, %s", http, line.shorter.name, line.longer.name), func(t *testing.T) {
				assert.Less(t, line.shorter.Duration, line.longer.Duration, "%s must end before %s: %s", line.shorter.name, line.longer.name, line.otherwise)
			})
		}
	}
}

// Longer calls than the table has room for are refused at the start.
func TestTimeoutBeyondTheTableIsRefused(t *testing.T) {
	s, err := settings.LoadWorker([]string{"FOXRELOAD_API_KEY=key", "FOXFLOW_KEYSET=any", "FOXRELOAD_TIMEOUT=" + (maxTimeout + time.Second).String()})
	require.NoError(t, err)
	var wrong settings.Errors
	require.ErrorAs(t, serve(t.Context(), s, client.Options{}, nil), &wrong)
	assert.Equal(t, "FOXRELOAD_TIMEOUT", wrong[0].Variable)
}
