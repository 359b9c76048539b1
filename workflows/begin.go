package workflows

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// Starter is the part of Temporal's client that starts workflows and looks at them.
type Starter interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

// Execution is what Temporal knows of a workflow.
type Execution struct {
	Ledger string // the id of the ledger that it belongs to; "": sealed with another keyset, or not said
	Closed bool
}

// Find asks Temporal for a workflow; there is false where it knows none.
func Find(ctx context.Context, t Starter, payloads converter.DataConverter, workflowID string) (found Execution, there bool, err error) {
	answer, err := t.DescribeWorkflowExecution(ctx, workflowID, "")
	if missing := new(serviceerror.NotFound); errors.As(err, &missing) {
		return Execution{}, false, nil
	}
	if err != nil {
		return Execution{}, false, err
	}
	info := answer.GetWorkflowExecutionInfo()
	if payload := info.GetMemo().GetFields()[MemoLedger]; payload != nil {
		_ = payloads.FromPayload(payload, &found.Ledger) // what does not open is somebody else's
	}
	found.Closed = info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	return found, true, nil
}

// SurelyNotStarted says whether an answer of Temporal excludes that a workflow was started.
// What is not on the list (no answer, internal errors) may have been carried out.
func SurelyNotStarted(err error) bool {
	for _, refusal := range []any{new(*serviceerror.InvalidArgument), new(*serviceerror.NamespaceNotFound), new(*serviceerror.PermissionDenied),
		new(*serviceerror.NotFound), new(*serviceerror.ResourceExhausted), new(*serviceerror.Unimplemented)} {
		if errors.As(err, refusal) {
			return true
		}
	}
	return false
}
