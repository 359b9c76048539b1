package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"foxflow/order"
	"foxflow/workflows"
)

// Temporal is one namespace, with what opens its payloads.
type Temporal struct {
	client.Client
	Namespace string
	Payloads  converter.DataConverter
}

const (
	// listed is how many workflows are asked for at a time.
	listed = 1000
	// queryTakes bounds the wait for a worker that tells how an order stands.
	queryTakes = 10 * time.Second
)

// list is the order workflows with an execution status, by workflow id, with the id of the
// ledger that each belongs to ("": nobody said). It is a moment late.
func (t Temporal) list(ctx context.Context, status string) (map[string]string, error) {
	found := map[string]string{}
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: t.Namespace, PageSize: listed,
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = '%s'", workflows.OrderWorkflowName, status)}
	for {
		page, err := t.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list the orders in Temporal: %w", err)
		}
		for _, e := range page.GetExecutions() {
			found[e.GetExecution().GetWorkflowId()] = t.ledgerOf(e.GetMemo())
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return found, nil
		}
	}
}

// sealedAway stands for the id of a ledger that was sealed with another keyset.
const sealedAway = "(sealed with another keyset)"

func (t Temporal) ledgerOf(memo *commonpb.Memo) string {
	payload := memo.GetFields()[workflows.MemoLedger]
	if payload == nil {
		return ""
	}
	var id string
	if t.Payloads.FromPayload(payload, &id) != nil {
		return sealedAway
	}
	return id
}

// referenceOf is the reference whose order a workflow carries, by its id.
func referenceOf(workflowID string) (string, bool) {
	name, isOrder := strings.CutPrefix(workflowID, order.WorkflowID(""))
	reference, err := url.PathUnescape(name)
	return reference, isOrder && err == nil
}

// look is the workflow of a reference as it is now; nil: there is none.
func (t Temporal) look(ctx context.Context, reference string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	found, err := t.DescribeWorkflowExecution(ctx, order.WorkflowID(reference), "")
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ask Temporal for order %s: %w", reference, err)
	}
	return found, nil
}

func runs(info *workflowpb.WorkflowExecutionInfo) bool {
	return info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// request is what a workflow was started with.
func (t Temporal) request(ctx context.Context, workflowID string) (order.Request, error) {
	history := t.GetWorkflowHistory(ctx, workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !history.HasNext() {
		return order.Request{}, fmt.Errorf("read workflow %s: it has no history", workflowID)
	}
	first, err := history.Next()
	if err != nil {
		return order.Request{}, fmt.Errorf("read workflow %s: %w", workflowID, err)
	}
	var in workflows.OrderInput
	if err := t.Payloads.FromPayloads(first.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in); err != nil {
		return order.Request{}, fmt.Errorf("open what workflow %s was started with: %w", workflowID, err)
	}
	return in.Request, nil
}

// status asks a running workflow how its order stands: a worker must be running.
func (t Temporal) status(ctx context.Context, workflowID string) (s order.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTakes)
	defer cancel()
	answer, err := t.QueryWorkflow(ctx, workflowID, "", workflows.QueryStatus)
	if err == nil {
		err = answer.Get(&s)
	}
	if err != nil {
		return s, fmt.Errorf("ask workflow %s how its order stands (a worker must be running): %w", workflowID, err)
	}
	return s, nil
}

// result is how the order of a workflow stands that has completed.
func (t Temporal) result(ctx context.Context, workflowID string) (s order.Status, err error) {
	if err := t.GetWorkflow(ctx, workflowID, "").Get(ctx, &s); err != nil {
		return s, fmt.Errorf("read what workflow %s came to: %w", workflowID, err)
	}
	return s, nil
}
