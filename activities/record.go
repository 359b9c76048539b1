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
//
// It answers what the ledger remembers of the reference: an earlier run of the
// workflow, before a reset, may have had an order made and paid.
func (a *Activities) OpenOrder(ctx context.Context, r order.Request, startedAt time.Time) (Opened, error) {
	if wrong := r.Validate(); len(wrong) > 0 {
		return Opened{}, temporal.NewNonRetryableApplicationError(wrong[0].Error(), TypeInvalidRequest, nil)
	}
	if id := activity.GetInfo(ctx).WorkflowExecution.ID; id != order.WorkflowID(r.Reference) {
		return Opened{}, temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the order of reference %s must run as workflow %s, not %s", r.Reference, order.WorkflowID(r.Reference), id),
			TypeInvalidRequest, nil)
	}
	_, _, err := a.Ledger.Begin(ctx, r, startedAt)
	if conflict := new(ledger.ConflictError); errors.As(err, &conflict) {
		return Opened{}, temporal.NewNonRetryableApplicationError(conflict.Error(), TypeReferenceConflict, nil)
	}
	if err != nil {
		return Opened{}, err
	}
	cancelled, err := a.Ledger.CancelledOnRequest(ctx, r.Reference)
	if err != nil {
		return Opened{}, err
	}
	opened := Opened{Cancelled: cancelled, Names: a.names(ctx, r)}
	last, id, err := a.lastPinned(ctx, Step{Request: r})
	if err != nil || id == "" {
		return opened, err
	}
	begun, voided, err := a.Ledger.PaymentIntent(ctx, id)
	opened.OrderID, opened.Replacements, opened.Intended = id, last.Status.Replacements, !begun.IsZero() && !voided
	return opened, err
}

// Opened is what the ledger remembers of a reference as its workflow begins.
type Opened struct {
	OrderID      string `json:"orderId,omitempty"` // the last that was pinned
	Replacements int    `json:"replacements,omitempty"`
	// Intended says that a payment of it was begun: it may be paid.
	Intended bool `json:"intended,omitempty"`
	// Cancelled says that it was once cancelled because a person asked for that.
	Cancelled bool `json:"cancelled,omitempty"`
	// Names are the products' names, by id, as far as they are known.
	Names map[string]string `json:"names,omitempty"`
}

// RecordInput is one state that belongs to no call of the API.
type RecordInput struct {
	Status order.Status `json:"status"`
	Seq    int          `json:"seq"`
	Reason string       `json:"reason,omitempty"`
	// LookedAt is, for an end that says that nothing was paid, the time before the
	// look that showed it.
	LookedAt time.Time `json:"lookedAt,omitzero"`
	// Seen says that the look saw the order.
	Seen bool `json:"seen,omitempty"`
}

// TypeTooEarly is the type of RecordState's error when a request to pay may have
// landed after the look, or went out and the look saw nothing: look again.
const TypeTooEarly = "LookedTooEarly"

// RecordState appends the state to the audit log and makes it the ledger's view
// of the order. Doing it again changes nothing.
func (a *Activities) RecordState(ctx context.Context, in RecordInput) error {
	if in.LookedAt.IsZero() {
		return a.record(ctx, in.Status, in.Seq, in.Reason)
	}
	err := a.record(ctx, in.Status, in.Seq, in.Reason, ledger.Unpaid{LookedAt: in.LookedAt, Seen: in.Seen})
	flying, unseen := new(ledger.PaymentInFlightError), new(ledger.UnseenPaymentError)
	if errors.As(err, &flying) || errors.As(err, &unseen) {
		return temporal.NewNonRetryableApplicationError(err.Error(), TypeTooEarly, nil)
	}
	return err
}

func (a *Activities) record(ctx context.Context, s order.Status, seq int, reason string, unpaid ...ledger.Unpaid) error {
	run := activity.GetInfo(ctx).WorkflowExecution.RunID
	return a.Ledger.Record(ctx, ledger.Entry{
		Reference: s.Reference,
		Key:       stateKey(run, seq, s.State),
		Kind:      ledger.KindState,
		Run:       stateKeys(run),
		State:     s.State,
		Reason:    reason,
		OrderID:   deref(s.OrderID),
		At:        s.UpdatedAt,
	}, s, unpaid...)
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
