package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"foxflow/order"
)

// nameACommand is what a command does that is only the head of others.
func nameACommand(cmd *cobra.Command, args []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	hint := fmt.Sprintf("%s --help; commands: %s", cmd.CommandPath(), strings.Join(names, ", "))
	if len(args) == 0 {
		return misused(hint, "%s: no command is named", cmd.CommandPath())
	}
	return misused(hint, "unknown command %q for %s", args[0], cmd.CommandPath())
}

func anyArgs(*cobra.Command, []string) error { return nil }

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misused(cmd.CommandPath()+" --help", "%s takes no argument, and got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// oneReference wants exactly one argument, and that a reference; what follows works with
// it in its normal form.
func oneReference(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return misused(fmt.Sprintf("write: %s REFERENCE", cmd.CommandPath()), "reference: exactly one is needed, and there are %d", len(args))
	}
	return normalReferences(args)
}

// normalReferences puts references into their normal form, in place, and refuses what is
// none.
func normalReferences(args []string) error {
	for i := range args {
		args[i] = order.NormalReference(args[i])
		if wrong := order.CheckReference(args[i]); wrong != nil {
			return misused(wrong.Fix, "%s", wrong.Error())
		}
	}
	return nil
}
