package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"foxflow/ledger"
	"foxflow/order"
)

// Types of the errors that end a workflow which should not have been started.
const (
	TypeReferenceConflict = "ReferenceConflict"
	TypeInvalidRequest    = "InvalidRequest"
)

// OpenOrder checks the request and sees to the ledger's row of the reference. The
// starter has done both already; a program that starts the workflow by itself has
// not. It fails, not to be retried, with TypeInvalidRequest when the request is not
// sound or runs under another workflow id than its reference's (two workflows must
// never carry one reference), and with TypeReferenceConflict when the ledger knows
// the reference with other content.
func (a *Activities) OpenOrder(ctx context.Context, r order.Request, startedAt time.Time) error {
	if wrong := r.Validate(); len(wrong) > 0 {
		return temporal.NewNonRetryableApplicationError(wrong[0].Error(), TypeInvalidRequest, nil)
	}
	if id := activity.GetInfo(ctx).WorkflowExecution.ID; id != order.WorkflowID(r.Reference) {
		return temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the order of reference %s must run as workflow %s, not %s", r.Reference, order.WorkflowID(r.Reference), id),
			TypeInvalidRequest, nil)
	}
	_, _, err := a.Ledger.Begin(ctx, r, startedAt)
	if conflict := new(ledger.ConflictError); errors.As(err, &conflict) {
		return temporal.NewNonRetryableApplicationError(conflict.Error(), TypeReferenceConflict, nil)
	}
	return err
}

// RecordInput is one state that belongs to no call of the API.
type RecordInput struct {
	Status order.Status `json:"status"`
	Seq    int          `json:"seq"`
	Reason string       `json:"reason,omitempty"`
}

// RecordState appends the state to the audit log and makes it the ledger's view
// of the order. Doing it again changes nothing.
func (a *Activities) RecordState(ctx context.Context, in RecordInput) error {
	return a.record(ctx, in.Status, in.Seq, in.Reason)
}

func (a *Activities) record(ctx context.Context, s order.Status, seq int, reason string) error {
	return a.Ledger.Record(ctx, ledger.Entry{
		Reference: s.Reference,
		Key:       stateKey(activity.GetInfo(ctx).WorkflowExecution.RunID, seq, s.State),
		Kind:      ledger.KindState,
		State:     s.State,
		Reason:    reason,
		OrderID:   deref(s.OrderID),
		At:        s.UpdatedAt,
	}, s)
}

// note puts a remark on the audit log, once per key.
func (a *Activities) note(ctx context.Context, in Step, key, text string) error {
	return a.Ledger.Append(ctx, ledger.Entry{
		Reference: in.reference(),
		Key:       "note/" + key,
		Kind:      ledger.KindNote,
		State:     in.Status.State,
		Reason:    text,
		OrderID:   in.orderID(),
		At:        a.Now().UTC(),
	})
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
