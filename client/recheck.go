package client

import (
	"context"

	"foxflow/order"
)

// Rechecker looks once more at an order that has ended, and puts on record what came since:
// activities.Activities does.
type Rechecker interface {
	Recheck(ctx context.Context, reference string) (order.Status, error)
}

// Recheck has an order looked at once more that has ended: how it stood before, and how it
// stands now. Nothing is created and nothing is paid. One that is still on its way gives a
// *NotEnded. It needs neither a worker nor Temporal.
func (c *Client) Recheck(ctx context.Context, reference string, with Rechecker) (before, after order.Status, err error) {
	before, err = c.Status(ctx, reference)
	switch {
	case err != nil:
		return before, before, err
	case !before.State.Ended():
		return before, before, &NotEnded{Reference: reference, State: before.State}
	}
	after, err = with.Recheck(ctx, reference)
	return before, after, err
}
