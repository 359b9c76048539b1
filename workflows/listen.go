package workflows

import (
	"go.temporal.io/sdk/workflow"

	"foxflow/life"
	"foxflow/order"
)

// listen registers everything that can be said to the order or asked of it,
// before the first blocking call.
func (o *orderWorkflow) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, QueryStatus, func() (order.Status, error) { return o.status(), nil },
		workflow.QueryHandlerOptions{Description: "How the order stands: the JSON of starter status."}); err != nil {
		return err
	}
	o.hints = workflow.GetSignalChannelWithOptions(ctx, SignalTopUp,
		workflow.SignalChannelOptions{Description: "The balance may have been raised: look again."})
	workflow.GoNamed(ctx, "hints", func(ctx workflow.Context) {
		for {
			o.hints.Receive(ctx, nil)
			o.facts.Asked.Hint = life.FreshHint
		}
	})
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateResolve, o.resolve, workflow.UpdateHandlerOptions{
		Description: "A person's decision for a blocked order that asks for one.",
		Validator:   o.refuseResolve,
	}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateCancel, o.cancel, workflow.UpdateHandlerOptions{
		Description: "Stop an order that is not paid.",
		Validator:   o.refuseCancel,
	})
}
