package main

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foxflow/internal/settings"
	"foxflow/internal/version"
	"foxflow/order"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "starter",
		Short:         "Place FoxReload orders and follow them to their codes",
		Long:          rootText + "\n" + exitText(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          anyArgs,
		RunE:          nameACommand,
	}
	root.Version = version.Of("starter").String()
	root.SetVersionTemplate(a.versionText())
	root.PersistentFlags().VarP(&outputValue{json: &a.JSON}, "output", "o", "how to print: table or json")
	root.SetFlagErrorFunc(flagError)
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if help(cmd, args); cmd == root {
			a.Printf("\nEnvironment:\n%s", settings.Describe(settings.Starter{}))
		}
	})
	root.AddCommand(a.placeCommand(), a.statusCommand(), a.watchCommand(), a.listCommand(), a.codesCommand(),
		a.topUpCommand(), a.cancelCommand(), a.resolveCommand(), a.recheckCommand(), a.auditCommand(), a.explainCommand(), a.statsCommand(),
		a.pauseCommand(), a.resumeCommand(), a.productsCommand(), a.balanceCommand(), a.keysetCommand(), a.ledgerCommand())
	root.SetOut(a.Out) // before the next line, which looks where to write
	root.SetErr(a.Err)
	root.InitDefaultCompletionCmd()
	if shells, _, err := root.Find([]string{"completion"}); err == nil {
		shells.Args, shells.RunE = anyArgs, nameACommand
		for _, shell := range shells.Commands() {
			shell.Args = noArgs
		}
	}
	a.complete(root)
	addManual(root)
	return root
}

const rootText = `Place FoxReload orders and follow them to their codes.

A reference is your own name for a purchase: 1 to 64 visible characters of any script.
However often it is placed, at most one order is ever paid for it.
`

// versionText is what --version prints, for cobra's template.
func (a *app) versionText() string {
	if !a.JSON {
		return "{{.Version}}\n"
	}
	text, _ := json.Marshal(version.Of("starter")) // of plain strings
	return string(text) + "\n"
}

// flagError turns what the flag library says into the flag's name, the problem
// and the fix. Values are repeated only where our own value types did so: a note
// is nobody's business.
func flagError(cmd *cobra.Command, err error) error {
	help := cmd.CommandPath() + " --help"
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &invalid):
		name := "--" + invalid.GetFlag().Name
		var wrong *order.FieldError
		if errors.As(err, &wrong) {
			return misused(wrong.Fix, "%s: %s", name, wrong.Problem)
		}
		return misused(help, "%s: its value can't be used", name)
	case errors.As(err, &unknown):
		return misused(help, "unknown flag --%s", unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		return misused(help, "--%s: its value is missing", missing.GetSpecifiedName())
	default:
		return misused(help, "%s", err)
	}
}

func wantsJSON(args []string) bool {
	for i, arg := range args {
		switch {
		case arg == "--":
			return false
		case slices.Contains([]string{"-ojson", "-o=json", "--output=json"}, arg):
			return true
		case (arg == "-o" || arg == "--output") && i+1 < len(args) && args[i+1] == "json":
			return true
		}
	}
	return false
}
