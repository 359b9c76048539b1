package clienttest

import (
	"context"
	"errors"
	"sync"

	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"foxflow/order"
	"foxflow/workflows"
)

// Temporal is the SDK's mock, made to remember its workflows. Its Dial is what a
// client.Temporal takes.
type Temporal struct {
	*mocks.Client
	operatorservice.OperatorServiceClient

	// Down: nobody answers. Lacks are search attributes that it does not have. Store is what
	// it says it keeps workflows in; "": it does not say.
	Down  bool
	Lacks []string
	Store string

	// Starting may refuse a start, of an order by its reference or of a top-up by its id.
	Starting func(name string) error
	// Works and Tops are what a worker does with an order, or a top-up, that has started.
	Works, Tops func(name string)
	// Looking may refuse a look at a workflow.
	Looking func(workflowID string) error
	// Asked hears of each look at a workflow.
	Asked func(workflowID string)
	// Cancelled and Resolved are the order's answers to the updates.
	Cancelled func(reference string) (order.Status, error)
	Resolved  func(reference string, r workflows.Resolution) (order.Status, error)

	mu        sync.Mutex
	dialled   int
	payloads  converter.DataConverter // of the client that was last connected
	workflows map[string]Workflow     // by workflow id
	started   []workflows.OrderInput
	requested []workflows.TopUpInput
	signalled []string
}

// Workflow is what it remembers of one.
type Workflow struct {
	Ledger string // the id of the ledger that it belongs to
	Status enumspb.WorkflowExecutionStatus
}

// New is a Temporal without workflows, that refuses nothing and has no worker.
func New() *Temporal {
	nothing := func(string) {}
	f := &Temporal{Client: &mocks.Client{}, workflows: map[string]Workflow{},
		Starting: func(string) error { return nil }, Looking: func(string) error { return nil }, Asked: nothing, Works: nothing, Tops: nothing}
	f.On("Close").Return()
	f.On("WorkflowService").Return(func() workflowservice.WorkflowServiceClient { return cluster{store: f.Store} })
	f.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(f.start)
	f.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil).Maybe()
	f.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(f.describe)
	f.On("SignalWorkflow", mock.Anything, mock.Anything, "", workflows.SignalTopUp, nil).Return(f.signal)
	f.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(f.update)
	f.On("OperatorService").Return(f)
	return f
}

// Dial connects, unless it is down.
func (f *Temporal) Dial(_ context.Context, o client.Options) (client.Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialled++
	if f.Down {
		return nil, errors.New("connection refused")
	}
	f.payloads = o.DataConverter
	return f, nil
}

// Dialled is how often it was dialled, up or down.
func (f *Temporal) Dialled() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dialled
}

// Has makes it know a workflow.
func (f *Temporal) Has(workflowID string, w Workflow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.workflows[workflowID] = w
}

// Runs makes it know running orders of a ledger.
func (f *Temporal) Runs(ledgerID string, references ...string) {
	for _, reference := range references {
		f.Has(order.WorkflowID(reference), Workflow{ledgerID, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING})
	}
}

// Forget makes it know a workflow no more.
func (f *Temporal) Forget(workflowID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.workflows, workflowID)
}

// Workflow is what it knows of one.
func (f *Temporal) Workflow(workflowID string) (w Workflow, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w, known = f.workflows[workflowID]
	return w, known
}

// Started are the orders that were started, in turn.
func (f *Temporal) Started() []workflows.OrderInput {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]workflows.OrderInput(nil), f.started...)
}

// Requested are the top-ups that were started, in turn.
func (f *Temporal) Requested() []workflows.TopUpInput {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]workflows.TopUpInput(nil), f.requested...)
}

// Signalled are the references whose orders were told to look again, since it was last
// asked.
func (f *Temporal) Signalled() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := f.signalled
	f.signalled = nil
	return told
}
