package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// attributes are the search attributes of the interface's table "For programs".
var attributes = map[string]enumspb.IndexedValueType{
	"FoxflowState":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowOrderId":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowCancelReason": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowMock":         enumspb.INDEXED_VALUE_TYPE_BOOL,
}

const attributesQuery = `FoxflowState = "none" AND FoxflowOrderId = "none" AND FoxflowCancelReason = "none" AND FoxflowMock = true`

// startTemporal starts a server for this stack alone, which takes a second. Where
// TEMPORAL_ADDRESS names one, the stack gets a namespace of its own there: one
// ledger goes with one namespace.
func (s *stack) startTemporal() {
	s.Helper()
	if address := os.Getenv("TEMPORAL_ADDRESS"); address != "" {
		if s.own {
			s.Skip("the story kills its Temporal server, and TEMPORAL_ADDRESS names somebody's")
		}
		s.temporal, s.namespace = address, "foxflow-"+s.queue
		s.newNamespace()
		return
	}
	s.temporal, s.namespace, s.ui = freePort(s), "default", "http://"+freePort(s)
	s.runTemporal()
}

// runTemporal starts the stack's own server, again after a kill, and returns once
// it says that it is ready.
func (s *stack) runTemporal(flags ...string) {
	s.Helper()
	_, port, err := net.SplitHostPort(s.temporal)
	require.NoError(s, err)
	_, uiPort, err := net.SplitHostPort(strings.TrimPrefix(s.ui, "http://"))
	require.NoError(s, err)
	log := filepath.Join(s.dir, "foxflow-dev.log")
	before, _ := os.ReadFile(log)
	if s.codec != "" {
		flags = append(flags, "--codec-endpoint", "http://"+s.codec+s.codecPath)
	}
	s.run("foxflow-dev", append([]string{"temporal", "--port", port, "--ui-port", uiPort, "--state-dir", s.temporalDir()}, flags...)...)
	s.eventually("foxflow-dev to be ready", func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(text[len(before):]), "ready temporal=")
	})
}

func (s *stack) temporalDir() string { return filepath.Join(s.dir, "temporal") }

func (s *stack) newNamespace() {
	s.Helper()
	c := s.client()
	_, err := c.WorkflowService().RegisterNamespace(s.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: s.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
	require.NoError(s, err)
	s.eventually("namespace "+s.namespace, func() bool {
		_, err := c.OperatorService().AddSearchAttributes(s.Context(), &operatorservice.AddSearchAttributesRequest{
			Namespace: s.namespace, SearchAttributes: attributes})
		return err == nil
	})
	s.eventually("the search attributes of "+s.namespace, func() bool { return s.find(c, attributesQuery) == nil })
}

// find asks visibility; nil: the query was understood.
func (s *stack) find(c client.Client, query string) error {
	_, err := c.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.namespace, Query: query})
	return err
}

// client is a Temporal client beside foxflow's programs. It has no keyset: what it
// reads is what lies in Temporal.
func (s *stack) client() client.Client {
	s.Helper()
	c, err := client.DialContext(s.Context(), client.Options{HostPort: s.temporal, Namespace: s.namespace, Logger: quiet{}})
	require.NoError(s, err)
	s.Cleanup(c.Close)
	return c
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
