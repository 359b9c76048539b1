package workflows

import (
	"math"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
)

// Time-outs of activities, longest last. HTTPTimeoutMax < StartToClose holds
// because an activity makes several calls, one after the other; a dead worker is
// noticed by the missing heartbeat long before.
const (
	// HeartbeatTimeout is after how long without a heartbeat the server gives a
	// call in flight to another worker.
	HeartbeatTimeout = 10 * time.Second
	// HTTPTimeoutMax is the longest FOXRELOAD_TIMEOUT that the time-outs below
	// leave room for.
	HTTPTimeoutMax = 60 * time.Second
	// StartToClose bounds one attempt: time in the budget's queue and up to four
	// calls.
	StartToClose = 5 * time.Minute
	// LedgerStartToClose bounds one append to the ledger; its wait for its turn to
	// write ends before that.
	LedgerStartToClose = 20 * time.Second
)

// forGood is a time that nobody reaches.
const forGood = 10 * 365 * 24 * time.Hour

// endless is a number of attempts nobody reaches. The server takes 0 for it too,
// but the SDK's test environment takes 0 for ten.
const endless = math.MaxInt32

// Priorities on the API's task queue: money that is promised goes before new
// orders, and both before looking.
const (
	priorityPay    = 1
	priorityCreate = 2
	priorityPoll   = 3
)

// apiQueueSuffix names the task queue of the activities that call the API,
// beside the one of the workflows.
const apiQueueSuffix = "-foxreload"

// APITaskQueue is where the activities that call FoxReload run, so that their
// rate can be limited without holding up workflows.
func APITaskQueue(taskQueue string) string { return taskQueue + apiQueueSuffix }

// apiOptions are for activities that call FoxReload. They are retried without
// end: what can't be mended by retrying comes back as a refusal, and a paid order
// is never let go of. An activity says itself when it wants to be run again
// (polling, Retry-After); the policy here is for outages.
func apiOptions(ctx workflow.Context, priority int, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           APITaskQueue(workflow.GetInfo(ctx).TaskQueueName),
		StartToCloseTimeout: StartToClose,
		HeartbeatTimeout:    HeartbeatTimeout,
		// Cancelling waits for the call in flight: a POST is never left running.
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Minute,
			MaximumAttempts:    endless,
		},
		Priority: temporal.Priority{PriorityKey: priority},
		Summary:  summarised(summary),
	})
}

// watchOptions are for PollStatus where it waits for news: it hands the order to the watcher,
// which completes it. No heartbeat comes meanwhile; the watcher finds what was left behind by
// a worker that died before that. A look does no harm, so nobody waits for the end of one
// that was broken off.
func watchOptions(ctx workflow.Context, summary string) workflow.Context {
	ctx = apiOptions(ctx, priorityPoll, summary)
	options := workflow.GetActivityOptions(ctx)
	options.StartToCloseTimeout, options.HeartbeatTimeout, options.WaitForCancellation = activities.WatchLasts, 0, false
	return workflow.WithActivityOptions(ctx, options)
}

// ledgerOptions are for the ledger's idempotent appends: local activities cost
// one event instead of six, and running one twice after a crash does no harm.
func ledgerOptions(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: LedgerStartToClose,
		// Left out, it would be the time-out of one attempt: an outage of the ledger
		// that lasts longer would end the order.
		ScheduleToCloseTimeout: forGood,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Minute,
			MaximumAttempts:    endless,
		},
		Summary: summarised(summary),
	})
}
