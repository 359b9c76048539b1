package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/order"
	"foxflow/starter/internal/show"
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
			return a.inSession(cmd.Context(), func(in *session) error { return in.recheck(cmd.Context(), args[0]) })
		},
	}
}

func (in *session) recheck(ctx context.Context, reference string) error {
	api, err := in.foxreload()
	if err != nil {
		return err
	}
	moving := show.NewMoving(in.Console)
	moving.Show("looking again at " + reference)
	before, after, err := in.lookAgain(ctx, api, reference)
	moving.Clear()
	if err != nil {
		return err
	}
	in.Note("%s", news(before, after))
	return in.showStatus(after)
}

// lookAgain looks once more at an order that has ended, as soon as the request budget lets
// it: how it stood, and how it stands.
func (in *session) lookAgain(ctx context.Context, api *foxreload.Client, reference string) (before, after order.Status, err error) {
	looker := in.rechecker(&activities.Activities{API: api, Ledger: in.book, Now: in.now, Currency: in.settings.Currency})
	after, err = ask(ctx, in, func(ctx context.Context) (s order.Status, err error) {
		before, s, err = in.client.Recheck(ctx, reference, looker)
		return s, err
	})
	return before, after, err
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
