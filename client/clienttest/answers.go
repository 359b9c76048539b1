package clienttest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/stretchr/testify/mock"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/grpc"

	"foxflow/order"
	"foxflow/workflows"
)

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

// ListSearchAttributes is all that is asked of the operator service.
func (f *Temporal) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	have := map[string]enumspb.IndexedValueType{"FoxflowState": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "FoxflowOrderId": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"FoxflowCancelReason": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "FoxflowMock": enumspb.INDEXED_VALUE_TYPE_BOOL}
	for _, name := range f.Lacks {
		delete(have, name)
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: have}, nil
}

func (f *Temporal) start(_ context.Context, o client.StartWorkflowOptions, name any, args ...any) (client.WorkflowRun, error) {
	switch in := args[0].(type) {
	case workflows.OrderInput:
		reference := in.Request.Reference
		return f.begin(o, name, workflows.OrderWorkflowName, order.WorkflowID(reference), reference,
			func() { f.started = append(f.started, in) }, f.Works)
	case workflows.TopUpInput:
		return f.begin(o, name, workflows.TopUpWorkflowName, order.TopUpWorkflowID(in.Request.ID), in.Request.ID,
			func() { f.requested = append(f.requested, in) }, f.Tops)
	}
	return nil, fmt.Errorf("unexpected input %T", args[0])
}

// begin starts a workflow that is not there: keep notes what was asked, and works is its worker.
func (f *Temporal) begin(o client.StartWorkflowOptions, name any, workflow, id, of string, keep func(), works func(string)) (client.WorkflowRun, error) {
	if err := f.Starting(of); err != nil {
		return nil, err
	}
	if name != workflow || o.ID != id {
		return nil, fmt.Errorf("unexpected workflow %v %s", name, o.ID)
	}
	f.mu.Lock()
	_, there := f.workflows[o.ID]
	if !there {
		f.workflows[o.ID] = Workflow{o.Memo[workflows.MemoLedger].(string), enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
		keep()
	}
	f.mu.Unlock()
	if !there {
		works(of)
	}
	return &mocks.WorkflowRun{}, nil
}

func (f *Temporal) describe(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.Asked(id)
	if err := f.Looking(id); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w, known := f.workflows[id]
	if !known {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	memo, err := f.payloads.ToPayload(w.Ledger)
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Status: w.Status, Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.MemoLedger: memo}}}}, err
}

func (f *Temporal) signal(_ context.Context, id, _, _ string, _ any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.workflows[id]; !known {
		return serviceerror.NewNotFound("no such workflow")
	}
	f.signalled = append(f.signalled, strings.TrimPrefix(id, "order/"))
	return nil
}

func (f *Temporal) update(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	reference := strings.TrimPrefix(o.WorkflowID, "order/")
	var status order.Status
	var err error
	switch {
	case o.WaitForStage != client.WorkflowUpdateStageCompleted:
		return nil, errors.New("the command would not wait for the answer")
	case o.UpdateName == workflows.UpdateCancel:
		status, err = f.Cancelled(reference)
	case o.UpdateName == workflows.UpdateResolve:
		status, err = f.Resolved(reference, o.Args[0].(workflows.Resolution))
	default:
		return nil, fmt.Errorf("unexpected update %s", o.UpdateName)
	}
	handle := &mocks.WorkflowUpdateHandle{}
	handle.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*order.Status) = status }).Return(err)
	return handle, nil
}
