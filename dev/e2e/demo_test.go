package e2e

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// demo is bin/demo on ports and in a folder of its own, as make sets it up.
type demo struct {
	*stack
	environ []string
	ports   []string
}

func newDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{stack: emptyStack(t), environ: os.Environ()}
	d.environ = append(d.environ, "FOXFLOW_STATE_DIR="+filepath.Join(d.Dir, "state"))
	for _, name := range []string{"TEMPORAL_PORT", "UI_PORT", "SIMULATOR_PORT", "CODEC_PORT"} {
		address := freePort(t)
		_, port, err := net.SplitHostPort(address)
		require.NoError(t, err)
		d.ports = append(d.ports, address)
		d.environ = append(d.environ, name+"="+port)
	}
	worker := freePort(t)
	d.ports, d.environ = append(d.ports, worker), append(d.environ, "FOXFLOW_HTTP="+worker)
	return d
}

// nothingLeft checks that no server of the demo answers any more.
func (d *demo) nothingLeft() {
	d.Helper()
	for _, address := range d.ports {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		assert.Error(d, err, "%s still answers", address)
	}
}

func TestDemoTellsItsStory(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEMPORAL_ADDRESS") != "" {
		t.Skip("the demo's orders would stay in the server that TEMPORAL_ADDRESS names")
	}
	d := newDemo(t)
	command := exec.CommandContext(t.Context(), binary(t, "demo"), "--story", "--once")
	command.Env = d.environ
	said, err := command.CombinedOutput()
	require.NoError(t, err, string(said))
	told := string(said)
	for _, words := range []string{
		"1. An order that completes", "2. An order that waits for a top-up", "3. An order that fails", "4. An order that is cancelled", "5. Three orders, and money for two",
		"awaiting_topup", "completed", "failed", "cancelled", "/workflows/order%2Fgift-", "All orders ended as expected.",
	} {
		assert.Contains(t, told, words)
	}
	assert.Equal(t, 4, strings.Count(told, "the chain is whole"), "one audit log for each order")
	d.nothingLeft()
}

// running is the demo's stack in the background, without the story.
type running struct {
	*demo
	command *exec.Cmd
	said    *bytes.Buffer
}

// up starts "make dev" and returns once it says that all is there.
func (d *demo) up(flags ...string) *running {
	d.Helper()
	r := &running{demo: d, command: exec.CommandContext(d.Context(), binary(d, "demo"), flags...), said: new(bytes.Buffer)}
	r.command.Env = d.environ
	log, err := os.Create(filepath.Join(d.Dir, "demo.log"))
	require.NoError(d, err)
	defer log.Close()
	r.command.Stdout, r.command.Stderr = log, r.said
	require.NoError(d, r.command.Start())
	d.Eventually("the demo to be up", func() bool {
		text, err := os.ReadFile(log.Name())
		return err == nil && strings.Contains(string(text), "Ctrl-C stops everything")
	})
	return r
}

// shell is a user in another terminal: what "starter ARGS" says there.
func (d *demo) shell(args ...string) string {
	d.Helper()
	shell := exec.CommandContext(d.Context(), "sh", append([]string{"-ec", `. "$1"; shift; exec "$@"`, "sh",
		filepath.Join(d.Dir, "state", "env"), binary(d, "starter")}, args...)...)
	out, err := shell.CombinedOutput()
	require.NoError(d, err, string(out))
	return string(out)
}

// ctrlC ends it.
func (r *running) ctrlC() {
	r.Helper()
	require.NoError(r, r.command.Process.Signal(os.Interrupt))
	require.NoError(r, r.command.Wait(), r.said.String())
	r.nothingLeft()
}

// "make dev" against a Temporal server that runs already, a user at work in another
// shell, and Ctrl-C.
func TestDevStackServesAShellUntilCtrlC(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	d := newDemo(t)
	d.environ = append(d.environ, "TEMPORAL_ADDRESS="+server.Temporal)
	r := d.up()
	assert.Contains(t, d.shell("place", "--reference", "shell-1", "--item", giftCard, "--wait"), "completed")
	_, err := server.Client().DescribeWorkflowExecution(t.Context(), "order/shell-1", "")
	require.NoError(t, err, "the order is on the server that TEMPORAL_ADDRESS names")
	r.ctrlC()
}
