package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"foxflow/activities"
	"foxflow/order"
	"foxflow/story"
)

const recheckHelp = `Look once more at an order that has ended, as FoxReload shows it now. Codes that came
since are stored, and what changed goes on record; an unresolved order may become what
FoxReload says. Nothing is created and nothing is paid.

It needs FOXRELOAD_API_KEY, and neither a worker nor Temporal. An order that has not
ended is looked at by foxflow itself.

Exit status: 0 it was looked at, whatever was found; 1 it was not.`

func (a *app) recheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "recheck REFERENCE",
		Short: "Look again at an order that has ended: codes may have come since",
		Long:  recheckHelp,
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error { return d.recheck(cmd.Context(), args[0]) })
		},
	}
}

func (d *desk) recheck(ctx context.Context, reference string) error {
	api, err := d.foxreload()
	if err != nil {
		return err
	}
	before, err := d.book.Status(ctx, reference)
	switch {
	case err != nil:
		return d.notHere(reference, err)
	case !before.State.Ended():
		return failed(story.Command("watch", reference)+" follows it", "order %s has not ended (%s); foxflow looks by itself", reference, before.State)
	}
	acts := &activities.Activities{API: api, Ledger: d.book, Now: d.now, Currency: d.settings.Currency}
	moving := d.Moving()
	moving.Show("looking again at " + reference)
	after, err := ask(ctx, d, func(ctx context.Context) (order.Status, error) { return d.recheckWith(ctx, acts, reference) })
	moving.Clear()
	if err != nil {
		return err
	}
	d.Note("%s", news(before, after))
	return d.showStatus(after)
}

// recheckOrder looks again at an order that has ended.
func recheckOrder(ctx context.Context, acts *activities.Activities, reference string) (order.Status, error) {
	return acts.Recheck(ctx, reference)
}

// news is what a look found that was not on record before.
func news(before, after order.Status) string {
	codes := after.Codes() - before.Codes()
	switch {
	case codes == 1:
		return "1 code came since"
	case codes > 1:
		return fmt.Sprintf("%d codes came since", codes)
	case after.State != before.State:
		return fmt.Sprintf("it is %s now", after.State)
	default:
		return "nothing new came since"
	}
}
