package main

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

const (
	// stuckAfter is how often in a row a workflow's task fails before that is worth a word: a
	// worker that dies fails one, too.
	stuckAfter = 3
	// stuckLooks is how many of the last events hold the failure.
	stuckLooks = 10
)

// stuck says why a workflow does not get on though workers take its tasks: each fails, as
// where the worker has another ledger or keyset. "": it gets on, or nobody takes them.
func (t *temporal) stuck(ctx context.Context, execution *commonpb.WorkflowExecution, task *workflowpb.PendingWorkflowTaskInfo) string {
	if task.GetAttempt() < stuckAfter {
		return ""
	}
	said := fmt.Sprintf("Its workflow does not get on: its task has failed %d times in a row", task.GetAttempt()-1)
	last, err := t.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: t.namespace, Execution: execution, MaximumPageSize: stuckLooks})
	if err != nil {
		return said
	}
	for _, event := range last.GetHistory().GetEvents() {
		if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			_, message := t.failure(failed.GetFailure())
			return said + ": " + message
		}
	}
	return said
}
