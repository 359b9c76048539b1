package main

import (
	"context"

	"github.com/spf13/cobra"

	"foxflow/order"
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
		Short: "Hold every new payment of every worker until resumed",
		Long:  "Hold every new payment of every worker. Orders that come to be paid wait visibly as\npaused; what is paid already goes on. Mock orders are not held.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error { return d.pause(cmd.Context()) })
		},
	}
}

func (a *app) resumeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Let payments be made again and wake the orders that were held",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error { return d.resume(cmd.Context()) })
		},
	}
}

func (d *desk) pause(ctx context.Context) error {
	_, _, before, err := d.book.Paused(ctx)
	if err != nil {
		return err
	}
	if err := d.book.Pause(ctx, d.who(), d.now()); err != nil {
		return err
	}
	by, since, _, err := d.book.Paused(ctx)
	if err != nil {
		return err
	}
	if d.JSON {
		at := since.UTC().Format("2006-01-02T15:04:05Z07:00")
		return d.Document(pauseDocument{Paused: true, By: &by, Since: &at, Woken: []string{}})
	}
	was := "payments are held"
	if before {
		was = "payments were held already"
	}
	d.Printf("%s, by %s since %s\n", was, show.Clean(by), clock(since))
	d.Printf("  → starter resume\n")
	return nil
}

// resume lifts the pause first: that alone lets payments be made. Waking the
// orders only spares them the wait until they look again by themselves.
func (d *desk) resume(ctx context.Context) error {
	_, _, before, err := d.book.Paused(ctx)
	if err != nil {
		return err
	}
	if err := d.book.Resume(ctx); err != nil {
		return err
	}
	held, err := d.inStates(ctx, order.Paused)
	if err != nil {
		return err
	}
	woken := waking{Woken: []string{}}
	if len(held) > 0 {
		t, err := d.connect(ctx)
		if err != nil {
			d.Note("Temporal could not be reached to wake the %d paused orders: they look again by themselves", len(held))
		} else {
			defer t.Close()
			woken = d.wake(ctx, t, held)
		}
	}
	for _, line := range woken.failures {
		d.Note("not woken, it looks again by itself: %s", show.Clean(line))
	}
	if d.JSON {
		return d.Document(pauseDocument{Woken: woken.Woken})
	}
	if before {
		d.Printf("payments are made again\n")
	} else {
		d.Printf("payments were not held\n")
	}
	for _, reference := range woken.Woken {
		d.Printf("%s looks again\n", reference)
	}
	return nil
}
