package main

import (
	"context"

	"github.com/spf13/cobra"

	"foxflow/starter/internal/show"
)

func (a *app) resumeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Let payments be made again and wake the orders that were paused",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.inSession(cmd.Context(), func(in *session) error { return in.resume(cmd.Context()) })
		},
	}
}

// resume lifts the pause first: that alone lets payments be made. Waking the
// orders only spares them the wait until they look again by themselves.
func (in *session) resume(ctx context.Context) error {
	_, _, before, err := in.book.Switches.Paused(ctx)
	if err != nil {
		return err
	}
	if err := in.book.Switches.Resume(ctx); err != nil {
		return err
	}
	woken, waiting, err := in.client.Waiting.Resumed(ctx)
	switch {
	case waiting > 0:
		in.Note("Temporal could not be reached to wake the %d paused orders: they look again by themselves", waiting)
	case err != nil:
		return err
	}
	for _, line := range woken.Failures {
		in.Note("not woken, it looks again by itself: %s", show.Clean(line))
	}
	if in.JSON {
		return in.Document(pauseDocument{Woken: append([]string{}, woken.Woken...)})
	}
	if before {
		in.Printf("payments are made again\n")
	} else {
		in.Printf("payments were not paused\n")
	}
	for _, reference := range woken.Woken {
		in.Printf("%s looks again\n", reference)
	}
	return nil
}
