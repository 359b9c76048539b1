package main

import (
	"context"

	"github.com/spf13/cobra"

	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/workflows"
)

const resolveHelp = `A person's decision for a blocked order that asks for one: starter status says so,
and which decisions it takes. FoxReload says that the order exists and it can't be
found, or no longer knows it, or has another one under our key, or the ledger forbids
to pay it. No new payment is made while the order waits for you.

  --adopt ORDER_ID  you found the order in FoxReload's dashboard: go on with it.
                    It is looked at first; what belongs to another reference or is
                    for something else is refused.
  --retry           try again. An order that can't be found is created anew under a
                    fresh key; the other one, should there be one, is never paid by us.
  --abort           end the order as cancelled; refused while a payment is in doubt.

A worker must be running.`

func (a *app) resolveCommand() *cobra.Command {
	var adopt string
	var retry, abort bool
	c := &cobra.Command{
		Use:   "resolve REFERENCE (--adopt ORDER_ID | --retry | --abort)",
		Short: "Decide what only a person can, for a blocked order that asks",
		Long:  resolveHelp,
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			decided := workflows.Resolution{By: a.who()}
			if unseen := order.Unseen(adopt); unseen != nil {
				return misused(unseen.Fix, "resolve: --adopt %s", unseen.Problem)
			}
			switch adopts := cmd.Flags().Changed("adopt"); {
			case adopts && !retry && !abort && adopt != "":
				decided.Choice, decided.OrderID = workflows.Adopt, adopt
			case retry && !adopts && !abort:
				decided.Choice = workflows.Retry
			case abort && !adopts && !retry:
				decided.Choice = workflows.Abort
			case adopts && adopt == "":
				return misused("give the order's id, e.g. --adopt 1f0c9a52-7b1e-4c62-9a55-0d6f0c5f1a77", "resolve: --adopt is empty")
			default:
				return misused("starter resolve --help says what each does", "resolve: give one of --adopt ORDER_ID, --retry, --abort")
			}
			return a.inSession(cmd.Context(), func(in *session) error { return in.resolve(cmd.Context(), args[0], decided) })
		},
	}
	c.Flags().StringVar(&adopt, "adopt", "", "go on with the FoxReload order of this `ORDER_ID`")
	c.Flags().BoolVar(&retry, "retry", false, "try again")
	c.Flags().BoolVar(&abort, "abort", false, "end the order as cancelled")
	return c
}

func (in *session) resolve(ctx context.Context, reference string, decided workflows.Resolution) error {
	moving := show.NewMoving(in.Console)
	moving.Show("resolving " + reference)
	s, err := in.client.Resolve(ctx, reference, decided)
	moving.Clear()
	if err != nil {
		return err
	}
	return in.showStatus(s)
}
