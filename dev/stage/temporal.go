package stage

import (
	"context"
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

// Attributes are the search Attributes of the interface's table "For programs".
var Attributes = map[string]enumspb.IndexedValueType{
	"FoxflowState":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowOrderId":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowCancelReason": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowMock":         enumspb.INDEXED_VALUE_TYPE_BOOL,
}

// AttributesQuery is a search that is understood once all of them are known.
const AttributesQuery = `FoxflowState = "none" AND FoxflowOrderId = "none" AND FoxflowCancelReason = "none" AND FoxflowMock = true`

// StartTemporal starts a server for this stack alone, which takes a second. Where
// TEMPORAL_ADDRESS names one, the stack gets a namespace of its own there: one
// ledger goes with one namespace.
func (s *Stack) StartTemporal() {
	s.Helper()
	if address := os.Getenv("TEMPORAL_ADDRESS"); address != "" {
		if s.own {
			s.Skip("the story kills its Temporal server, and TEMPORAL_ADDRESS names somebody's")
		}
		s.Temporal, s.Namespace = address, "foxflow-"+s.Queue
		s.NewNamespace()
		return
	}
	s.Temporal, s.Namespace, s.UI = FreePort(s), "default", "http://"+FreePort(s)
	s.RunTemporal()
}

// RunTemporal starts the stack's own server, again after a kill, and returns once
// it says that it is ready.
func (s *Stack) RunTemporal(flags ...string) {
	s.Helper()
	_, port, err := net.SplitHostPort(s.Temporal)
	require.NoError(s, err)
	_, uiPort, err := net.SplitHostPort(strings.TrimPrefix(s.UI, "http://"))
	require.NoError(s, err)
	log := filepath.Join(s.Dir, "foxflow-dev.log")
	before, _ := os.ReadFile(log)
	if s.Codec != "" {
		flags = append(flags, "--codec-endpoint", "http://"+s.Codec+s.CodecPath)
	}
	s.Run("foxflow-dev", append([]string{"temporal", "--port", port, "--ui-port", uiPort, "--state-dir", s.TemporalDir}, flags...)...)
	s.Eventually("foxflow-dev to be ready", func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(text[len(before):]), "ready temporal=")
	})
}

// NewNamespace makes the stack's namespace on a server that is not its own.
func (s *Stack) NewNamespace() {
	s.Helper()
	c := s.Client()
	_, err := c.WorkflowService().RegisterNamespace(s.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: s.Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
	require.NoError(s, err)
	s.Eventually("namespace "+s.Namespace, func() bool {
		_, err := c.OperatorService().AddSearchAttributes(s.Context(), &operatorservice.AddSearchAttributesRequest{
			Namespace: s.Namespace, SearchAttributes: Attributes})
		return err == nil
	})
	s.Eventually("the search Attributes of "+s.Namespace, func() bool { return Find(s.Context(), c, AttributesQuery) == nil })
}

// Find asks a client's namespace; nil: the query was understood.
func Find(ctx context.Context, c client.Client, query string) error {
	_, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query}) // the namespace is the client's
	return err
}

// Client is a Temporal client beside foxflow's programs. It has no keyset: what it
// reads is what lies in Temporal.
func (s *Stack) Client() client.Client {
	s.Helper()
	c, err := client.DialContext(s.Context(), client.Options{HostPort: s.Temporal, Namespace: s.Namespace, Logger: quiet{}})
	require.NoError(s, err)
	s.Cleanup(c.Close)
	return c
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
