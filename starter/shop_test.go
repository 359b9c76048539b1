package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/grpc"

	"foxflow/activities"
	"foxflow/keyset"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// shop is a partner at a keyboard: a ledger of their own, a Temporal and a
// FoxReload that behave as the test says.
type shop struct {
	t        *testing.T
	keys     string
	env      []string
	book     *ledger.Ledger
	temporal *fakeTemporal
	now      time.Time
	stdin    string
	// onTerminal: a person looks at what is printed.
	onTerminal bool
	// rechecks is how FoxReload's order is found when it is looked at again; nil: as it is.
	rechecks func(context.Context, *activities.Activities, string) (order.Status, error)
}

type answer struct {
	status   int
	out, err string
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newShop(t *testing.T) *shop {
	t.Helper()
	keys, err := keyset.New()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "foxflow.db")
	s := &shop{t: t, keys: keys, now: noon, env: []string{"FOXFLOW_KEYSET=" + keys, "FOXFLOW_LEDGER=" + path, "HOME=" + t.TempDir()}}
	parsed, err := keyset.Parse(keys)
	require.NoError(t, err)
	s.book, err = ledger.Open(t.Context(), path, parsed)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.book.Close() })
	s.temporal = newFakeTemporal(s)
	return s
}

// run types a command.
func (s *shop) run(args ...string) answer { return s.runFor(s.t.Context(), args...) }

func (s *shop) runFor(ctx context.Context, args ...string) answer {
	s.t.Helper()
	var out, errs bytes.Buffer
	status := s.runTo(ctx, &out, &errs, args...)
	return answer{status, out.String(), errs.String()}
}

// runTo types a command whose output goes elsewhere.
func (s *shop) runTo(ctx context.Context, out, errs io.Writer, args ...string) int {
	a := newApp(s.env, out, errs)
	a.now = func() time.Time { return s.now }
	a.lookEvery = 5 * time.Millisecond
	a.dial = s.temporal.dial
	a.OutTerminal = s.onTerminal
	a.stdin = strings.NewReader(s.stdin)
	if s.rechecks != nil {
		a.recheckWith = s.rechecks
	}
	return a.run(ctx, args)
}

func (s *shop) setenv(lines ...string) { s.env = append(s.env, lines...) }

// enters puts a state on record, as a worker would.
func (s *shop) enters(reference string, state order.State, changes ...func(*order.Status)) order.Status {
	s.t.Helper()
	status, err := s.book.Status(context.Background(), reference)
	require.NoError(s.t, err)
	entries, err := s.book.Audit(context.Background(), reference)
	require.NoError(s.t, err)
	status.State = state
	status.WaitingFor, status.WaitingForCode = nil, nil
	status.UpdatedAt = s.now.Add(time.Duration(len(entries)) * time.Second)
	for _, change := range changes {
		change(&status)
	}
	require.NoError(s.t, s.book.Record(context.Background(), ledger.Entry{Reference: reference, Key: fmt.Sprintf("state/%d", len(entries)),
		Kind: ledger.KindState, State: state, Reason: deref(status.CancelReason), OrderID: deref(status.OrderID), At: status.UpdatedAt}, status))
	return status
}

// begins puts an order on record without any workflow.
func (s *shop) begins(reference string, mock bool) {
	s.t.Helper()
	_, _, err := s.book.Begin(s.t.Context(), order.Request{Reference: reference, Mock: mock, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}, s.now)
	require.NoError(s.t, err)
}

// completes takes an order to its codes.
func (s *shop) completes(reference string, codes ...string) {
	s.t.Helper()
	s.enters(reference, order.Creating)
	s.enters(reference, order.Active, withOrder("1f0c-"+reference), priced("9.55", "usd"))
	s.enters(reference, order.Paid)
	var delivered []ledger.Code
	for _, code := range codes {
		delivered = append(delivered, ledger.Code{ItemID: "product_a", Raw: json.RawMessage(code)})
	}
	require.NoError(s.t, s.book.StoreCodes(context.Background(), reference, "1f0c-"+reference, delivered))
	s.enters(reference, order.Completed, func(o *order.Status) { o.Items[0].Codes = len(codes) })
}

// completesWithout takes an order of one item to its end without all of its codes.
func (s *shop) completesWithout(reference string, missing int, codes ...string) {
	s.t.Helper()
	s.enters(reference, order.Creating)
	s.enters(reference, order.Active, withOrder("1f0c-"+reference))
	s.enters(reference, order.Paid)
	var delivered []ledger.Code
	for _, code := range codes {
		delivered = append(delivered, ledger.Code{ItemID: "product_a", Raw: json.RawMessage(code)})
	}
	require.NoError(s.t, s.book.StoreCodes(context.Background(), reference, "1f0c-"+reference, delivered))
	s.enters(reference, order.Completed, func(o *order.Status) { o.Items[0].Codes, o.Items[0].Missing = len(codes), missing })
}

func withOrder(id string) func(*order.Status) { return func(o *order.Status) { o.OrderID = &id } }

func priced(price, currency string) func(*order.Status) {
	return func(o *order.Status) { o.Price, o.Currency = &price, &currency }
}

func because(reason string) func(*order.Status) {
	return func(o *order.Status) { o.CancelReason = &reason }
}

func waitsFor(what order.Wait) func(*order.Status) {
	return func(o *order.Status) { o.WaitingForCode = &what }
}

// state is how an order stands on record, "" when there is none.
func (s *shop) state(reference string) order.State {
	s.t.Helper()
	status, err := s.book.Status(s.t.Context(), reference)
	if errors.Is(err, ledger.ErrNotFound) {
		return ""
	}
	require.NoError(s.t, err)
	return status.State
}

func (s *shop) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// foxreload gives the account's balance and a price to each product.
func (s *shop) foxreload(available string, prices map[string]string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		id := strings.TrimPrefix(r.URL.Path, "/api/products/")
		price, known := prices[id]
		switch {
		case r.Header.Get("X-API-Key") != "partner-key":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"code":"UNAUTHORIZED","detail":"bad key"}`))
		case strings.HasPrefix(r.URL.Path, "/api/access/me/balances"):
			_, _ = fmt.Fprintf(w, `[{"currency":"usd","available":%q,"reserved":"0","pending":"0"}]`, available)
		case r.URL.Path == "/api/orders/":
			_, _ = fmt.Fprint(w, `{"items":[],"total":0}`)
		case id == "search":
			_, _ = fmt.Fprint(w, `[{"id":"product_a","name":"Gift card\u001b[31m","price":"5.50","currency":"usd","quantity":3,"orderMinQuantity":1,"orderMaxQuantity":10,"requiredNoteFields":["player_id"]},{"id":"product_b","name":"Sold out","price":null}]`)
		case known:
			_, _ = fmt.Fprintf(w, `{"id":%q,"name":"Product","price":%s,"currency":"usd"}`, id, price)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":"NOT_FOUND","detail":"no such product"}`))
		}
	}))
	s.t.Cleanup(server.Close)
	s.setenv("FOXRELOAD_API_KEY=partner-key", "FOXRELOAD_BASE_URL="+server.URL)
}

// fakeTemporal is the SDK's mock, made to remember its workflows.
type fakeTemporal struct {
	*mocks.Client
	operatorservice.OperatorServiceClient
	lacks     []string // search attributes
	mu        sync.Mutex
	down      bool
	store     string                  // what it keeps workflows in
	payloads  converter.DataConverter // of the client that was last connected
	workflows map[string]*fakeWorkflow
	started   []workflows.OrderInput
	signalled []string
	// starting may refuse a start; works is what the worker does then.
	starting func(reference string) error
	asked    func(id string)
	works    func(reference string)
	// requested are the top-ups; tops is what the worker does with one.
	requested []workflows.TopUpInput
	tops      func(id string)
	cancelled func(reference string) (order.Status, error)
	resolved  func(reference string, r workflows.Resolution) (order.Status, error)
}

// cluster tells what Temporal runs on.
type cluster struct {
	workflowservice.WorkflowServiceClient
	store string
}

func (c cluster) GetClusterInfo(context.Context, *workflowservice.GetClusterInfoRequest, ...grpc.CallOption) (*workflowservice.GetClusterInfoResponse, error) {
	if c.store == "" {
		return nil, serviceerror.NewPermissionDenied("not for you", "")
	}
	return &workflowservice.GetClusterInfoResponse{PersistenceStore: c.store}, nil
}

type fakeWorkflow struct {
	ledger string
	status enumspb.WorkflowExecutionStatus
}

func newFakeTemporal(s *shop) *fakeTemporal {
	f := &fakeTemporal{Client: &mocks.Client{}, workflows: map[string]*fakeWorkflow{},
		starting: func(string) error { return nil }, asked: func(string) {}, works: func(string) {}, tops: func(string) {}}
	f.On("Close").Return()
	f.On("WorkflowService").Return(func() workflowservice.WorkflowServiceClient { return cluster{store: f.store} })
	f.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(f.start)
	f.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil).Maybe()
	f.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(f.describe)
	f.On("SignalWorkflow", mock.Anything, mock.Anything, "", workflows.SignalTopUp, nil).Return(f.signal)
	f.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(f.update)
	f.On("OperatorService").Return(f)
	return f
}

// ListSearchAttributes is all that is asked of the operator service.
func (f *fakeTemporal) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	have := map[string]enumspb.IndexedValueType{"FoxflowState": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "FoxflowOrderId": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"FoxflowCancelReason": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "FoxflowMock": enumspb.INDEXED_VALUE_TYPE_BOOL}
	for _, name := range f.lacks {
		delete(have, name)
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: have}, nil
}

func (f *fakeTemporal) dial(_ context.Context, o client.Options) (client.Client, error) {
	if f.down {
		return nil, errors.New("connection refused")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.payloads = o.DataConverter
	return f, nil
}

func (f *fakeTemporal) start(_ context.Context, o client.StartWorkflowOptions, name any, args ...any) (client.WorkflowRun, error) {
	if in, isTopUp := args[0].(workflows.TopUpInput); isTopUp {
		return f.startTopUp(o, name, in)
	}
	in := args[0].(workflows.OrderInput)
	if err := f.starting(in.Request.Reference); err != nil {
		return nil, err
	}
	if name != workflows.OrderWorkflowName || o.ID != order.WorkflowID(in.Request.Reference) {
		return nil, fmt.Errorf("unexpected workflow %v %s", name, o.ID)
	}
	f.mu.Lock()
	_, there := f.workflows[o.ID]
	if !there {
		f.workflows[o.ID] = &fakeWorkflow{o.Memo[workflows.MemoLedger].(string), enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
		f.started = append(f.started, in)
	}
	f.mu.Unlock()
	if !there {
		f.works(in.Request.Reference)
	}
	return &mocks.WorkflowRun{}, nil
}

func (f *fakeTemporal) startTopUp(o client.StartWorkflowOptions, name any, in workflows.TopUpInput) (client.WorkflowRun, error) {
	if err := f.starting(in.Request.ID); err != nil {
		return nil, err
	}
	if name != workflows.TopUpWorkflowName || o.ID != order.TopUpWorkflowID(in.Request.ID) {
		return nil, fmt.Errorf("unexpected workflow %v %s", name, o.ID)
	}
	f.mu.Lock()
	_, there := f.workflows[o.ID]
	if !there {
		f.workflows[o.ID] = &fakeWorkflow{o.Memo[workflows.MemoLedger].(string), enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
		f.requested = append(f.requested, in)
	}
	f.mu.Unlock()
	if !there {
		f.tops(in.Request.ID)
	}
	return &mocks.WorkflowRun{}, nil
}

func (f *fakeTemporal) describe(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.asked(id)
	f.mu.Lock()
	defer f.mu.Unlock()
	w, known := f.workflows[id]
	if !known {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	memo, err := f.payloads.ToPayload(w.ledger)
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Status: w.status, Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.MemoLedger: memo}}}}, err
}

func (f *fakeTemporal) signal(_ context.Context, id, _, _ string, _ any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.workflows[id]; !known {
		return serviceerror.NewNotFound("no such workflow")
	}
	f.signalled = append(f.signalled, strings.TrimPrefix(id, "order/"))
	return nil
}

func (f *fakeTemporal) update(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	reference := strings.TrimPrefix(o.WorkflowID, "order/")
	var status order.Status
	var err error
	switch {
	case o.WaitForStage != client.WorkflowUpdateStageCompleted:
		return nil, errors.New("the command would not wait for the answer")
	case o.UpdateName == workflows.UpdateCancel:
		status, err = f.cancelled(reference)
	case o.UpdateName == workflows.UpdateResolve:
		status, err = f.resolved(reference, o.Args[0].(workflows.Resolution))
	default:
		return nil, fmt.Errorf("unexpected update %s", o.UpdateName)
	}
	handle := &mocks.WorkflowUpdateHandle{}
	handle.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*order.Status) = status }).Return(err)
	return handle, nil
}

// runs makes Temporal know a running workflow of this ledger.
func (f *fakeTemporal) runs(ledgerID string, references ...string) {
	for _, reference := range references {
		f.workflows[order.WorkflowID(reference)] = &fakeWorkflow{ledgerID, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	}
}

// problem is the error of JSON mode: the last line on stderr.
func problem(t *testing.T, a answer) (message, hint string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(a.err), "\n")
	var doc map[string]map[string]string
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &doc), a.err)
	require.Len(t, doc, 1)
	require.Len(t, doc["error"], 2)
	return doc["error"]["message"], doc["error"]["hint"]
}
