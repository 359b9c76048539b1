package main

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// waker signals the orders of this ledger that wait for a top-up.
type waker struct {
	temporal client.Client
	book     *ledger.Ledger
}

// Wake tells each to look again. One that Temporal does not run any more keeps no other
// from it; any other failure is told, and waking twice does no harm.
func (w waker) Wake(ctx context.Context) error {
	var failures []error
	err := w.book.Each(ctx, ledger.Filter{State: order.AwaitingTopUp}, func(s order.Status) error {
		err := w.temporal.SignalWorkflow(ctx, s.WorkflowID, "", workflows.SignalTopUp, nil)
		if missing := new(serviceerror.NotFound); err != nil && !errors.As(err, &missing) {
			failures = append(failures, fmt.Errorf("wake order %s: %w", s.Reference, err))
		}
		return ctx.Err()
	})
	return errors.Join(append(failures, err)...)
}
