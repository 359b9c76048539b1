package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"foxflow/order"
	"foxflow/workflows"
)

// The histories under testdata come from a real server and from workflow code
// that was deployed: each is a promise to an order that may still be running.
// When a change breaks one, mend the change (workflow.GetVersion), never the
// file. "make histories" records new ones beside them; it never overwrites.
const histories = "testdata/histories"

// paths is what must be recorded, at least once each: every way through the
// states, and orders that were still open.
var paths = []string{
	"completed", "failed", "refused", "cancelled", "price-guard", "topup-active", "topup-replaced",
	"paused", "blocked", "resolved", "stalled", "unresolved", "open-awaiting-topup", "open-processing", "open-stalled", "open-paused", "open-asking",
	"request-arrived", "request-expired", "request-lost", "request-failed", "open-request",
}

// Promise 7: a deploy breaks no running order.
func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(histories, "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			assert.NoError(t, replay(file, workflows.OrderWorkflow, workflows.TopUpWorkflow))
		})
	}
}

// Promise 7: a deploy breaks no running order.
func TestEveryPathIsRecorded(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(histories)
	require.NoError(t, err)
	for _, path := range paths {
		assert.True(t, slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), path+".") }),
			"no history of %s is recorded", path)
	}
}

// A guard that never fails guards nothing: a change that breaks running orders
// must be caught by these very histories.
// Promise 7: a deploy breaks no running order.
func TestReplayCatchesABreakingChange(t *testing.T) {
	t.Parallel()
	broken := func(ctx workflow.Context, in workflows.OrderInput) (order.Status, error) {
		if err := workflow.Sleep(ctx, 1); err != nil {
			return order.Status{}, err
		}
		return workflows.OrderWorkflow(ctx, in)
	}
	brokenTopUp := func(ctx workflow.Context, in workflows.TopUpInput) (order.TopUp, error) {
		if err := workflow.Sleep(ctx, 1); err != nil {
			return order.TopUp{}, err
		}
		return workflows.TopUpWorkflow(ctx, in)
	}
	files, err := filepath.Glob(filepath.Join(histories, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		assert.Error(t, replay(file, broken, brokenTopUp), file)
	}
}

// The same change behind a version is harmless to orders that run already.
// Promise 7: a deploy breaks no running order.
func TestReplayAcceptsAVersionedChange(t *testing.T) {
	t.Parallel()
	versioned := func(ctx workflow.Context, in workflows.OrderInput) (order.Status, error) {
		if workflow.GetVersion(ctx, "sleep-first", workflow.DefaultVersion, 1) == 1 {
			if err := workflow.Sleep(ctx, 1); err != nil {
				return order.Status{}, err
			}
		}
		return workflows.OrderWorkflow(ctx, in)
	}
	files, err := filepath.Glob(filepath.Join(histories, "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		assert.NoError(t, replay(file, versioned, workflows.TopUpWorkflow), file)
	}
}

func replay(file string, orderFunc, topUpFunc any) error {
	// On a busy machine a goroutine may well stand still for a second.
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true})
	if err != nil {
		return err
	}
	r.RegisterWorkflowWithOptions(orderFunc, workflow.RegisterOptions{Name: workflows.OrderWorkflowName})
	r.RegisterWorkflowWithOptions(topUpFunc, workflow.RegisterOptions{Name: workflows.TopUpWorkflowName})
	return r.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file)
}
