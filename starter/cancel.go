package main

import (
	"context"

	"github.com/spf13/cobra"

	"foxflow/order"
	"foxflow/story"
	"foxflow/workflows"
)

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel REFERENCE",
		Short: "Stop an order that is not paid",
		Long:  "Stop an order that is not paid. A payment in flight is waited for; once the order\nis paid, or while a payment is in doubt, cancelling is refused with the reason. A worker must be running.",
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
	t, err := d.connectToOrders(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	moving := d.Moving()
	moving.Show("cancelling " + reference)
	s, err = t.update(ctx, s.WorkflowID, workflows.UpdateCancel)
	moving.Clear()
	if err != nil {
		// It may have ended in the meantime, one way or the other.
		if s, missed := d.book.Status(ctx, reference); missed == nil && s.State.Ended() {
			return d.endedBefore(s)
		}
		return t.notUpdated(ctx, "cancel", reference, err)
	}
	return d.showCancelled(s)
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
	return failed(story.Command("status", s.Reference)+" shows how it ended", "order %s can't be cancelled: it has ended already: %s", s.Reference, s.State)
}
