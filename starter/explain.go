package main

import (
	"strings"

	"github.com/spf13/cobra"

	"foxflow/starter/internal/show"
	"foxflow/story"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain REFERENCE",
		Short: "Tell an order's story: where it stands, why, and what may be done",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.atDesk(ctx, func(d *desk) error {
				s, err := d.book.Status(ctx, args[0])
				if err != nil {
					return d.notHere(args[0], err)
				}
				entries, err := d.book.Audit(ctx, args[0])
				if err != nil {
					return err
				}
				by, _, held, err := d.book.Paused(ctx)
				if err != nil {
					return err
				}
				if !held {
					by = ""
				}
				log := make([]story.Event, len(entries))
				for i, e := range entries {
					log[i] = story.Event{At: e.At, Kind: string(e.Kind), State: e.State, Reason: e.Reason, OrderID: e.OrderID}
				}
				told := story.Tell(s, log, by)
				if d.JSON {
					return d.Document(told)
				}
				d.showStory(told)
				return nil
			})
		},
	}
}

func (d *desk) showStory(told story.Story) {
	d.Printf("%s  %s\n", d.Bold(told.Reference), d.State(told.State))
	d.Printf("%s\n", show.Wrap(told.Means, "  "))
	if told.Why != nil {
		d.Printf("%s\n", show.Wrap("On record: "+show.Clean(*told.Why), "  "))
	}
	for _, fact := range told.Facts {
		d.Printf("%s\n", show.Wrap(show.Clean(fact), "  "))
	}
	if told.OrderID != nil {
		d.Printf("  FoxReload's order: %s\n", show.Clean(*told.OrderID))
	}
	d.Printf("\n%s\n", d.Bold("What happened"))
	if len(told.Timeline) == 0 {
		d.Printf("  nothing yet: no worker has taken it up\n")
	}
	for _, e := range told.Timeline {
		what := d.State(e.State)
		if e.Kind != "state" {
			what = d.Faint("· " + e.Kind)
		}
		line := "  " + d.Faint(e.At.UTC().Format("01-02 15:04:05")) + "  " + what
		reason := show.Clean(e.Reason)
		if indent := strings.Repeat(" ", 20); show.Wide(line+"  "+reason) > show.Width {
			reason = "\n" + show.Wrap(reason, indent)
		} else if reason != "" {
			reason = "  " + reason
		}
		d.Printf("%s%s\n", line, reason)
	}
	d.Printf("\n%s\n", d.Bold("What you may do"))
	for _, step := range told.Next {
		d.Printf("  → %s\n", show.Clean(step))
	}
}
