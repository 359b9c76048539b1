package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"foxflow/ledger"
	"foxflow/life"
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
	first, _, err := a.Ledger.Begin(ctx, r, startedAt)
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
	step, err := a.Ledger.LastStep(ctx, r.Reference)
	if err != nil {
		return Opened{}, err
	}
	opened := Opened{StartedAt: first.StartedAt, Cancelled: cancelled, Names: a.names(ctx, r), Seq: step / mostAttempts}
	last, id, err := a.lastPinned(ctx, Step{Terms: life.Terms{Request: r}})
	if err != nil || id == "" {
		return opened, err
	}
	opened.OrderID, opened.Replacements = id, last.Facts.Replacements
	opened.Money, err = a.moneyOnRecord(ctx, r.Reference, id)
	return opened, err
}

// moneyOnRecord is where the money of an order is, for all that the ledger knows.
func (a *Activities) moneyOnRecord(ctx context.Context, reference, orderID string) (life.Money, error) {
	paid, err := a.Ledger.SeenPaid(ctx, reference, orderID)
	if err != nil || paid {
		return life.Left, err
	}
	doubt, err := a.Ledger.PaymentInDoubt(ctx, reference)
	if err != nil || doubt {
		return life.Doubtful, err
	}
	return life.Unsent, nil
}

// Opened is what the ledger remembers of a reference as its workflow begins.
type Opened struct {
	StartedAt    time.Time `json:"startedAt"`         // of the very first
	OrderID      string    `json:"orderId,omitempty"` // the last that was pinned
	Replacements int       `json:"replacements,omitempty"`
	// Money is where the money of that order is; "": nothing is known of it.
	Money life.Money `json:"money,omitempty"`
	// Cancelled says that it was once cancelled because a person asked for that.
	Cancelled bool `json:"cancelled,omitempty"`
	// Seq is the last step on record: the run's own come after it.
	Seq int `json:"seq,omitempty"`
	// Names are the products' names, by id, as far as they are known.
	Names map[string]string `json:"names,omitempty"`
}

// RecordInput is one state that belongs to no call of the API.
type RecordInput struct {
	// Request is what was ordered, for a ledger that has lost it.
	Request order.Request `json:"request"`
	Status  order.Status  `json:"status"`
	Seq     int           `json:"seq"` // as Step's
	Reason  string        `json:"reason,omitempty"`
	// Unpaid says that it is an end which means that nothing was paid.
	Unpaid bool `json:"unpaid,omitempty"`
	// First says that the run begins with it.
	First bool `json:"first,omitempty"`
}

// TypeInDoubt is the type of RecordState's error when a payment may have gone through, and
// so the order must not end as one that was not paid.
const TypeInDoubt = "PaymentInDoubt"

// RecordState appends the state to the audit log and makes it the ledger's view
// of the order. Doing it again changes nothing. Where a call that was broken off has put
// another state on record, the outcome is that.
func (a *Activities) RecordState(ctx context.Context, in RecordInput) (Outcome, error) {
	record := func() error { return a.record(ctx, in) }
	err := record()
	if ledger.Lacks(err) {
		var now time.Time
		if now, err = a.Ledger.Clock(ctx, a.Now()); err == nil {
			_, err = a.Ledger.TakeUp(ctx, ledger.Running{Request: in.Request, Status: in.Status, Sent: in.Status.PaymentInDoubt, At: now})
		}
		if err == nil {
			err = record()
		}
	}
	if doubt := new(ledger.PaymentInDoubtError); errors.As(err, &doubt) {
		return Outcome{}, temporal.NewNonRetryableApplicationError(err.Error(), TypeInDoubt, nil)
	}
	return a.orAhead(ctx, in.Status.Reference, Outcome{}, err)
}

// orAhead is the outcome of putting a state on record: where the ledger is ahead, what is
// there.
func (a *Activities) orAhead(ctx context.Context, reference string, out Outcome, err error) (Outcome, error) {
	if ahead := new(ledger.AheadError); !errors.As(err, &ahead) {
		return out, err
	}
	s, err := a.Ledger.Status(ctx, reference)
	if err != nil {
		return Outcome{}, err
	}
	seen := life.Retold(s)
	return Outcome{Seen: &seen, Recorded: s.State}, nil
}

func (a *Activities) record(ctx context.Context, in RecordInput) error {
	s, seq := in.Status, in.Seq
	run := activity.GetInfo(ctx).WorkflowExecution.RunID
	return a.Ledger.Record(ctx, ledger.Entry{
		Reference: s.Reference,
		Key:       stateKey(run, seq, s.State),
		Kind:      ledger.KindState,
		Run:       stateKeys(run),
		Step:      stepOf(ctx, seq),
		State:     s.State,
		Reason:    in.Reason,
		OrderID:   deref(s.OrderID),
		At:        s.UpdatedAt,
		Unpaid:    in.Unpaid,
		First:     in.First,
	}, s)
}

// note puts a remark on the audit log, once per key.
func (a *Activities) note(ctx context.Context, in Step, key, text string) error {
	return a.Ledger.Append(ctx, ledger.Entry{
		Reference: in.reference(),
		Key:       "note/" + key,
		Kind:      ledger.KindNote,
		State:     in.Facts.State,
		Reason:    text,
		OrderID:   in.orderID(),
		At:        a.now(ctx),
	})
}

// deref is what p points to, or the zero value.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
