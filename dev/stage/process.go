package stage

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/stretchr/testify/require"

	"foxflow/dev/loopback"
)

// fataler is the part of testing.TB that starting processes needs.
type fataler interface {
	require.TestingT
	Helper()
}

// Process is one running program; its output goes to NAME.log in its folder.
type Process struct {
	Cmd  *exec.Cmd
	Args []string
	Dir  string
	Done chan struct{} // closed once it has ended
	once sync.Once
}

// Binary is the path of one of foxflow's programs: FOXFLOW_BIN, or the
// repository's bin.
func Binary(t fataler, name string) string {
	t.Helper()
	dir := os.Getenv("FOXFLOW_BIN")
	if dir == "" {
		dir = filepath.Join("..", "..", "bin")
	}
	path, err := filepath.Abs(filepath.Join(dir, name))
	require.NoError(t, err)
	_, err = os.Stat(path)
	require.NoError(t, err, "%s is not built: run make build", name)
	return path
}

// Launch starts a program that ends with Kill, or with this test binary.
func Launch(t fataler, name, dir string, env []string, args ...string) *Process {
	t.Helper()
	out, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	cmd := exec.Command(Binary(t, name), args...) //nolint:gosec,noctx // ended by kill or stop
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, out, out
	// A test binary that dies must not leave servers behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	require.NoError(t, out.Close())
	p := &Process{Cmd: cmd, Args: args, Dir: dir, Done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.Done)
	}()
	return p
}

// Kill sends SIGKILL and waits until the process is gone.
func (p *Process) Kill() {
	p.once.Do(func() { _ = p.Cmd.Process.Kill() })
	<-p.Done
}

// FreePort is an address on loopback that nobody listens on.
func FreePort(t fataler) string {
	t.Helper()
	ports, err := loopback.FreePorts(1)
	require.NoError(t, err)
	return net.JoinHostPort(loopback.Host, strconv.Itoa(ports[0]))
}
