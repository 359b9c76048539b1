package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/pages"
)

// docs/commands.md has the help of every command.
func TestThePageHasEveryCommand(t *testing.T) {
	t.Parallel()
	root := newApp(nil, nil, nil).root()
	var rows [][]string
	var told strings.Builder
	everyCommand(root, func(cmd *cobra.Command) {
		path := strings.TrimPrefix(cmd.CommandPath(), "starter ")
		rows = append(rows, []string{fmt.Sprintf("[`%s`](#%s)", path, strings.ReplaceAll(path, " ", "-")), cmd.Short})
		told.WriteString(section(path, cmd))
	})
	var statuses [][]string
	for status, means := range exits {
		statuses = append(statuses, []string{fmt.Sprint(status), means})
	}
	pages.Holds(t, "docs/commands.md", "index", pages.Table([]string{"Command", "Does"}, rows))
	pages.Holds(t, "docs/commands.md", "statuses", pages.Table([]string{"Status", "Means"}, statuses))
	pages.Holds(t, "docs/commands.md", "flags", flags(root.PersistentFlags()))
	pages.Holds(t, "docs/commands.md", "commands", told.String())
}

// section is one command's help as Markdown.
func section(path string, cmd *cobra.Command) string {
	var b strings.Builder
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	fmt.Fprintf(&b, "### %s\n\n```\n%s\n```\n\n```text\n%s\n```\n\n", path, strings.TrimSuffix(cmd.UseLine(), " [flags]"), strings.TrimSpace(long))
	if cmd.HasAvailableLocalFlags() {
		b.WriteString(flags(cmd.NonInheritedFlags()) + "\n")
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "```sh\n%s\n```\n\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"))
	}
	return b.String()
}

func flags(set *pflag.FlagSet) string {
	var rows [][]string
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		kind, usage := pflag.UnquoteUsage(f)
		given := f.DefValue
		if given == "false" || given == "[]" {
			given = ""
		}
		rows = append(rows, []string{pages.Code(strings.TrimSpace(name + " " + kind)), pages.Code(given), usage})
	})
	if len(rows) == 0 {
		return ""
	}
	return pages.Table([]string{"Flag", "Default", "Meaning"}, rows)
}

// Each command that an order or a ledger is for has an example, and takes it: its flags
// and arguments are read as when it runs.
func TestEveryExampleIsTaken(t *testing.T) {
	t.Parallel()
	everyCommand(newApp(nil, nil, nil).root(), func(cmd *cobra.Command) {
		if cmd.Parent().Name() != "completion" {
			assert.True(t, cmd.HasExample(), "%s has no example", cmd.CommandPath())
		}
	})
	for path, page := range manual {
		for line := range strings.Lines(page.examples) {
			words := strings.Fields(strings.ReplaceAll(line, "'", ""))
			cmd, rest, err := newApp(nil, nil, nil).root().Find(words[1:])
			require.NoError(t, err, line)
			assert.Equal(t, path, cmd.CommandPath())
			require.NoError(t, cmd.ParseFlags(rest), line)
			assert.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()), line)
		}
	}
}
