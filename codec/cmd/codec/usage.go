package main

import (
	"fmt"
	"io"

	"foxflow/settings"
)

func usage(args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
		fmt.Fprintln(stdout, "codec opens sealed payloads for Temporal's Web UI, for those who hold its token.")
		fmt.Fprintln(stdout, "People sign in at / with any name and the token as password; programs send")
		fmt.Fprintln(stdout, "Authorization: Bearer TOKEN with POST /decode and /encode. It takes no")
		fmt.Fprintln(stdout, "arguments, but for: codec health, which asks the one that runs with this")
		fmt.Fprintln(stdout, "environment (exit status 0 or 1). The environment configures it:")
		fmt.Fprintln(stdout)
		fmt.Fprint(stdout, settings.DescribeOwn(settings.CodecServer{}))
		return 0
	}
	fmt.Fprintf(stderr, "codec: %q: the codec server takes no arguments but health; see codec --help\n", args[0])
	return 2
}
