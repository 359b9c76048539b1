package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.uber.org/zap"

	"foxflow/order"
)

const (
	// unregistered is how long an attempt may be without a registration before it is made
	// again: its worker has died between the two.
	unregistered = 15 * time.Second
	// unlikely is that time for orders that wait for something else, as far as the ledger
	// knows: it may be one that was put back from a backup.
	unlikely = time.Minute
	// seekEvery is how often such attempts are looked for, and seekAtOnce how many orders
	// Temporal is asked about then.
	seekEvery  = 5 * time.Second
	seekAtOnce = 20
	// unwatchedAtMost bounds the orders that are read.
	unwatchedAtMost = 500
	// askedSeldom is the longest time between two questions about one order: many wait for
	// something else, for long.
	askedSeldom = 10 * time.Minute
)

// lost is what is known of orders that nobody registered.
type lost struct {
	next  time.Time
	asked map[string]inquiry // by reference
}

// inquiry is how often Temporal was asked about an order, and when it is to be asked next.
type inquiry struct {
	times int
	next  time.Time
}

// seek finds attempts that wait for news and are not registered. Which orders are to be
// watched, their states say, so nobody has to put it on record: a worker that dies at any
// point leaves one behind that is not registered.
func (w *Watcher) seek(ctx context.Context, now time.Time) error {
	if now.Before(w.lost.next) {
		return nil
	}
	w.lost.next = now.Add(seekEvery)
	references, err := w.unwatched(ctx, now, unwatchedAtMost)
	if err != nil {
		return err
	}
	asked, questions := map[string]inquiry{}, 0
	for _, reference := range references {
		q := w.lost.asked[reference]
		if !now.Before(q.next) && questions < seekAtOnce {
			questions++
			q.times++
			q.next = now.Add(min(unregistered<<min(q.times, 8), askedSeldom))
			if err := w.ask(ctx, reference, now); err != nil {
				w.Log.Warn("ask Temporal about an order that nobody looks at", zap.String("reference", reference), zap.Error(err))
			}
		}
		asked[reference] = q
	}
	w.lost.asked = asked
	return nil
}

// unwatched are orders that may be waited for and are not registered.
func (w *Watcher) unwatched(ctx context.Context, now time.Time, most int) ([]string, error) {
	return w.Ledger.Watches.Unwatched(ctx, now.Add(-unregistered), now.Add(-unlikely), most)
}

// ask has the attempt made again that should have registered the order.
func (w *Watcher) ask(ctx context.Context, reference string, now time.Time) error {
	ctx, stop := context.WithTimeout(ctx, tellTakes)
	defer stop()
	found, err := w.Temporal.DescribeWorkflowExecution(ctx, order.WorkflowID(reference), "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, pending := range found.GetPendingActivities() {
		if !waitsUnregistered(pending, now) {
			continue
		}
		if _, there, err := w.Ledger.Watches.Find(ctx, reference); err != nil || there {
			return err
		}
		run := found.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		err := w.Temporal.CompleteActivityByID(ctx, w.Namespace, order.WorkflowID(reference), run, pending.GetActivityId(), nil,
			again("the worker of this attempt did not register the order to be watched: it has died, perhaps"))
		if err != nil && !errors.As(err, &gone) {
			return fmt.Errorf("have it looked at again: %w", err)
		}
		w.Log.Info("an order that nobody looked at is looked at again", zap.String("reference", reference))
	}
	return nil
}

// waitsUnregistered says that an activity is a look that waits for news, and began long
// enough ago to be registered. One with a heartbeat looks by itself.
func waitsUnregistered(p *workflowpb.PendingActivityInfo, now time.Time) bool {
	return p.GetActivityType().GetName() == "PollStatus" && p.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED &&
		p.GetActivityOptions().GetHeartbeatTimeout().AsDuration() == 0 &&
		now.Sub(p.GetLastStartedTime().AsTime()) >= unregistered
}
