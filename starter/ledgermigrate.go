package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"foxflow/internal/settings"
	"foxflow/ledger"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "ledger", Short: "Make the ledger's tables; back it up, check it, reconcile it, copy it to PostgreSQL", Args: anyArgs, RunE: nameACommand}
	cmd.AddCommand(a.ledgerMigrateCommand(), a.ledgerCopyCommand(), a.ledgerBackupCommand(), a.ledgerCheckCommand(), a.ledgerReconcileCommand())
	return cmd
}

func (a *app) ledgerMigrateCommand() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "migrate [--grant-to ROLE]",
		Short: "Make or update the tables of the ledger that FOXFLOW_LEDGER names",
		Long: `Make or update the tables of the ledger that FOXFLOW_LEDGER names. Workers and starter
do that by themselves where their role owns the tables. On PostgreSQL it is better that
it does not: run this as the owner, before new versions of the programs start, and let
their role use the tables, with no right that they don't need:

  FOXFLOW_LEDGER=postgres://OWNER@HOST/DATABASE?sslmode=verify-full starter ledger migrate --grant-to ROLE

It may be run again at any time. It needs no keyset.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.migrateLedger(cmd.Context(), role) },
	}
	cmd.Flags().Var(textValue{&role, "foxflow"}, "grant-to", "PostgreSQL role of the workers and the starter")
	return cmd
}

func (a *app) migrateLedger(ctx context.Context, role string) error {
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return err
	}
	done, err := ledger.Migrate(ctx, s.Ledger.Reveal(), role)
	if err != nil {
		return failed(cmp.Or(ledger.Fix(err), "FOXFLOW_LEDGER names the ledger; run this as the role that owns its tables"), "%v", err)
	}
	if a.JSON {
		return a.Document(done)
	}
	a.Printf("%s has its tables, version %d\n", done.Ledger, done.Version)
	if done.GrantedTo != "" {
		a.Printf("role %s may use them\n", done.GrantedTo)
	}
	return nil
}
