package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"foxflow/order"
)

// refuseCancel says why the order can't be cancelled now; a refused update
// leaves no trace in the history.
func (o *orderWorkflow) refuseCancel() error {
	if why := o.facts.WhyNot(); why != "" {
		return fmt.Errorf("order %s can't be cancelled: %s", o.terms.Request.Reference, why)
	}
	return nil
}

// cancel asks for the end and waits until it is there. A payment in flight is
// waited for: if it got through, the order can't be cancelled any more.
func (o *orderWorkflow) cancel(ctx workflow.Context) (order.Status, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	o.cancelling++
	o.facts.Asked.Cancel = true
	defer func() {
		o.cancelling--
		o.facts.Asked.Cancel = o.cancelling > 0
	}()
	if err := workflow.Await(ctx, func() bool { return !o.facts.MayEnd() }); err != nil {
		return order.Status{}, err
	}
	if o.facts.State == order.Cancelled {
		return o.status(), nil
	}
	return order.Status{}, o.refuseCancel()
}

// toCancel says whether somebody wants the order cancelled, and it may be.
func (o *orderWorkflow) toCancel() bool {
	return (o.facts.Asked.Cancel || o.facts.Asked.Stop) && o.facts.MayEnd()
}
