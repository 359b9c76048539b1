package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"foxflow/order"
	"foxflow/workflows"
)

// cancelTimeout is longer than a payment in flight can take: cancelling waits
// for it.
const cancelTimeout = 2 * time.Minute

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel REFERENCE",
		Short: "Stop an order that is not paid",
		Long:  "Stop an order that is not paid. A payment in flight is waited for; once the order\nis paid, cancelling is refused with the reason. A worker must be running.",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error { return d.cancel(cmd.Context(), args[0]) })
		},
	}
}

func (d *desk) cancel(ctx context.Context, reference string) error {
	s, err := d.book.Status(ctx, reference)
	if err != nil {
		return d.notHere(reference, err)
	}
	if s.State.Ended() {
		return d.endedBefore(s)
	}
	t, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	waiting, stop := context.WithTimeout(ctx, cancelTimeout)
	defer stop()
	moving := d.Moving()
	moving.Show("cancelling " + reference)
	s, err = t.cancel(waiting, s.WorkflowID)
	moving.Clear()
	if err != nil {
		return d.notCancelled(ctx, t, reference, err)
	}
	return d.showCancelled(s)
}

// cancel asks the workflow to end and waits for its answer.
func (t *temporal) cancel(ctx context.Context, workflowID string) (s order.Status, err error) {
	update, err := t.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: workflowID, UpdateName: workflows.UpdateCancel,
		WaitForStage: client.WorkflowUpdateStageCompleted})
	if err == nil {
		err = update.Get(ctx, &s)
	}
	return s, err
}

func (d *desk) notCancelled(ctx context.Context, t *temporal, reference string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// It may have ended in the meantime, one way or the other.
	if s, missed := d.book.Status(ctx, reference); missed == nil && s.State.Ended() {
		return d.endedBefore(s)
	}
	var refused *sdk.ApplicationError
	var slow *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &refused):
		return failed("starter status "+reference+" shows how it stands", "%s", refused.Message())
	case errors.As(err, &slow), errors.Is(err, context.DeadlineExceeded):
		return failed("start a worker; starter status "+reference+" shows whether it was cancelled after all",
			"cancel order %s: no worker answered within %s", reference, cancelTimeout)
	case errors.As(err, &missing):
		return failed("place it again the same way to start it, then cancel it", "cancel order %s: Temporal runs no workflow for it", reference)
	}
	return failed("", "cancel order %s: %s", reference, t.explain(err))
}

func (d *desk) showCancelled(s order.Status) error {
	if err := d.showStatus(s); err != nil || s.State == order.Cancelled {
		return err
	}
	return failed("", "order %s can't be cancelled: it is %s", s.Reference, s.State)
}

// endedBefore is the answer for an order that has ended already: to have it
// cancelled is what was wanted, any other end is a refusal.
func (d *desk) endedBefore(s order.Status) error {
	if s.State == order.Cancelled {
		d.Note("order %s is cancelled already", s.Reference)
		return d.showStatus(s)
	}
	return failed("starter status "+s.Reference+" shows how it ended", "order %s can't be cancelled: it has ended already: %s", s.Reference, s.State)
}
