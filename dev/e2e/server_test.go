package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// newServer is a stack of Temporal and its Web UI alone: "make temporal".
func newServer(t *testing.T) *stack {
	t.Helper()
	s := emptyStack(t)
	ownTemporal(s)
	s.StartTemporal()
	return s
}

// usable checks, without waiting, what "ready" promises.
func (s *stack) usable(reference string) {
	s.Helper()
	c := s.Client()
	about, err := c.WorkflowService().DescribeNamespace(s.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: s.Namespace})
	require.NoError(s, err)
	assert.GreaterOrEqual(s, about.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), 30*24*time.Hour)

	have, err := c.OperatorService().ListSearchAttributes(s.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace})
	require.NoError(s, err)
	for name, kind := range stage.Attributes {
		assert.Equal(s, kind, have.GetCustomAttributes()[name], name)
	}
	require.NoError(s, stage.Find(s.Context(), c, stage.AttributesQuery))
	s.begin(c, reference)

	for _, path := range []string{"", "/namespaces/default/workflows", "/api/v1/namespaces/default/workflows"} {
		response, err := http.Get(s.UI + path)
		require.NoError(s, err)
		response.Body.Close()
		assert.Equal(s, http.StatusOK, response.StatusCode, path)
	}
}

// begin starts a workflow that nobody works on, with all search attributes.
func (s *stack) begin(c client.Client, reference string) {
	s.Helper()
	_, err := c.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID: "order/" + reference, TaskQueue: s.Queue,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("FoxflowState").ValueSet("creating"),
			temporal.NewSearchAttributeKeyKeyword("FoxflowOrderId").ValueSet(reference),
			temporal.NewSearchAttributeKeyKeyword("FoxflowCancelReason").ValueSet("none"),
			temporal.NewSearchAttributeKeyBool("FoxflowMock").ValueSet(true)),
	}, "OrderWorkflow")
	require.NoError(s, err)
}

func TestServerTakesUpWhereItWasAfterAKill(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.usable("first")
	for i := range 3 {
		s.Kill("foxflow-dev")
		s.RunTemporal()
		s.usable(fmt.Sprint("after kill ", i))
	}
	c := s.Client()
	s.Eventually("every workflow to be found by its order id", func() bool {
		for _, reference := range []string{"first", "after kill 0", "after kill 2"} {
			found, err := c.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{
				Namespace: s.Namespace, Query: fmt.Sprintf(`FoxflowOrderId = %q AND ExecutionStatus = "Running"`, reference)})
			if err != nil || len(found.GetExecutions()) != 1 {
				return false
			}
		}
		return true
	})
}

// A kill at any moment of the first start leaves nothing that the next start
// stumbles over.
func TestServerKilledWhileItMakesItsDatabase(t *testing.T) {
	t.Parallel()
	for moment := range 8 {
		s := emptyStack(t)
		ownTemporal(s)
		database := filepath.Join(s.TemporalDir, "temporal.db")
		s.Temporal, s.Namespace, s.UI = freePort(t), "default", "http://"+freePort(t)
		_, port, _ := strings.Cut(s.Temporal, ":")
		_, uiPort, _ := strings.Cut(strings.TrimPrefix(s.UI, "http://"), ":")
		s.Run("foxflow-dev", "temporal", "--port", port, "--ui-port", uiPort, "--state-dir", s.TemporalDir)
		s.Eventually("the database to be begun", func() bool {
			_, err := os.Stat(database)
			return err == nil
		})
		time.Sleep(time.Duration(moment) * 10 * time.Millisecond) // not a wait: it picks the moment
		s.Kill("foxflow-dev")
		s.RunTemporal()
		s.usable("r")
		s.Kill("foxflow-dev")
	}
}

func TestSearchAttributesAreEnsuredAtEveryStart(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	names := []string{"FoxflowState", "FoxflowMock"}
	_, err := s.Client().OperatorService().RemoveSearchAttributes(s.Context(), &operatorservice.RemoveSearchAttributesRequest{
		Namespace: s.Namespace, SearchAttributes: names})
	require.NoError(t, err)
	require.Zero(t, s.Stop("foxflow-dev"))
	s.RunTemporal()
	s.usable("r")
}

func TestSearchAttributeOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	operator := s.Client().OperatorService()
	_, err := operator.RemoveSearchAttributes(s.Context(), &operatorservice.RemoveSearchAttributesRequest{
		Namespace: s.Namespace, SearchAttributes: []string{"FoxflowState"}})
	require.NoError(t, err)
	s.Eventually("FoxflowState to be added as a number", func() bool {
		_, err := operator.AddSearchAttributes(s.Context(), &operatorservice.AddSearchAttributesRequest{Namespace: s.Namespace,
			SearchAttributes: map[string]enumspb.IndexedValueType{"FoxflowState": enumspb.INDEXED_VALUE_TYPE_INT}})
		return err == nil
	})
	require.Zero(t, s.Stop("foxflow-dev"))
	r := s.Command("foxflow-dev", s.Processes["foxflow-dev"].Args...)
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, "FoxflowState")
	assert.NotContains(t, r.Stdout, "ready")
}

func TestServerStopsWhenAsked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, asked := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := s.Processes["foxflow-dev"]
		require.NoError(t, p.Cmd.Process.Signal(asked))
		<-p.Done
		assert.Zero(t, p.Cmd.ProcessState.ExitCode(), asked)
		s.RunTemporal()
	}
}

func TestServerListensOnThisMachineAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the sockets of a process are read from Linux's /proc")
	}
	s := newServer(t)
	addresses := listening(t, s.Processes["foxflow-dev"].Cmd.Process.Pid)
	// Frontend, Web UI and three internal services: no metrics, no profiling.
	assert.Len(t, addresses, 5, addresses)
	for _, address := range addresses {
		assert.True(t, strings.HasPrefix(address, "0100007F:"), "%s is not 127.0.0.1", address)
	}
}

// listening are the local addresses, in hex, that a process listens on.
func listening(t *testing.T, pid int) (addresses []string) {
	t.Helper()
	own := map[string]bool{}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	require.NoError(t, err)
	for _, f := range files {
		if target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, f.Name())); err == nil {
			own[target] = true
		}
	}
	const listen = "0A"
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		require.NoError(t, err)
		for _, line := range strings.Split(string(text), "\n")[1:] {
			if f := strings.Fields(line); len(f) > 9 && f[3] == listen && own["socket:["+f[9]+"]"] {
				addresses = append(addresses, f[1])
			}
		}
	}
	return addresses
}

func TestServerRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	_, busy, _ := strings.Cut(s.Temporal, ":")
	_, free, _ := strings.Cut(freePort(t), ":")
	_, free2, _ := strings.Cut(freePort(t), ":")
	garbage := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(garbage, "temporal.db"), []byte(strings.Repeat("not a database ", 100)), 0o600))
	file := s.Write("file", "")
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"no command", nil, 2, []string{"foxflow-dev temporal"}},
		{"another command", []string{"server"}, 2, []string{`"server"`, "foxflow-dev --help"}},
		{"an unknown flag", []string{"temporal", "--prot", "1"}, 2, []string{"prot", "--help"}},
		{"an argument too much", []string{"temporal", "now"}, 2, []string{`"now"`}},
		{"a port that is none", []string{"temporal", "--port", "70000"}, 2, []string{"--port", "70000", "1 to 65535"}},
		{"one port for both", []string{"temporal", "--port", free, "--ui-port", free}, 2, []string{"--ui-port", "--port"}},
		{"an empty folder name", []string{"temporal", "--state-dir", ""}, 2, []string{"--state-dir", "is empty"}},
		{"a level that is none", []string{"temporal", "--log-level", "loud"}, 2, []string{"--log-level", "loud", "warn"}},
		{"the port is taken", []string{"temporal", "--port", busy, "--ui-port", free, "--state-dir", t.TempDir()}, 1, []string{"--port", busy, "in use"}},
		{"the Web UI's port is taken", []string{"temporal", "--port", free, "--ui-port", busy, "--state-dir", t.TempDir()}, 1, []string{"--ui-port", busy, "in use"}},
		{"the folder is taken", []string{"temporal", "--port", free, "--ui-port", free2, "--state-dir", s.TemporalDir}, 1, []string{"--state-dir", "another foxflow-dev"}},
		{"the folder is a file", []string{"temporal", "--port", free, "--ui-port", free2, "--state-dir", file}, 1, []string{"--state-dir", "not a folder"}},
		{"the database is something else", []string{"temporal", "--port", free, "--ui-port", free2, "--state-dir", garbage}, 1, []string{"--state-dir", "temporal.db", "move that file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := s.Command("foxflow-dev", c.args...)
			assert.Equal(t, c.code, r.Code)
			assert.NotContains(t, r.Stdout, "ready")
			for _, words := range c.says {
				assert.Contains(t, r.Stderr, words)
			}
			assert.NotContains(t, r.Stderr, "goroutine", "an answer, not a stack trace")
		})
	}
}
