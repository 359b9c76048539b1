package main

import (
	"context"
	"fmt"
	"io"

	"foxflow/internal/healthcheck"
	"foxflow/internal/settings"
)

// askHealth is "codec health": it asks the codec server that runs with the same
// environment. Exit status: 0 it answers, 1 it does not, 2 wrong usage.
func askHealth(ctx context.Context, environ []string, stdout, stderr io.Writer) int {
	s, err := settings.LoadCodec(environ)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if err := healthcheck.Ask(ctx, s.Listen, "/healthz", stdout); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
