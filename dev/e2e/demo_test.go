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
	d.environ = append(d.environ, "FOXFLOW_STATE_DIR="+filepath.Join(d.dir, "state"))
	for _, name := range []string{"TEMPORAL_PORT", "UI_PORT", "SIMULATOR_PORT"} {
		address := freePort(t)
		_, port, err := net.SplitHostPort(address)
		require.NoError(t, err)
		d.ports = append(d.ports, address)
		d.environ = append(d.environ, name+"="+port)
	}
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

// "make dev" against a Temporal server that runs already, a user at work in another
// shell, and Ctrl-C.
func TestDevStackServesAShellUntilCtrlC(t *testing.T) {
	server := newServer(t)
	d := newDemo(t)
	d.environ = append(d.environ, "TEMPORAL_ADDRESS="+server.temporal)
	command := exec.CommandContext(t.Context(), binary(t, "demo"))
	command.Env = d.environ
	var said bytes.Buffer
	log, err := os.Create(filepath.Join(d.dir, "demo.log"))
	require.NoError(t, err)
	defer log.Close()
	command.Stdout, command.Stderr = log, &said
	require.NoError(t, command.Start())
	d.eventually("the demo to be up", func() bool {
		text, err := os.ReadFile(log.Name())
		return err == nil && strings.Contains(string(text), "Ctrl-C stops everything")
	})

	shell := exec.CommandContext(t.Context(), "sh", "-ec", `. "$1"; "$2" place --reference shell-1 --item "$3" --wait`, "sh",
		filepath.Join(d.dir, "state", "env"), binary(t, "starter"), giftCard)
	out, err := shell.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "completed")
	_, err = server.client().DescribeWorkflowExecution(t.Context(), "order/shell-1", "")
	require.NoError(t, err, "the order is on the server that TEMPORAL_ADDRESS names")

	require.NoError(t, command.Process.Signal(os.Interrupt))
	require.NoError(t, command.Wait(), said.String())
	d.nothingLeft()
}
