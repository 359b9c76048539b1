package main

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) ledgerBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the ledger as it is now into a new file, while it is used",
		Long: `Write the ledger as it is at one moment into a new SQLite file, from a file or from
PostgreSQL, while workers go on. FILE must not be there yet; it is there only once all
rows and every chain of the audit log are whole in it. Keep the keyset too, elsewhere:
without it the codes in the backup can't be opened.

To put a backup back, stop all workers and starters, then
  a file:      move foxflow.db, foxflow.db-wal and foxflow.db-shm away, and FILE in their place
  PostgreSQL:  starter ledger copy --from FILE --to postgres://OWNER@HOST/NEW_DATABASE
and start the workers: orders that run are taken up again, and each is looked at before
anything is paid for it. Then: starter ledger reconcile. Never use the backup and the ledger
that it was made of at the same time.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return misused("write: starter ledger backup FILE", "FILE: exactly one is needed, and there are %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inSession(cmd.Context(), func(in *session) error { return in.backUp(cmd.Context(), args[0]) })
		},
	}
}

func (in *session) backUp(ctx context.Context, file string) error {
	copied, err := in.book.Backup(ctx, file, in.now())
	if err != nil {
		return failed("name a file that is not there yet, in a folder that can be written; nothing was changed", "%v", err)
	}
	if in.JSON {
		return in.Document(backupDocument{copied.To, copied.ID, copied.Orders, copied.Entries})
	}
	in.Printf("%d orders with %d entries are in %s, the chains are whole\n", copied.Orders, copied.Entries, copied.To)
	in.Note("keep the keyset too, elsewhere; how to put it back: starter ledger backup --help")
	return nil
}

// backupDocument is the JSON of ledger backup.
type backupDocument struct {
	File    string `json:"file"`
	ID      string `json:"ledgerId"`
	Orders  int    `json:"orders"`
	Entries int    `json:"entries"`
}
