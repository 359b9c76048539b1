package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/testsuite"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/internal/watch"
	"foxflow/order"
)

// watched has a watcher look for the order, as in production: elsewhere in these stories
// PollStatus looks by itself.
func (w *world) watched() {
	w.Helper()
	watcher := watch.New(watch.Parts{Orders: activities.LookerFor(w.acts), API: w.fox, Ledger: w.book, Temporal: engine{w.env}, Namespace: "default",
		Now: w.env.Now, Holder: "one", PerMinute: 100, Log: zap.NewNop()})
	w.acts.Watch = watcher.Registered
	var tend func()
	tend = func() {
		require.NoError(w, watcher.Tend(w.Context()))
		if !w.env.IsWorkflowCompleted() {
			w.at(time.Second, tend)
		}
	}
	w.at(time.Second, tend)
}

// engine is the test environment as Temporal's client.
type engine struct {
	env *testsuite.TestWorkflowEnvironment
}

func (e engine) CompleteActivity(_ context.Context, token []byte, result any, err error) error {
	return e.env.CompleteActivity(token, result, err)
}

func (engine) CompleteActivityByID(context.Context, string, string, string, string, any, error) error {
	return nil
}

func (engine) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return &workflowservice.DescribeWorkflowExecutionResponse{}, nil
}

// That the order is processed now goes on record, and does not wake the workflow; what comes
// after it does, and is a legal step from what the workflow has decided on.
func TestAWatcherWakesAnOrderForNews(t *testing.T) {
	w := newWorld(t)
	w.watched()
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {3 * time.Second, foxreload.StatusProcessing}, {40 * time.Second, foxreload.StatusCompleted}}
	w.at(30*time.Second, func() {
		assert.Equal(t, order.Processing, w.onRecord().State)
		assert.Equal(t, order.Paid, w.now().State)
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, 1, s.Items[0].Codes)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Paid, order.Processing, order.Completed}, w.states())
}

// The time of a watch ends it: a late order is stalled, watched on, and ends when it does.
func TestAWatchedOrderStallsAndEnds(t *testing.T) {
	w := newWorld(t)
	w.watched()
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {3 * time.Second, foxreload.StatusProcessing}, {9 * time.Minute, foxreload.StatusFailed}}
	w.at(302*time.Second, func() { assert.Equal(t, order.Stalled, w.now().State) })
	s := w.run()
	assert.Equal(t, order.Failed, s.State)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Paid, order.Processing, order.Stalled, order.Failed}, w.states())
}

// A key that is refused holds the order, which is watched on and goes on by itself.
func TestAWatchedOrderIsHeldByItsKey(t *testing.T) {
	w := newWorld(t)
	w.watched()
	refused := func(int) error { return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED") }
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {40 * time.Second, foxreload.StatusCompleted}}
	w.at(2*time.Second, func() { w.fox.do(func() { w.fox.onGet = refused }) })
	w.at(5*time.Minute, func() {
		assert.Equal(t, order.Blocked, w.now().State)
		w.fox.do(func() { w.fox.onGet = nil })
	})
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Paid, order.Blocked, order.Completed}, w.states())
}
