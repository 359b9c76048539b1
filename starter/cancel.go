package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"foxflow/client"
	"foxflow/starter/internal/show"
)

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel REFERENCE",
		Short: "Stop an order that is not paid",
		Long:  "Stop an order that is not paid. A payment in flight is waited for; once the order\nis paid, or while a payment is in doubt, cancelling is refused with the reason.\nA queued order ends at once; for any other a worker must be running.",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inSession(cmd.Context(), func(in *session) error { return in.cancel(cmd.Context(), args[0]) })
		},
	}
}

func (in *session) cancel(ctx context.Context, reference string) error {
	moving := show.NewMoving(in.Console)
	moving.Show("cancelling " + reference)
	s, again, err := in.client.Cancel(ctx, reference)
	moving.Clear()
	if refused, is := errors.AsType[*client.NotCancellable](err); is && refused.After != nil {
		return cmp.Or(in.showStatus(*refused.After), err)
	}
	if err != nil {
		return err
	}
	if again {
		in.Note("order %s is cancelled already", reference)
	}
	return in.showStatus(s)
}
