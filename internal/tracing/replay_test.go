package tracing

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"foxflow/workflows"
)

func activityNamed(name string) activity.RegisterOptions { return activity.RegisterOptions{Name: name} }

// Tracing asks nothing of Temporal that a workflow without it doesn't: every history
// that was recorded without replays with it, command by command.
// Promise 7: a deploy breaks no running order.
func TestRecordedHistoriesReplayWithTracing(t *testing.T) {
	tr, out := recorded(t)
	options, err := tr.Temporal(client.Options{})
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join("..", "..", "workflows", "testdata", "histories", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true,
			Interceptors: []interceptor.WorkerInterceptor{options.Interceptors[0].(interceptor.WorkerInterceptor)}})
		require.NoError(t, err)
		r.RegisterWorkflowWithOptions(workflows.OrderWorkflow, workflow.RegisterOptions{Name: workflows.OrderWorkflowName})
		r.RegisterWorkflowWithOptions(workflows.TopUpWorkflow, workflow.RegisterOptions{Name: workflows.TopUpWorkflowName})
		assert.NoError(t, r.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file), file)
	}
	for _, span := range out.GetSpans() {
		assert.Contains(t, []string{"RunWorkflow:OrderWorkflow", "RunWorkflow:TopUpWorkflow"}, span.Name, "what was done before is not told again")
	}
}
