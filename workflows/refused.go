package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/order"
)

// refusals says what becomes of the order when a call is refused. A class that
// isn't listed ends it as failed: the request itself is wrong.
var refusals = map[foxreload.Class]struct {
	state        order.State
	waitsFor     order.Wait
	cancelReason string
}{
	foxreload.ClassBalance:      {state: order.AwaitingTopUp, waitsFor: order.WaitTopUp},
	foxreload.ClassUnauthorised: {state: order.Blocked, waitsFor: order.WaitKey},
	foxreload.ClassMisdirected:  {state: order.Blocked, waitsFor: order.WaitAddress},
	foxreload.ClassExists:       {state: order.Blocked, waitsFor: order.WaitDecision},
	activities.ClassGuard:       {state: order.Blocked, waitsFor: order.WaitDecision},
	activities.ClassPaused:      {state: order.Paused, waitsFor: order.WaitResume},
	activities.ClassLimit:       {state: order.Paused, waitsFor: order.WaitNextDay},
	activities.ClassPriceGuard:  {state: order.Cancelled, cancelReason: order.PriceGuard},
}

// needsPerson are the refusals that no repetition overcomes.
var needsPerson = map[foxreload.Class]bool{
	foxreload.ClassExists: true,
	activities.ClassGuard: true,
}

// blind are the refusals that keep us from seeing anything at all.
var blind = map[foxreload.Class]bool{foxreload.ClassUnauthorised: true, foxreload.ClassMisdirected: true}

// codeGivenUp is the error code of an order that was given up with money out.
const codeGivenUp = "GIVEN_UP"

// paidStates are those that an order enters only once money has left.
var paidStates = map[order.State]bool{order.Paid: true, order.Processing: true, order.Completed: true, order.Failed: true}

// refusalIn finds the refusal that an activity ended with. Details that can't be
// read are no answer but a worker with another keyset: the panic has the workflow
// task tried again, where an error would end the order.
func refusalIn(err error) (*activities.Refusal, bool) {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.NonRetryable() || !app.HasDetails() {
		return nil, false
	}
	var refused activities.Refusal
	if err := app.Details(&refused); err != nil {
		panic(fmt.Errorf("read refusal %s: %w", app.Type(), err))
	}
	return &refused, refused.Class != ""
}

// refused takes in a refusal: the order waits, or ends.
func (o *run) refused(ctx workflow.Context, r *activities.Refusal) error {
	c := change{err: &order.Error{Code: r.Code, Message: r.Message}}
	if r.Seen != nil {
		o.note(*r.Seen)
		c.status = &r.Seen.Status
	}
	// Where FoxReload does not let us look, a doubt of before is still one.
	o.inDoubt = r.InDoubt || (o.inDoubt && blind[r.Class])
	if o.status.State == order.Blocked && !workflow.Now(ctx).Before(o.holdUntil()) {
		c.err = o.givenUp(r)
		return o.transition(ctx, order.Unresolved, c)
	}
	outcome, listed := refusals[r.Class]
	if !listed {
		return o.transition(ctx, order.Failed, c)
	}
	o.held = nil
	switch outcome.state {
	case order.AwaitingTopUp:
		o.hope = false
		o.dead = r.Seen != nil && r.Seen.Upstream == foxreload.StatusCancelled
	case order.Blocked, order.Paused:
		o.held = r
	}
	c.waitsFor, c.cancelReason = outcome.waitsFor, outcome.cancelReason
	return o.transition(ctx, outcome.state, c)
}

// givenUp is the error of a blocked order whose time is up. Where money is or may
// be out, that comes first: nobody must order again believing that it isn't.
func (o *run) givenUp(r *activities.Refusal) *order.Error {
	var money string
	switch {
	case o.paid:
		money = "it is paid"
	case o.inDoubt:
		money = "a payment was sent, and whether it went through was never seen"
	case o.linkOut:
		money = "a payment link is out, and whether it was used was never seen"
	default:
		return &order.Error{Code: r.Code, Message: r.Message}
	}
	return &order.Error{Code: codeGivenUp, Message: fmt.Sprintf(
		"%s; for %s FoxReload did not let us look (%s: %s); ask FoxReload's support about order %s before you order again",
		money, o.in.Intervals.GiveUpAfter, r.Code, r.Message, o.orderID())}
}
