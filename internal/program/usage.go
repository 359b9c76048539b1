package program

import (
	"fmt"
	"io"

	"foxflow/internal/outlet"
	"foxflow/internal/version"
)

// Usage answers what a person may ask of a program that the environment configures: --help
// and --version. Exit status: 0, 1 where the answer could not be written, 2 wrong usage.
func Usage(name, help string, args []string, stdout, stderr io.Writer) int {
	var answer string
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help"):
		answer = help
	case len(args) == 1 && args[0] == "--version":
		answer = version.Of(name).String() + "\n"
	default:
		fmt.Fprintf(stderr, "%s: %q: it takes no arguments but health; see %s --help\n", name, args[0], name)
		return 2
	}
	out := outlet.New(stdout)
	_, _ = io.WriteString(out, answer)
	if err := out.Close(); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}
