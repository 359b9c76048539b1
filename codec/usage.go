package main

import "foxflow/internal/settings"

// help is what --help says.
func help() string {
	return `codec opens sealed payloads for Temporal's Web UI, for those who hold its token.
People sign in at / with any name and the token as password; programs send
Authorization: Bearer TOKEN with POST /decode and /encode. It takes no
arguments, but for: codec health, which asks the one that runs with this
environment (exit status 0 or 1); and codec --version. The environment
configures it:

` + settings.DescribeOwn(settings.CodecServer{})
}
