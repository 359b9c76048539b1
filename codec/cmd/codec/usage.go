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
		answer = `codec opens sealed payloads for Temporal's Web UI, for those who hold its token.
People sign in at / with any name and the token as password; programs send
Authorization: Bearer TOKEN with POST /decode and /encode. It takes no
arguments, but for: codec health, which asks the one that runs with this
environment (exit status 0 or 1); and codec --version. The environment
configures it:

` + settings.DescribeOwn(settings.CodecServer{})
	case len(args) == 1 && args[0] == "--version":
		answer = version.Of("codec").String() + "\n"
	default:
		fmt.Fprintf(stderr, "codec: %q: the codec server takes no arguments but health; see codec --help\n", args[0])
		return 2
	}
	out := outlet.New(stdout)
	_, _ = io.WriteString(out, answer)
	if err := out.Close(); err != nil {
		fmt.Fprintf(stderr, "codec: %v\n", err)
		return 1
	}
	return 0
}
