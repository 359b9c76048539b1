package main

import "foxflow/internal/settings"

// help is what --help says.
func help() string {
	return `worker carries the orders of foxflow; the environment configures it. It takes no
arguments, but for: worker health, which asks the one that runs with this environment
whether it is ready (exit status 0 or 1); and worker --version.

` + settings.Describe(settings.Worker{})
}
