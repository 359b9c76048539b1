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
func (o *run) refuseResolve(r Resolution) error {
	switch {
	case r.Choice != Adopt && r.Choice != Retry && r.Choice != Abort:
		return fmt.Errorf("resolve order %s: choice %q is none of adopt, retry, abort", o.in.Request.Reference, r.Choice)
	case (r.Choice == Adopt) != (r.OrderID != ""):
		return fmt.Errorf("resolve order %s: orderId goes with adopt, and only there", o.in.Request.Reference)
	case o.decision != nil:
		return fmt.Errorf("resolve order %s: another decision is being carried out", o.in.Request.Reference)
	case o.status.State.Ended():
		return fmt.Errorf("resolve order %s: it has ended already: %s", o.in.Request.Reference, o.status.State)
	case o.asks():
		return nil
	case o.status.WaitingFor != nil:
		return fmt.Errorf("resolve order %s: it asks for no decision; it is %s and waits for %s", o.in.Request.Reference, o.status.State, *o.status.WaitingFor)
	default:
		return fmt.Errorf("resolve order %s: it asks for no decision; it is %s", o.in.Request.Reference, o.status.State)
	}
}

// asks says whether the order waits for a person's decision.
func (o *run) asks() bool { return o.held != nil && needsPerson[o.held.Class] }

// resolve hands a decision to the order and waits until it is carried out.
func (o *run) resolve(ctx workflow.Context, r Resolution) (order.Status, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	// Of two updates that come together, both pass the validator.
	if err := o.refuseResolve(r); err != nil {
		return order.Status{}, err
	}
	d := &decision{Resolution: r, id: workflow.GetCurrentUpdateInfo(ctx).ID}
	o.decision = d
	if err := workflow.Await(ctx, func() bool { return d.done || o.status.State.Ended() }); err != nil {
		return order.Status{}, err
	}
	if !d.done {
		return order.Status{}, o.refuseResolve(r)
	}
	return o.status, d.err
}

// decide carries out what a person decided.
func (o *run) decide(ctx workflow.Context) error {
	d := o.decision
	defer func() { d.done, o.decision = true, nil }()
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
func (o *run) adopt(ctx workflow.Context, d *decision) error {
	in := o.decided(d, "go on with order "+d.OrderID)
	in.OrderID = d.OrderID
	out, err := o.call(apiOptions(ctx, priorityCreate, "adopt order "+d.OrderID), acts.AdoptOrder, in, nil)
	if refused, ok := refusalIn(err); ok {
		d.err = fmt.Errorf("resolve order %s: %s", o.in.Request.Reference, refused.Message)
		return nil
	}
	if err != nil {
		return err
	}
	o.dead, o.linkOut, o.upstream = false, false, ""
	return o.saw(ctx, out)
}

// retry goes back to where the order was blocked.
func (o *run) retry(ctx workflow.Context, d *decision) error {
	in := o.decided(d, "try again")
	if o.status.OrderID == nil {
		in.FreshKey = true
		in.Text = "create it anew under a fresh key; the order that can't be found, should there be one, expires unpaid"
	}
	if err := o.record(ctx, in); err != nil {
		return err
	}
	o.held = nil
	switch {
	case o.dead:
		return nil // the next step replaces it
	case o.status.OrderID == nil:
		return o.transition(ctx, order.Creating, change{reason: "a person decided to create it anew"})
	default:
		return o.transition(ctx, o.released(), change{reason: "a person decided to try again"})
	}
}

// abort ends the order, unless a last look finds it paid.
func (o *run) abort(ctx workflow.Context, d *decision) error {
	if err := o.record(ctx, o.decided(d, "end the order")); err != nil {
		return err
	}
	if err := o.endAsRequested(ctx); err != nil {
		return err
	}
	if o.status.State != order.Cancelled {
		d.err = fmt.Errorf("resolve order %s: a last look found it %s", o.in.Request.Reference, o.status.State)
	}
	return nil
}

func (o *run) decided(d *decision, text string) activities.Decision {
	in := activities.Decision{Step: o.input(), ID: d.id, By: d.By, Text: text}
	// A refusal is the answer to whoever decided, not one more reason to wait.
	in.Held = ""
	return in
}

func (o *run) record(ctx workflow.Context, in activities.Decision) error {
	return workflow.ExecuteLocalActivity(ledgerOptions(ctx, "record the decision"), acts.RecordDecision, in).Get(ctx, nil)
}
