package reconcile

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"

	"foxflow/ledger"
	"foxflow/order"
)

// Mend puts right what can be put right of a finding without a person; done is what it came
// to, "" where a person is needed.
func Mend(ctx context.Context, book *ledger.Ledger, t Temporal, f Finding, payTakes time.Duration, now time.Time) (done string, err error) {
	switch f.Kind {
	case NoRow:
		return TakeUp(ctx, book, t, f.Reference, payTakes, now)
	case Forgotten:
		return remember(ctx, book, t, f.Reference, now)
	case WorkflowEnded:
		return takeOver(ctx, book, t, f.Reference, now)
	}
	return "", nil
}

// remember puts an order on record again whose workflow has completed.
func remember(ctx context.Context, book *ledger.Ledger, t Temporal, reference string, now time.Time) (done string, err error) {
	id := order.WorkflowID(reference)
	request, err := t.request(ctx, id)
	if err != nil {
		return "", err
	}
	status, err := t.result(ctx, id)
	if err != nil {
		return "", err
	}
	status.Reference = reference
	_, err = book.Orders.TakeUp(ctx, ledger.Running{Request: request, Status: status, Sent: status.State == order.Completed, At: now})
	return fmt.Sprintf("put on record as %s", status.State), err
}

// takeOver puts on record how an order ended whose workflow has completed; one that was
// ended before its order, a person has to set going.
func takeOver(ctx context.Context, book *ledger.Ledger, t Temporal, reference string, now time.Time) (done string, err error) {
	found, err := t.look(ctx, reference)
	if err != nil || found.GetWorkflowExecutionInfo().GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return "", err
	}
	status, err := t.result(ctx, order.WorkflowID(reference))
	if err != nil {
		return "", err
	}
	e := ledger.Entry{Reference: reference, Key: fmt.Sprintf("taken-over/%d", now.UnixNano()), Kind: ledger.KindState, State: status.State,
		Reason: "the ledger was put back from a backup: this is how the order's workflow ended", At: now}
	if status.OrderID != nil {
		e.OrderID = *status.OrderID
	}
	return fmt.Sprintf("put on record as %s", status.State), book.Orders.Record(ctx, e, status)
}

// TakeUp makes the row of an order anew that runs and is not in the ledger. Payments that
// may be on their way may be so for payTakes.
func TakeUp(ctx context.Context, book *ledger.Ledger, t Temporal, reference string, payTakes time.Duration, now time.Time) (done string, err error) {
	id := order.WorkflowID(reference)
	request, err := t.request(ctx, id)
	if err != nil {
		return "", err
	}
	status, err := t.status(ctx, id)
	if err != nil {
		return "", err
	}
	found, err := t.look(ctx, reference)
	if err != nil {
		return "", err
	}
	// What a step has sent that is being tried, the workflow does not know.
	sent := status.PaymentInDoubt || status.State.MoneyOut() || len(found.GetPendingActivities()) > 0
	lacked, err := book.Orders.TakeUp(ctx, ledger.Running{Request: request, Status: status, Sent: sent, InFlight: payTakes, At: now})
	if err != nil || !lacked {
		return "", err
	}
	return fmt.Sprintf("taken up as %s", status.State), nil
}
