package stage

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// Write puts a file into the stack's folder and returns its path.
func (s *Stack) Write(name, content string) string {
	s.Helper()
	path := filepath.Join(s.Dir, name)
	require.NoError(s, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// Run starts one of the stack's processes, again after a kill.
func (s *Stack) Run(name string, args ...string) {
	s.Helper()
	if old := s.Processes[name]; old != nil && len(args) == 0 {
		args = old.Args
	}
	p := Launch(s, name, s.Dir, s.Environment(), args...)
	s.Processes[name] = p
	s.Cleanup(p.Kill)
}

// Kill ends a process with SIGKILL: it gets no chance to tidy up.
func (s *Stack) Kill(name string) {
	s.Helper()
	require.Contains(s, s.Processes, name)
	s.Processes[name].Kill()
}

// Stop ends a process with SIGTERM and returns its exit status.
func (s *Stack) Stop(name string) int {
	s.Helper()
	p := s.Processes[name]
	require.NoError(s, p.Cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.Done:
	case <-time.After(Patience):
		s.Fatalf("%s does not stop at SIGTERM", name)
	}
	return p.Cmd.ProcessState.ExitCode()
}

// Logs prints how each process's log ends.
func (s *Stack) Logs() {
	for name := range s.Processes {
		text, _ := os.ReadFile(filepath.Join(s.Dir, name+".log"))
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		s.Logf("%s.log ends:\n%s", name, strings.Join(lines[max(0, len(lines)-15):], "\n"))
	}
}
