package main

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"foxflow/internal/settings"
	"foxflow/ledger"
)

func (a *app) ledgerCopyCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "copy --from LEDGER --to LEDGER",
		Short: "Copy a ledger, from a SQLite file to PostgreSQL or back, and check the copy",
		Long: `Copy a ledger with all that is in it, when a shop outgrows one machine: from a SQLite
file to PostgreSQL, or back. Stop all workers first; a ledger in use is refused.

  starter ledger copy --from foxflow.db --to 'postgres://OWNER@HOST/DATABASE?sslmode=verify-full'
  starter ledger migrate --grant-to ROLE          (as the owner, for the copy)

The copy keeps the ledger's id. It is kept only if it has as many rows in every table
as the original and every chain of the audit log is whole in it; a target that holds
orders is refused. From then on the original does not open any more: orders that went
on in both could be paid twice. The way back is to copy back, to a new file.

It needs the keyset. An address with a password is refused, for others see command
lines: PGPASSFILE or PGPASSWORD holds it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.copyLedger(cmd.Context(), from, to) },
	}
	cmd.Flags().Var(textValue{&from, "foxflow.db"}, "from", "the ledger as it is: a file, or postgres://…")
	cmd.Flags().Var(textValue{&to, "postgres://OWNER@HOST/DATABASE?sslmode=verify-full"}, "to", "an empty database, or a new file")
	return cmd
}

func (a *app) copyLedger(ctx context.Context, from, to string) error {
	for _, flag := range []struct{ name, value string }{{"--from", from}, {"--to", to}} {
		switch {
		case flag.value == "":
			return misused("starter ledger copy --help", "%s: it is missing", flag.name)
		case settings.LedgerProblem(flag.value) != "":
			return misused("name a file, or postgres://ROLE@HOST/DATABASE", "%s: it %s", flag.name, settings.LedgerProblem(flag.value))
		case hasPassword(flag.value):
			return misused("leave it out, and keep it in the file that PGPASSFILE names (mode 0600), or in PGPASSWORD",
				"%s: the address holds a password, which others see in the list of processes", flag.name)
		}
	}
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return err
	}
	keys, err := s.Keys()
	if err != nil {
		return err
	}
	copied, err := ledger.Copy(ctx, from, to, keys)
	if err != nil {
		return failed(cmp.Or(ledger.Fix(err), "the original is as it was, unless the message says otherwise"), "%v", err)
	}
	if a.JSON {
		return a.Document(copied)
	}
	var rows [][]string
	for _, t := range copied.Tables {
		rows = append(rows, []string{t.Table, strconv.FormatInt(t.Rows, 10)})
	}
	if err := a.Table([]string{"TABLE", "ROWS"}, rows, 0); err != nil {
		return err
	}
	a.Printf("\n%d orders with %d entries copied to %s, the chains are whole\n", copied.Orders, copied.Entries, copied.To)
	a.Note("set FOXFLOW_LEDGER to it for workers and starters; %s does not open any more", copied.From)
	return nil
}

// hasPassword says whether an address holds a password.
func hasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil { // a password with odd characters is the usual reason
		return strings.Contains(address, "://")
	}
	_, set := u.User.Password()
	return set || u.Query().Has("password")
}
