package main

import (
	"fmt"
	"io"

	"foxflow/internal/outlet"
	"foxflow/internal/version"
	"foxflow/settings"
)

// usage answers what a person may ask of the program. Exit status: 0, 1 where the answer
// could not be written, 2 wrong usage.
func usage(args []string, stdout, stderr io.Writer) int {
	var answer string
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help"):
		answer = `worker carries the orders of foxflow; the environment configures it. It takes no
arguments, but for: worker health, which asks the one that runs with this environment
whether it is ready (exit status 0 or 1); and worker --version.

` + settings.Describe(settings.Worker{})
	case len(args) == 1 && args[0] == "--version":
		answer = version.Of("worker").String() + "\n"
	default:
		fmt.Fprintf(stderr, "worker: %q: the worker takes no arguments but health; see worker --help\n", args[0])
		return 2
	}
	out := outlet.New(stdout)
	_, _ = io.WriteString(out, answer)
	if err := out.Close(); err != nil {
		fmt.Fprintf(stderr, "worker: %v\n", err)
		return 1
	}
	return 0
}
