package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"foxflow/order"
)

// refuseCancel says why the order can't be cancelled now; a refused update
// leaves no trace in the history.
func (o *run) refuseCancel() error {
	if why := o.whyNot(); why != "" {
		return fmt.Errorf("order %s can't be cancelled: %s", o.in.Request.Reference, why)
	}
	return nil
}

// whyNot is why the order can't be cancelled, or "" when it can.
func (o *run) whyNot() string {
	switch {
	case o.status.State.Ended():
		return fmt.Sprintf("it has ended already: %s", o.status.State)
	case o.paid:
		return fmt.Sprintf("it is paid (%s), and FoxReload has no way to take a payment back", o.status.State)
	case o.linkOut:
		return "its payment link is out and can still be paid; unpaid, it ends by itself when the payment window does"
	case o.inDoubt:
		return "a payment was sent and its outcome is not known yet"
	default:
		return ""
	}
}

// cancel asks for the end and waits until it is there. A payment in flight is
// waited for: if it got through, the order can't be cancelled any more.
func (o *run) cancel(ctx workflow.Context) (order.Status, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	o.cancelling++
	defer func() { o.cancelling-- }()
	if err := workflow.Await(ctx, func() bool { return o.whyNot() != "" }); err != nil {
		return order.Status{}, err
	}
	if o.status.State == order.Cancelled {
		return o.status, nil
	}
	return order.Status{}, o.refuseCancel()
}

// mayCancel says whether it is certain that no money has left and none will.
func (o *run) mayCancel() bool { return o.whyNot() == "" }

// toCancel says whether somebody wants the order cancelled, and it may be.
func (o *run) toCancel() bool { return (o.cancelling > 0 || o.mustCancel) && o.mayCancel() }

// mustSee says that the order is to be cancelled and a payment is in doubt: it is not
// paid any more, and looked at until that is clear.
func (o *run) mustSee() bool { return o.mustCancel && o.inDoubt }

// endAsRequested stops the order, unless a last look finds it paid.
func (o *run) endAsRequested(ctx workflow.Context) error {
	return o.endUnpaid(ctx, func() change { return change{cancelReason: order.UserRequest} })
}
