package main

import (
	"context"
	"fmt"
	"os"

	"foxflow/internal/healthcheck"
	"foxflow/internal/settings"
)

// askHealth is "worker health": it asks the worker that runs with the same
// environment whether it is ready, and prints the answer. Exit status: 0 ready, 1
// not, 2 wrong usage.
func askHealth(environ []string) int {
	h, err := settings.LoadHTTP(environ)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if err := healthcheck.Ask(context.Background(), h.Addr, "/readyz", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
