package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"foxflow/foxreload"
	"foxflow/order"
)

// attempt is what every activity that calls the API has around its work: the
// heartbeat, the call's place in the request budget, one error for Temporal, and
// the memory of earlier attempts.
//
// An attempt may have put the order's new state on record and died before Temporal
// heard of it. The next one must not come to another answer, perhaps because
// FoxReload can't be reached now: what is on record has happened.
func (a *Activities) attempt(ctx context.Context, in Step, p foxreload.Priority, work func(context.Context) (Outcome, error)) (Outcome, error) {
	defer heartbeat(ctx)()
	out, done, err := a.earlier(ctx, in)
	if !done && err == nil {
		out, err = work(foxreload.WithPriority(ctx, p))
	}
	return out, a.convert(ctx, in, err)
}

// earlier is the outcome of an earlier attempt at this step that put a new state
// on record.
func (a *Activities) earlier(ctx context.Context, in Step) (out Outcome, done bool, err error) {
	info := activity.GetInfo(ctx)
	if info.Attempt == 1 {
		return Outcome{}, false, nil
	}
	for upstream, state := range recordable {
		s, there, err := a.Ledger.Recorded(ctx, in.reference(), stateKey(info.WorkflowExecution.RunID, in.Seq, state))
		if err != nil {
			return Outcome{}, false, err
		}
		if there && s.State == state {
			return Outcome{Status: s, Recorded: true, Upstream: upstream, SeenAt: s.UpdatedAt}, true, nil
		}
	}
	return Outcome{}, false, nil
}

// recordable are the upstream states that say by themselves which state the
// order enters. What a cancelled order leads to (an end, a replacement, waiting
// for a top-up) is the workflow's decision, so it is not among them.
var recordable = map[foxreload.Status]order.State{
	foxreload.StatusActive:     order.Active,
	foxreload.StatusPaid:       order.Paid,
	foxreload.StatusProcessing: order.Processing,
	foxreload.StatusCompleted:  order.Completed,
	foxreload.StatusFailed:     order.Failed,
}
