package main

import (
	"fmt"
	"os"

	"foxflow/settings"
)

func usage(args []string) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
		fmt.Println("worker carries the orders of foxflow; the environment configures it. It takes no")
		fmt.Println("arguments, but for: worker health, which asks the one that runs with this environment")
		fmt.Println("whether it is ready (exit status 0 or 1).")
		fmt.Println()
		fmt.Print(settings.Describe(settings.Worker{}))
		return 0
	}
	fmt.Fprintf(os.Stderr, "worker: %q: the worker takes no arguments but health; see worker --help\n", args[0])
	return 2
}
