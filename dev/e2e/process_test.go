package e2e

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

// process is one running program; its output goes to NAME.log in its folder.
type process struct {
	cmd  *exec.Cmd
	args []string
	dir  string
	done chan struct{} // closed once it has ended
	once sync.Once
}

// binary is the path of one of foxflow's programs: FOXFLOW_BIN, or the
// repository's bin.
func binary(t fataler, name string) string {
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

func launch(t fataler, name, dir string, env []string, args ...string) *process {
	t.Helper()
	out, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	cmd := exec.Command(binary(t, name), args...) //nolint:gosec,noctx // ended by kill or stop
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, out, out
	// A test binary that dies must not leave servers behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	require.NoError(t, out.Close())
	p := &process{cmd: cmd, args: args, dir: dir, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.done)
	}()
	return p
}

// kill sends SIGKILL and waits until the process is gone.
func (p *process) kill() {
	p.once.Do(func() { _ = p.cmd.Process.Kill() })
	<-p.done
}

// freePort is an address on loopback that nobody listens on.
func freePort(t fataler) string {
	t.Helper()
	ports, err := loopback.FreePorts(1)
	require.NoError(t, err)
	return net.JoinHostPort(loopback.Host, strconv.Itoa(ports[0]))
}
