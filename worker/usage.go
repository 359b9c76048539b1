package main

import (
	"fmt"
	"os"

	"foxflow/settings"
)

func usage(args []string) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
		fmt.Println("worker carries the orders of foxflow. It takes no arguments; the environment configures it:")
		fmt.Println()
		fmt.Print(settings.Describe(settings.Worker{}))
		return 0
	}
	fmt.Fprintf(os.Stderr, "worker: %q: the worker takes no arguments; see worker --help\n", args[0])
	return 2
}
