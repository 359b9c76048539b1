package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"foxflow/starter/internal/show"
)

// The JSON of pause and resume.
type pauseDocument struct {
	Paused bool     `json:"paused"`
	By     *string  `json:"by"`
	Since  *string  `json:"since"`
	Woken  []string `json:"woken"`
}

func (a *app) pauseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pause",
		Short: "Pause every new payment of every worker until resumed",
		Long:  "Pause every new payment of every worker. Orders that come to be paid wait visibly as\npaused; what is paid already goes on. Mock orders are not paused.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.inSession(cmd.Context(), func(in *session) error { return in.pause(cmd.Context()) })
		},
	}
}

func (in *session) pause(ctx context.Context) error {
	_, _, before, err := in.book.Switches.Paused(ctx)
	if err != nil {
		return err
	}
	if err := in.book.Switches.Pause(ctx, in.who(), in.now()); err != nil {
		return err
	}
	by, since, _, err := in.book.Switches.Paused(ctx)
	if err != nil {
		return err
	}
	if in.JSON {
		at := since.UTC().Format(time.RFC3339)
		return in.Document(pauseDocument{Paused: true, By: &by, Since: &at, Woken: []string{}})
	}
	was := "payments are paused"
	if before {
		was = "payments were paused already"
	}
	in.Printf("%s, by %s since %s\n", was, show.Clean(by), clock(since))
	in.Printf("  → starter resume\n")
	return nil
}
