package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/order"
	"foxflow/story"
)

// change is what comes with a step from one state to the next.
type change struct {
	status       *order.Status // the order as an activity saw it; nil: as it was
	recorded     bool          // that activity has put the state on record
	reason       string        // for the audit log; derived where empty
	waitsFor     order.Wait
	cancelReason string
	err          *order.Error
	lookedAt     time.Time // for an end that says that nothing was paid: before the last look
	seen         bool      // that look saw the order
}

// transition is the one place where the order's state changes. It checks that
// the step is legal, sees that the state is on the audit log before anything
// follows, and tells those who watch: the status query, the search attributes
// (when the order waits for somebody, and at its end) and the Web UI's text.
//
// A step to the state that the order is in already is none: it renews the words
// alone, on record too where the order waits for something else now. An illegal
// step is a mistake in this package; the panic fails the workflow task, not the
// workflow, so that a mended worker can go on.
func (o *run) transition(ctx workflow.Context, next order.State, c change) error {
	from, now := o.status.State, workflow.Now(ctx).UTC()
	s := o.status
	if c.status != nil {
		s = *c.status
	}
	s.State = next
	if !c.recorded {
		s.UpdatedAt = now
		s.WaitingForCode, s.CancelReason, s.Error = nil, ptr(c.cancelReason), c.err
		if c.waitsFor != "" {
			s.WaitingForCode = &c.waitsFor
		}
		s.WaitingFor = ptr(story.WaitingFor(s))
	}
	if next == from && deref(s.WaitingFor) == deref(o.status.WaitingFor) {
		o.status = s
		o.show(ctx)
		return nil
	}
	if next != from && !from.CanBecome(next) {
		panic(fmt.Sprintf("order %s: no step leads from %q to %q", s.Reference, from, next))
	}
	if !c.recorded {
		in := activities.RecordInput{Status: s, Seq: o.seq + 1, Reason: c.why(s), LookedAt: c.lookedAt, Seen: c.seen}
		if err := workflow.ExecuteLocalActivity(ledgerOptions(ctx, "record "+string(next)), acts.RecordState, in).Get(ctx, nil); err != nil {
			return err
		}
	}
	o.seq++
	o.status = s
	if next == from {
		o.show(ctx)
		return nil
	}
	o.since = now
	if paidStates[next] && o.paidSince.IsZero() {
		o.paidSince = now
	}
	o.timeline.Add(story.Event{At: now, Kind: story.KindState, State: next})
	o.log(ctx)
	o.show(ctx)
	if next.Waits() || next.Ended() {
		return o.index(ctx)
	}
	return nil
}

// log tells of the new state, louder where a person is needed.
func (o *run) log(ctx workflow.Context) {
	logger := workflow.GetLogger(ctx)
	say := logger.Info
	switch o.status.State {
	case order.Stalled, order.Blocked:
		say = logger.Warn
	case order.Unresolved:
		say = logger.Error
	}
	say("state", "reference", o.status.Reference, "order_id", o.orderID(), "state", string(o.status.State), "waits_for", deref(o.status.WaitingFor))
}

// why is the reason that goes on the audit log.
func (c change) why(s order.Status) string {
	switch {
	case c.reason != "":
		return c.reason
	case c.err != nil:
		return c.err.Code + ": " + c.err.Message
	case c.cancelReason != "":
		return c.cancelReason
	default:
		return deref(s.WaitingFor)
	}
}

// index makes the order findable by how it stands. Upserting costs an event, so
// states that pass by themselves are left out.
func (o *run) index(ctx workflow.Context) error {
	updates := []temporal.SearchAttributeUpdate{AttributeState.ValueSet(string(o.status.State))}
	if o.status.OrderID != nil {
		updates = append(updates, AttributeOrderID.ValueSet(*o.status.OrderID))
	}
	if o.status.CancelReason != nil {
		updates = append(updates, AttributeCancelReason.ValueSet(*o.status.CancelReason))
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

func ptr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
