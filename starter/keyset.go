package main

import (
	"context"

	"github.com/spf13/cobra"

	"foxflow/internal/keyset"
	"foxflow/internal/settings"
)

// rotatedDocument is the JSON of keyset rotate --write.
type rotatedDocument struct {
	KeysetFile string `json:"keysetFile"`
	Keys       int    `json:"keys"`
}

func (a *app) keysetCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keyset", Short: "Make or rotate the key that seals codes and payloads", Args: anyArgs, RunE: nameACommand}
	cmd.AddCommand(a.keysetNewCommand(), a.keysetRotateCommand())
	return cmd
}

func (a *app) keysetNewCommand() *cobra.Command {
	return &cobra.Command{
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
	}
}

func (a *app) keysetRotateCommand() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Print the present keyset with a new primary key added; --write puts it into its file",
		Long: `Print the keyset of FOXFLOW_KEYSET or FOXFLOW_KEYSET_FILE with a new primary key
added: from then on the new key seals, and the older ones still open what they
sealed. With --write it goes into the file that FOXFLOW_KEYSET_FILE names instead,
which is the old or the new one at every moment; nothing else is left behind.

A program reads its keyset when it starts:

  1. starter keyset rotate --write       (on every machine the same keyset must be in
                                          place: rotate once, and copy the file)
  2. restart every worker, one after the other or all at once, and the codec server

Until the last one is restarted, a worker with the old keyset can't open what one
with the new has sealed. Work that it meets fails there and is tried again until a
worker opens it; nothing is lost. To have no such failures stop all workers first:
the orders wait. Once one program with the new keyset has opened the ledger, the
old keyset doesn't open it any more.

Keep a copy of the new keyset, and keep the old keys in it: codes and histories
that they sealed open with them alone.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := settings.LoadStarter(a.raw)
			if err != nil {
				return err
			}
			present, err := s.Keys()
			if err != nil {
				return err
			}
			if write {
				return a.rotateFile(cmd.Context(), s.KeysetFile)
			}
			return a.printRotated(present)
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "put it into the file that FOXFLOW_KEYSET_FILE names, and print none of it")
	return cmd
}

func (a *app) printRotated(present *keyset.Keyset) error {
	text, err := present.Rotated()
	if err != nil {
		return err
	}
	a.Printf("%s\n", text)
	a.Note("nothing was changed: put this keyset in the place of the present one, then restart every worker")
	return nil
}

func (a *app) rotateFile(ctx context.Context, path string) error {
	if path == "" {
		return misused("print it with: starter keyset rotate; or keep the keyset in a file of mode 0600 and name that in FOXFLOW_KEYSET_FILE",
			"--write: the keyset comes from FOXFLOW_KEYSET, so there is no file to put it into")
	}
	keys, err := keyset.RotateFile(ctx, path)
	if err != nil {
		return failed("the user who owns the keyset file can rotate it, and the folder must let that user make files; or print the keyset: starter keyset rotate", "%v", err)
	}
	a.Note("restart every worker now: it goes on with the old keyset until then, and can't open what the new one seals; keep a copy of the file")
	if a.JSON {
		return a.Document(rotatedDocument{KeysetFile: path, Keys: keys})
	}
	a.Printf("%s has a new primary key, and %d in all\n", path, keys)
	return nil
}
