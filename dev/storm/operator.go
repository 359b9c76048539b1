package storm

import (
	"context"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// resetOrders resets orders from their first event, whether they run or have
// ended: the workflow forgets everything, the ledger does not.
func (h *hand) resetOrders() {
	for h.pause(time.Second, 4*time.Second) {
		p, ok := h.anyPlaced()
		if !ok {
			continue
		}
		h.mu.Lock()
		h.reset[p.reference]++ // also when the answer is lost
		h.mu.Unlock()
		if h.resetOrder(p.reference) == nil {
			h.count(&h.done.Resets, 1)
		}
		if p.mayTakeBack() && h.IntN(3) == 0 {
			// The worst moment: the workflow knows of no order yet.
			h.takeBackBy("cancel", p.reference)
		}
	}
}

func (h *hand) resetOrder(reference string) error {
	ctx, cancel := context.WithTimeout(h.Stack.Context(), 20*time.Second)
	defer cancel()
	workflow := "order/" + reference
	history := h.client.GetWorkflowHistory(ctx, workflow, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return err
		}
		if event.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			_, err := h.client.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
				Namespace: h.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflow}, Reason: "storm",
				RequestId: fmt.Sprint(reference, time.Now().UnixNano()), WorkflowTaskFinishEventId: event.EventId})
			return err
		}
	}
	return fmt.Errorf("reset %s: it has not begun", reference)
}
