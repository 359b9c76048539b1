package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/internal/story"
	"foxflow/life"
	"foxflow/order"
)

// enterAs is enter for what an activity has seen, which may have put that on record.
func (o *orderWorkflow) enterAs(ctx workflow.Context, next life.Facts, recorded order.State) error {
	if recorded == next.State && recorded != o.facts.State {
		o.facts.Asked = next.Asked
		return o.transition(ctx, next)
	}
	return o.enter(ctx, next, false)
}

// enter takes in what is known of the order now. A new state, or another thing that it
// waits for, is put on record before anything follows from it; unpaid says that it is an
// end which means that nothing was paid. What the ledger knows beyond that, of a call that
// was broken off after it had put a state on record, comes first.
func (o *orderWorkflow) enter(ctx workflow.Context, next life.Facts, unpaid bool) error {
	o.facts.Asked = next.Asked // what is asked from here on comes on top
	if !o.facts.Tells(next) {
		o.seq = nextStep(ctx, o.seq)
		s := o.terms.Status(next)
		in := activities.RecordInput{Request: o.terms.Request, Status: s, Seq: o.seq, Chain: o.chain, Reason: next.Reason(s), Unpaid: unpaid}
		var out activities.Outcome
		if err := workflow.ExecuteLocalActivity(ledgerOptions(ctx, "record "+string(next.State)), acts.RecordState, in).Get(ctx, &out); err != nil {
			return err
		}
		switch {
		case out.Seen != nil:
			next = o.terms.After(o.facts, *out.Seen)
		case out.Doubt != nil:
			return o.enter(ctx, life.Doubt(o.facts, *out.Doubt, workflow.Now(ctx)), false)
		}
	}
	return o.transition(ctx, next)
}

// transition is the one place where what is known of the order changes state. It checks
// that the step is legal, once it is on record, and tells those who watch: the status
// query, the search attributes (when the order waits for somebody, and at its end) and the
// Web UI's text.
//
// An illegal step is a mistake in package life; the panic fails the workflow task, not the
// workflow, so that a mended worker can go on.
func (o *orderWorkflow) transition(ctx workflow.Context, next life.Facts) error {
	from := o.facts.State
	if next.State != from && !from.CanBecome(next.State) {
		panic(fmt.Sprintf("order %s: no step leads from %q to %q", o.terms.Request.Reference, from, next.State))
	}
	next.Asked = o.facts.Asked
	o.facts = next
	if next.State != from {
		o.timeline.Add(story.Event{At: workflow.Now(ctx).UTC(), Kind: story.KindState, State: next.State})
		o.log(ctx)
	}
	o.show(ctx)
	if next.State != from && (next.State.Waits() || next.State.Ended()) {
		return o.index(ctx)
	}
	return nil
}

// log tells of the new state, louder where a person is needed.
func (o *orderWorkflow) log(ctx workflow.Context) {
	logger := workflow.GetLogger(ctx)
	say := logger.Info
	switch o.facts.State {
	case order.Stalled, order.Blocked:
		say = logger.Warn
	case order.Unresolved:
		say = logger.Error
	}
	say("state", "reference", o.terms.Request.Reference, "order_id", o.facts.Order.ID, "state", string(o.facts.State), "waits_for", string(o.facts.Why.Wait))
}

// index makes the order findable by how it stands. Upserting costs an event, so
// states that pass by themselves are left out.
func (o *orderWorkflow) index(ctx workflow.Context) error {
	updates := []temporal.SearchAttributeUpdate{AttributeState.ValueSet(string(o.facts.State))}
	if o.facts.Order.ID != "" {
		updates = append(updates, AttributeOrderID.ValueSet(o.facts.Order.ID))
	}
	if o.facts.Why.CancelReason != "" {
		updates = append(updates, AttributeCancelReason.ValueSet(o.facts.Why.CancelReason))
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}
