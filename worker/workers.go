package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/internal/settings"
	"foxflow/workflows"
)

const (
	// maxTimeout is the longest FOXRELOAD_TIMEOUT.
	maxTimeout = workflows.HTTPTimeoutMax
	// stopMargin is how much longer than one HTTP call a stopping worker waits:
	// the answer must still be written down and reported.
	stopMargin = 15 * time.Second
	// payMargin is for what a pay does beside calling, once it is on record.
	payMargin = 5 * time.Second
	// callsAtOnce bounds the calls in flight; the request budget, not this, is
	// what limits their rate.
	callsAtOnce = 64
	// remembered is how many orders are held in memory, 50 kB or so each, between two of their
	// workflow tasks. One more is read anew from its history, which is short, when something
	// happens to it: the SDK's own 10,000 would take a gigabyte.
	remembered = 500
)

// pair is the two workers of one process: workflows and their ledger appends on
// one task queue, calls of the API on the other.
type pair struct {
	orders, calls worker.Worker
}

func newWorkers(c client.Client, s settings.Worker, acts *activities.Activities, around ...interceptor.WorkerInterceptor) pair {
	worker.SetStickyWorkflowCacheSize(remembered)
	stop := stopTakes(s.Timeout)
	p := pair{
		orders: worker.New(c, s.TaskQueue, worker.Options{
			LocalActivityWorkerOnly:    true,
			WorkflowTaskPollerBehavior: pollers(),
			WorkerStopTimeout:          stop,
			Interceptors:               around,
		}),
		calls: worker.New(c, workflows.APITaskQueue(s.TaskQueue), worker.Options{
			DisableWorkflowWorker:              true,
			Interceptors:                       around,
			WorkerStopTimeout:                  stop,
			MaxConcurrentActivityExecutionSize: callsAtOnce,
			ActivityTaskPollerBehavior:         pollers(),
			// Left alone, the SDK passes a heartbeat on only every 8 s of the 10 s
			// after which the server takes us for dead.
			MaxHeartbeatThrottleInterval: activities.HeartbeatEvery,
			// The outer fence over all workers: the budget in the ledger counts
			// requests exactly, this only keeps a flood of tasks off it.
			TaskQueueActivitiesPerSecond: dispatchRate(s.PerMinute),
		}),
	}
	p.orders.RegisterWorkflowWithOptions(workflows.OrderWorkflow, workflow.RegisterOptions{Name: workflows.OrderWorkflowName})
	p.orders.RegisterWorkflowWithOptions(workflows.TopUpWorkflow, workflow.RegisterOptions{Name: workflows.TopUpWorkflowName})
	p.orders.RegisterActivity(acts)
	p.calls.RegisterActivity(acts)
	return p
}

// pollers is how many polls of each kind wait for tasks. A task that finds none waiting goes through
// Temporal's database, so a crowd needs more than the two that the SDK has. But tasks go to those that
// have waited longest: with many of them, a worker that is frozen, or has another ledger, gets a task
// again and again before another one does. So there are two while little is to be done.
func pollers() worker.PollerBehavior {
	return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: 2, MinimumNumberOfPollers: 2, MaximumNumberOfPollers: 8})
}

// stopTakes is the longest that a stopping worker waits for its calls in flight:
// it begins no new ones (closing).
func stopTakes(timeout time.Duration) time.Duration { return timeout + stopMargin }

// payTakes is the longest that a pay may take from when it goes on record, which is
// after its wait in the budget's queue.
func payTakes(timeout time.Duration) time.Duration { return timeout + payMargin }

// dispatchRate is activities/second: well above the request budget, since one
// dispatch makes no request (a poll that only waits) or several.
func dispatchRate(perMinute int) float64 { return 4*float64(perMinute)/60 + 5 }

// run starts both workers and stops them, together, when ctx ends: each finishes
// the calls it has in flight.
func (p pair) run(ctx context.Context, h *health, logger *zap.Logger) error {
	for _, w := range []worker.Worker{p.orders, p.calls} {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start worker: %w", err)
		}
	}
	h.polling.Store(true)
	logger.Info("worker started")
	<-ctx.Done()
	h.polling.Store(false)
	logger.Info("stopping: calls in flight are finished first")
	var wait sync.WaitGroup
	for _, w := range []worker.Worker{p.calls, p.orders} {
		wait.Go(w.Stop)
	}
	wait.Wait()
	return nil
}
