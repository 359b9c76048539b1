package reconcile

import (
	"context"
	"fmt"
	"time"

	"foxflow/ledger"
	"foxflow/order"
)

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
	lacked, err := book.TakeUp(ctx, ledger.Running{Request: request, Status: status, Sent: sent, InFlight: payTakes, At: now})
	if err != nil || !lacked {
		return "", err
	}
	return fmt.Sprintf("taken up as %s", status.State), nil
}
