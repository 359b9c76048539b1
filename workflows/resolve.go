package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/order"
)

// decision is a resolution on its way: who brought it waits until it is done.
type decision struct {
	Resolution
	id   string
	done bool
	err  error // why it could not be carried out
}

// refuseResolve says why a decision is not asked for or makes no sense; a refused
// update leaves no trace in the history.
func (o *orderWorkflow) refuseResolve(r Resolution) error {
	switch {
	case r.Choice != Adopt && r.Choice != Retry && r.Choice != Abort:
		return fmt.Errorf("resolve order %s: choice %q is none of adopt, retry, abort", o.terms.Request.Reference, r.Choice)
	case (r.Choice == Adopt) != (r.OrderID != ""):
		return fmt.Errorf("resolve order %s: orderId goes with adopt, and only there", o.terms.Request.Reference)
	case o.decision != nil:
		return fmt.Errorf("resolve order %s: another decision is being carried out", o.terms.Request.Reference)
	case o.facts.State.Ended():
		return fmt.Errorf("resolve order %s: it has ended already: %s", o.terms.Request.Reference, o.facts.State)
	case !o.facts.AsksPerson():
		return fmt.Errorf("resolve order %s: it asks for no decision; it is %s%s", o.terms.Request.Reference, o.facts.State, o.waiting())
	case r.Choice == Abort && !o.facts.MayEnd():
		return fmt.Errorf("resolve order %s: it can't be ended as one that is not paid: %s", o.terms.Request.Reference, o.facts.WhyNot())
	}
	return nil
}

// waiting says what the order waits for, if for anything.
func (o *orderWorkflow) waiting() string {
	if words := o.status().WaitingFor; words != nil {
		return " and waits for " + *words
	}
	return ""
}

// resolve hands a decision to the order and waits until it is carried out.
func (o *orderWorkflow) resolve(ctx workflow.Context, r Resolution) (order.Status, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	// Of two updates that come together, both pass the validator.
	if err := o.refuseResolve(r); err != nil {
		return order.Status{}, err
	}
	d := &decision{Resolution: r, id: workflow.GetCurrentUpdateInfo(ctx).ID}
	o.decision, o.facts.Asked.Decide = d, true
	passed := func() bool { return o.facts.Asked.Decide && !o.facts.AsksPerson() } // news came first
	if err := workflow.Await(ctx, func() bool { return d.done || o.facts.State.Ended() || passed() }); err != nil {
		return order.Status{}, err
	}
	if !d.done {
		o.decision, o.facts.Asked.Decide = nil, false
		return order.Status{}, o.refuseResolve(r)
	}
	return o.status(), d.err
}

// decide carries out what a person decided.
func (o *orderWorkflow) decide(ctx workflow.Context) error {
	d := o.decision
	defer func() { d.done, o.decision = true, nil }()
	o.facts.Asked.Decide = false
	if err := o.remember(ctx); err != nil {
		return err
	}
	switch d.Choice {
	case Adopt:
		return o.adopt(ctx, d)
	case Retry:
		return o.retry(ctx, d)
	default:
		return o.abort(ctx, d)
	}
}

// adopt goes on with the order that a person named. Where that can't be, the
// order stays blocked.
func (o *orderWorkflow) adopt(ctx workflow.Context, d *decision) error {
	in := o.decided(ctx, d, "go on with order "+d.OrderID)
	in.OrderID = d.OrderID
	out, err := o.call(apiOptions(ctx, priorityCreate, "adopt order "+d.OrderID), acts.AdoptOrder, in, nil)
	if refused, ok := refusalIn(err); ok {
		d.err = fmt.Errorf("resolve order %s: %s", o.terms.Request.Reference, refused.Message)
		return nil
	}
	if err != nil {
		return err
	}
	return o.enterAs(ctx, o.terms.After(o.facts, *out.Seen), out.Recorded)
}

// retry goes back to where the order was blocked.
func (o *orderWorkflow) retry(ctx workflow.Context, d *decision) error {
	in := o.decided(ctx, d, "try again")
	if in.FreshKey = o.facts.Order.ID == ""; in.FreshKey {
		in.Text = "create it anew under a fresh key; the order that can't be found, should there be one, expires unpaid"
	}
	if err := o.record(ctx, in); err != nil {
		return err
	}
	return o.enter(ctx, o.terms.Retried(o.facts, workflow.Now(ctx)), false)
}

// abort ends the order, unless a last look finds it paid.
func (o *orderWorkflow) abort(ctx workflow.Context, d *decision) error {
	if err := o.record(ctx, o.decided(ctx, d, "end the order")); err != nil {
		return err
	}
	o.cancelling++
	o.facts.Asked.Cancel = true
	for o.toCancel() {
		if err := o.step(ctx); err != nil {
			return err
		}
	}
	o.cancelling--
	o.facts.Asked.Cancel = o.cancelling > 0
	if o.facts.State != order.Cancelled {
		d.err = fmt.Errorf("resolve order %s: a last look found it %s; %s", o.terms.Request.Reference, o.facts.State, o.facts.WhyNot())
	}
	return nil
}

func (o *orderWorkflow) decided(ctx workflow.Context, d *decision, text string) activities.Decision {
	in := activities.Decision{Step: o.input(ctx), ID: d.id, By: d.By, Text: text}
	// A refusal is the answer to whoever decided, not one more reason to wait.
	in.Answer = true
	return in
}

func (o *orderWorkflow) record(ctx workflow.Context, in activities.Decision) error {
	return workflow.ExecuteLocalActivity(ledgerOptions(ctx, "record the decision"), acts.RecordDecision, in).Get(ctx, nil)
}
