// Command simulator runs FoxReload's stand-in: the partner API with play money,
// on this machine. See --help, and the README of the package simulator.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"foxflow/internal/outlet"
	"foxflow/internal/version"
)

// Exit statuses.
const (
	exitError = 1
	exitUsage = 2
)

// usageError is a mistake in how the program was called: nothing was started.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], env.ToMap(os.Environ()), os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, environ map[string]string, stdout, stderr io.Writer) int {
	root := newRoot(environ)
	root.SetArgs(args)
	out := outlet.New(stdout)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if lost := out.Close(); err == nil {
		err = lost
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "simulator: %v\n", err)
	var wrong usageError
	if errors.As(err, &wrong) {
		return exitUsage
	}
	return exitError
}

func newRoot(environ map[string]string) *cobra.Command {
	settings := newSettings()
	root := &cobra.Command{
		Use:           "simulator",
		Short:         "FoxReload's stand-in: the partner API with play money",
		Long:          longHelp(),
		Example:       "  simulator --balance usd=100,rub=5000 --state simulator.state\n  simulator add usd=50\n  simulator debits",
		Args:          noArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := settings.config(environ)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), settings, config, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	root.Version = version.Of("simulator").String()
	root.SetVersionTemplate("{{.Version}}\n")
	settings.register(root.Flags())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usage("%w (--help lists the flags)", err)
	})
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 100"))
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(debitsCommand(), faultsCommand(), addCommand(), healthCommand())
	return root
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%q is neither a command nor a flag: try %s --help", args[0], cmd.CommandPath())
	}
	return nil
}
