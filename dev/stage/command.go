package stage

import (
	"bytes"
	"os/exec"

	"github.com/stretchr/testify/require"
)

// Result is what a program came to.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Starter runs the command line as a user would.
func (s *Stack) Starter(args ...string) Result {
	s.Helper()
	return s.Command("starter", args...)
}

// Command runs one of foxflow's programs and waits for its end.
func (s *Stack) Command(name string, args ...string) Result {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), Binary(s, name), args...)
	cmd.Env, cmd.Dir = s.Environment(), s.Dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !asExit(err, &exit) {
		require.NoError(s, err)
	}
	return Result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func asExit(err error, target **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError) //nolint:errorlint // Run returns it unwrapped
	*target = e
	return ok
}

// Must runs a program that has to succeed and returns what it printed.
func (s *Stack) Must(name string, args ...string) string {
	s.Helper()
	r := s.Command(name, args...)
	require.Zero(s, r.Code, "%s %v: %s", name, args, r.Stderr)
	return r.Stdout
}
