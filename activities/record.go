package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"foxflow/internal/phrase"
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
// It puts the order's first state on record, unless the run continues another, and answers what the ledger remembers of the
// reference: an earlier run of the workflow, before a reset, may have had an order made and
// paid.
func (a *Activities) OpenOrder(ctx context.Context, in OpenInput) (Opened, error) {
	r := in.Request
	if wrong := r.Validate(); len(wrong) > 0 {
		return Opened{}, temporal.NewNonRetryableApplicationError(wrong[0].Error(), TypeInvalidRequest, nil)
	}
	if id := activity.GetInfo(ctx).WorkflowExecution.ID; id != order.WorkflowID(r.Reference) {
		return Opened{}, temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("the order of reference %s must run as workflow %s, not %s", r.Reference, order.WorkflowID(r.Reference), id),
			TypeInvalidRequest, nil)
	}
	first, err := a.Ledger.Orders.Open(ctx, r, in.StartedAt)
	if conflict := new(ledger.ConflictError); errors.As(err, &conflict) {
		return Opened{}, temporal.NewNonRetryableApplicationError(conflict.Error(), TypeReferenceConflict, nil)
	}
	if err != nil {
		return Opened{}, err
	}
	opened, err := a.remembered(ctx, in, first)
	if err != nil {
		return Opened{}, err
	}
	if opened.Continued {
		return opened, nil
	}
	next := opened.Begin(life.Begin(in.StartedAt), in.Now)
	status := in.Status(next)
	record := RecordInput{Status: status, Seq: opened.Seq, Reason: next.Reason(status), First: true}
	return opened, a.record(ctx, record, stepOf(ctx, record.Seq), nil)
}

// remembered is what the ledger knows of a reference.
func (a *Activities) remembered(ctx context.Context, in OpenInput, first ledger.Opening) (Opened, error) {
	reference, step := in.Request.Reference, first.Step
	opened := Opened{StartedAt: first.StartedAt, Cancelled: first.Cancelled, Names: a.names(ctx, in.Request), Seq: max(in.Seq, step/mostSteps+1),
		Continued: in.Carried > 0 && step/mostSteps <= in.Carried}
	if !first.Pinned {
		return opened, nil
	}
	last, id, err := a.lastPinned(ctx, Step{Terms: life.Terms{Request: in.Request}})
	if err != nil || id == "" {
		return opened, err
	}
	opened.OrderID, opened.Replacements = id, last.Facts.Replacements
	opened.Money, err = a.moneyOnRecord(ctx, reference, id)
	return opened, err
}

// moneyOnRecord is where the money of an order is, for all that the ledger knows.
func (a *Activities) moneyOnRecord(ctx context.Context, reference, orderID string) (life.Money, error) {
	paid, err := a.Ledger.Log.SeenPaid(ctx, reference, orderID)
	if err != nil || paid {
		return life.Left, err
	}
	_, doubt, err := a.Ledger.Payments.InDoubt(ctx, reference)
	if err != nil || doubt {
		return life.Doubtful, err
	}
	return life.Unsent, nil
}

// OpenInput is what an order begins with.
type OpenInput struct {
	life.Terms
	StartedAt time.Time `json:"startedAt"` // of the workflow
	Now       time.Time `json:"now"`       // of the first state
	Seq       int       `json:"seq"`       // of that, at least
	// Carried is the last step of the run that this one continues; 0: it continues none.
	Carried int `json:"carried,omitempty"`
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
	// Seq is the step of the first state: it comes after all on record, and the run's others
	// after it.
	Seq int `json:"seq"`
	// Continued says that the run goes on where the one before it stood: nothing is on record
	// beyond what was carried. A run that is reset to its beginning does not.
	Continued bool `json:"continued,omitempty"`
	// Names are the products' names, by id, as far as they are known.
	Names map[string]string `json:"names,omitempty"`
}

// Begin is the order in its first state.
func (o Opened) Begin(f life.Facts, now time.Time) life.Facts {
	return life.Opened(f, o.StartedAt, o.OrderID, o.Replacements, o.Money, now)
}

// RecordInput is one state that belongs to no call of the API.
type RecordInput struct {
	// Request is what was ordered, for a ledger that has lost it.
	Request order.Request `json:"request"`
	Status  order.Status  `json:"status"`
	Seq     int           `json:"seq"`             // as Step's
	Chain   string        `json:"chain,omitempty"` // as Step\'s
	Reason  string        `json:"reason,omitempty"`
	// Unpaid says that it is an end which means that nothing was paid.
	Unpaid bool `json:"unpaid,omitempty"`
	// First says that the run begins with it.
	First bool `json:"first,omitempty"`
}

// RecordState appends the state to the audit log and makes it the ledger's view
// of the order. Doing it again changes nothing. Where a call that was broken off has put
// another state on record, the outcome is that; where a payment may have gone through, and
// so the order must not end as one that was not paid, it is the doubt.
func (a *Activities) RecordState(ctx context.Context, in RecordInput) (Outcome, error) {
	record := func() error { return a.record(ctx, in, stepOf(ctx, in.Seq), nil) }
	err := record()
	if ledger.Lacks(err) {
		var now time.Time
		if now, err = a.Ledger.Store.Now(ctx, a.Now()); err == nil {
			_, err = a.Ledger.Orders.TakeUp(ctx, ledger.Running{Request: in.Request, Status: in.Status, Sent: in.Status.PaymentInDoubt, At: now})
		}
		if err == nil {
			err = record()
		}
	}
	if doubt := new(ledger.PaymentInDoubtError); errors.As(err, &doubt) {
		return Outcome{Doubt: new(life.Doubted(doubt.Doubted))}, nil
	}
	return a.orAhead(ctx, in.Status.Reference, Outcome{}, err)
}

// orAhead is the outcome of putting a state on record: where the ledger is ahead, what is
// there.
func (a *Activities) orAhead(ctx context.Context, reference string, out Outcome, err error) (Outcome, error) {
	if ahead := new(ledger.AheadError); !errors.As(err, &ahead) {
		return out, err
	}
	s, err := a.Ledger.Orders.Status(ctx, reference)
	if err != nil {
		return Outcome{}, err
	}
	seen := life.Retold(s)
	return Outcome{Seen: &seen, Recorded: s.State}, nil
}

// record puts a state on record; with pin, its order is pinned with that, as the replacement of
// that number.
func (a *Activities) record(ctx context.Context, in RecordInput, step int, pin *int) error {
	s, seq := in.Status, in.Seq
	run := cmp.Or(in.Chain, tryingOf(ctx).run)
	return a.Ledger.Orders.Record(ctx, ledger.Entry{
		Reference: s.Reference,
		Key:       stateKey(run, seq, s.State),
		Kind:      ledger.KindState,
		Run:       stateKeys(run),
		Step:      step,
		State:     s.State,
		Reason:    in.Reason,
		OrderID:   phrase.Of(s.OrderID),
		At:        s.UpdatedAt,
		Unpaid:    in.Unpaid,
		First:     in.First,
		Pin:       pin,
	}, s)
}

// note puts a remark on the audit log, once per key.
func (a *Activities) note(ctx context.Context, in Step, key, text string) error {
	return a.Ledger.Log.Append(ctx, ledger.Entry{
		Reference: in.reference(),
		Key:       "note/" + key,
		Kind:      ledger.KindNote,
		State:     in.Facts.State,
		Reason:    text,
		OrderID:   in.orderID(),
		At:        a.now(ctx),
	})
}
