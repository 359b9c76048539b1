package main

import (
	"github.com/spf13/cobra"

	"foxflow/keyset"
)

func (a *app) keysetCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keyset", Short: "Make the key that seals codes and payloads", Args: anyArgs, RunE: nameACommand}
	cmd.AddCommand(&cobra.Command{
		Use:   "new",
		Short: "Print a new keyset (JSON) for FOXFLOW_KEYSET",
		Long: `Print a new keyset for FOXFLOW_KEYSET. It opens every code in the ledger: keep it
secret, and keep a copy, for without it the codes are lost.

  (umask 077; starter keyset new > keyset.json); export FOXFLOW_KEYSET_FILE=keyset.json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := keyset.New()
			if err != nil {
				return err
			}
			a.Printf("%s\n", text)
			return nil
		},
	})
	return cmd
}
