package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"foxflow/ledger"
	"foxflow/order"
)

// ErrNotFound: the ledger has no order of that reference. It comes as a *NotFound.
var ErrNotFound = ledger.ErrNotFound

// NotFound names the reference that the ledger does not know.
type NotFound struct{ Reference string }

func (e *NotFound) Error() string { return fmt.Sprintf("order %s is not in this ledger", e.Reference) }

// Unwrap makes it an ErrNotFound.
func (e *NotFound) Unwrap() error { return ErrNotFound }

// notFound names the reference in an error of the ledger that does not know it.
func notFound(reference string, err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return &NotFound{Reference: reference}
	}
	return err
}

// Kind is what an error is about.
type Kind string

// The kinds of things that run in Temporal.
const (
	KindOrder Kind = "order"
	KindTopUp Kind = "top-up"
)

// Conflict: the reference is on record with other content, and nothing was started.
// Differences are fit to be shown: player data is masked.
type Conflict struct {
	Reference   string
	Differences []order.Difference
}

func (e *Conflict) Error() string {
	return fmt.Sprintf("order %s is on record with other content; nothing was started", e.Reference)
}

// TopUpConflict: the id is on record for another request, and nothing was requested.
type TopUpConflict struct{ Have order.TopUpRequest }

func (e *TopUpConflict) Error() string {
	return fmt.Sprintf("top-up %s is on record for %s %s; nothing was requested", e.Have.ID, e.Have.Amount, e.Have.Currency)
}

// Foreign: Temporal knows what is named and this ledger doesn't. It belongs to another
// ledger, and joining it would hand out its order.
type Foreign struct {
	Kind Kind
	Name string // a reference, or a top-up's id
	// Restored: it is this ledger's own, which was put back from a backup; a worker takes it
	// up within a minute or so.
	Restored bool
}

func (e *Foreign) Error() string {
	named := map[Kind]string{KindOrder: "reference", KindTopUp: "top-up"}[e.Kind]
	return fmt.Sprintf("Temporal knows %s %s and this ledger doesn't: it is refused, never joined", named, e.Name)
}

// TooLong: this Temporal can't keep the workflow id of the reference. Nothing was started.
type TooLong struct {
	Reference   string
	Have, Takes int // characters of the workflow id
	Address     string
	Store       string // what this Temporal keeps its workflows in
}

func (e *TooLong) Error() string {
	return fmt.Sprintf("reference %s: its workflow id has %d characters, and Temporal at %s, which runs on %s, takes %d",
		e.Reference, e.Have, e.Address, e.Store, e.Takes)
}

// NotStarted: Temporal refused to start it, and nothing was started.
type NotStarted struct {
	Kind Kind
	Name string
	Err  error
}

func (e *NotStarted) Error() string { return fmt.Sprintf("start %s %s: %v", e.Kind, e.Name, e.Err) }
func (e *NotStarted) Unwrap() error { return e.Err }

// MaybeStarted: whether it was started is not known. Asking for the same again finds out,
// and starts nothing twice.
type MaybeStarted struct {
	Kind Kind
	Name string
	Err  error
}

func (e *MaybeStarted) Error() string {
	return fmt.Sprintf("start %s %s: whether it was started is not known: %v", e.Kind, e.Name, e.Err)
}
func (e *MaybeStarted) Unwrap() error { return e.Err }

// Stranded: somebody ended the workflow before its order or top-up came to an end.
type Stranded struct {
	Kind  Kind
	Name  string
	State string // where it stands on record
}

func (e *Stranded) Error() string {
	means := map[Kind]string{KindOrder: "it does not go on by itself", KindTopUp: "nobody watches the balance for it"}[e.Kind]
	return fmt.Sprintf("%s %s is %s, and its workflow was ended in Temporal before it: %s", e.Kind, e.Name, e.State, means)
}

// WorkflowID is the workflow that has to be reset for it to go on.
func (e *Stranded) WorkflowID() string {
	if e.Kind == KindTopUp {
		return order.TopUpWorkflowID(e.Name)
	}
	return order.WorkflowID(e.Name)
}

// NotCancellable: the order can't be cancelled, and goes on or has ended as it would have.
type NotCancellable struct {
	Reference string
	State     order.State // where it stood; "" where only the order itself knows
	// Words are the order's own reason, where it was asked.
	Words string
	// After is how it stands where it was asked, agreed, and came to something else.
	After *order.Status
}

func (e *NotCancellable) Error() string {
	switch {
	case e.Words != "":
		return e.Words
	case e.After != nil:
		return fmt.Sprintf("order %s can't be cancelled: it is %s", e.Reference, e.State)
	}
	return fmt.Sprintf("order %s can't be cancelled: it has ended already: %s", e.Reference, e.State)
}

// NotAsked: the order asks for no decision, or not for this one.
type NotAsked struct {
	Reference string
	State     order.State // its end, or queued; "" where it runs
	Words     string      // the order's own reason, where it was asked
}

func (e *NotAsked) Error() string {
	if e.State == order.Queued {
		return fmt.Sprintf("resolve order %s: it is queued, and asks for no decision", e.Reference)
	}
	return cmp.Or(e.Words, fmt.Sprintf("resolve order %s: it has ended already: %s", e.Reference, e.State))
}

// OtherReference: the order that is to be adopted belongs to another reference.
type OtherReference struct{ Reference, OrderID, Owner string }

func (e *OtherReference) Error() string {
	return fmt.Sprintf("resolve order %s: order %s belongs to reference %s", e.Reference, e.OrderID, e.Owner)
}

// NotEnded: the order is still on its way, and foxflow looks at it by itself.
type NotEnded struct {
	Reference string
	State     order.State
}

func (e *NotEnded) Error() string {
	return fmt.Sprintf("order %s has not ended (%s); foxflow looks by itself", e.Reference, e.State)
}

// NoCodes: the order has no code, and is not completed without one.
type NoCodes struct {
	Reference string
	State     order.State
}

func (e *NoCodes) Error() string {
	return fmt.Sprintf("order %s is %s and has no code", e.Reference, e.State)
}

// NotRunning: Temporal runs no workflow for an order that has no end. Placing it again the
// same way starts it.
type NotRunning struct {
	Reference string
	Verb      string // what was asked of it: "cancel", "resolve"
}

func (e *NotRunning) Error() string {
	return fmt.Sprintf("%s order %s: Temporal runs no workflow for it", e.Verb, e.Reference)
}

// Mismatch: the ledger belongs to another namespace of Temporal, or nobody could find out.
type Mismatch struct{ Err error }

func (e *Mismatch) Error() string { return e.Err.Error() }
func (e *Mismatch) Unwrap() error { return e.Err }

// Part is a part of foxflow that may not answer.
type Part string

// The parts.
const (
	PartTemporal Part = "temporal"
	PartWorker   Part = "worker"
)

// Unavailable: a part that is needed does not answer. The same again may be asked later;
// what was asked of an order may have been done all the same.
type Unavailable struct {
	Part Part
	// Address is where Temporal was dialled, and Obstacle what stands in the way where it is
	// there and refuses; both are "" once there is a connection.
	Address, Obstacle string
	// Doing is what was asked over a connection, of whom: "cancel order shop-1001".
	Doing     string
	Reference string // of the order whose worker does not answer
	Err       error
}

func (e *Unavailable) Error() string {
	switch {
	case e.Part == PartWorker:
		return fmt.Sprintf("%s: no answer within %s", e.Doing, answerTimeout)
	case e.Doing != "":
		return fmt.Sprintf("%s: %v", e.Doing, e.Err)
	case e.Obstacle != "":
		return fmt.Sprintf("Temporal at %s can't be used: %v", e.Address, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.silent(), e.Err)
}
func (e *Unavailable) Unwrap() error { return e.Err }

func (e *Unavailable) silent() string {
	return fmt.Sprintf("Temporal at %s does not answer", e.Address)
}

// WhyUnasked says in short why Temporal could not be asked.
func WhyUnasked(err error) string {
	away, unavailable := errors.AsType[*Unavailable](err)
	switch {
	case unavailable && away.Doing == "" && away.Obstacle == "":
		return away.silent()
	case !unavailable && errors.Is(err, context.DeadlineExceeded):
		return "Temporal does not answer"
	}
	return err.Error()
}

// AboutOne says that err refuses this one order and says nothing of others: the next may
// well be placed.
func AboutOne(err error) bool {
	return as[*Conflict](err) || as[*Foreign](err) || as[*TooLong](err) || as[*NotStarted](err) || as[*Stranded](err)
}

func as[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}
