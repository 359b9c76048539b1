package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
)

// CodeNotAdopted is the code of the refusal to adopt an order.
const CodeNotAdopted = "NOT_ADOPTED"

// Decision is what a person decided about a blocked order.
type Decision struct {
	Step
	// ID tells this decision from every other: the id of the update that brought it.
	ID string `json:"id"`
	// By is who decided.
	By string `json:"by,omitempty"`
	// OrderID is the FoxReload order to adopt.
	OrderID string `json:"orderId,omitempty"`
	// FreshKey has the order created anew, under a fresh idempotency key.
	FreshKey bool `json:"freshKey,omitempty"`
	// Text says on the audit log what was decided.
	Text string `json:"text"`
}

func (d Decision) entry(at time.Time) ledger.Entry {
	who := d.By
	if who == "" {
		who = "a person"
	}
	return ledger.Entry{
		Reference: d.reference(),
		Key:       "decision/" + d.ID,
		Kind:      ledger.KindNote,
		State:     d.Facts.State,
		Reason:    who + " decided: " + d.Text,
		OrderID:   d.orderID(),
		At:        at,
	}
}

// RecordDecision puts a person's decision on the audit log; with FreshKey, the
// order is created under a fresh idempotency key from now on. Doing it again
// changes nothing.
func (a *Activities) RecordDecision(ctx context.Context, d Decision) error {
	ctx, err := a.onClock(ctx)
	if err != nil {
		return err
	}
	record := func() error { return a.Ledger.Log.Append(ctx, d.entry(a.now(ctx))) }
	if d.FreshKey {
		record = func() error { return a.Ledger.Creates.RenewKey(ctx, d.entry(a.now(ctx)), d.Facts.Replacements) }
	}
	err = record()
	if ledger.Lacks(err) {
		if _, err = a.takeUp(ctx, d.Step, false); err == nil {
			err = record()
		}
	}
	return err
}

// AdoptOrder makes the order that a person names the reference's own. It moves no
// money: whether the order is still to be paid is seen from then on as for any
// other.
//
// It is refused, with ClassGuard, where the order is somebody else's or is for something else.
func (a *Activities) AdoptOrder(ctx context.Context, d Decision) (Outcome, error) {
	return a.attempt(ctx, d.Step, foxreload.PriorityCreate, func(ctx context.Context) (Outcome, error) {
		return a.adoptNamed(ctx, d)
	})
}

func (a *Activities) adoptNamed(ctx context.Context, d Decision) (Outcome, error) {
	owner, owned, err := a.Ledger.Pins.OwnerOf(ctx, d.OrderID)
	if err != nil {
		return Outcome{}, err
	}
	if owned && owner != d.reference() {
		return Outcome{}, notAdopted("order %s belongs to reference %s", d.OrderID, owner)
	}
	if other, err := a.otherInDoubt(ctx, d); err != nil || other {
		if err == nil {
			err = notAdopted("a payment of another order was sent and its outcome is not known yet: order %s can't take its place", d.OrderID)
		}
		return Outcome{}, err
	}
	o, err := a.API.GetOrder(ctx, d.OrderID)
	if err != nil {
		return Outcome{}, refuse(err, d.Request, adoptRefusals...)
	}
	if err := a.checkNamed(ctx, d, o); err != nil {
		return Outcome{}, err
	}
	if err := a.Ledger.Log.Append(ctx, d.entry(a.now(ctx))); err != nil {
		return Outcome{}, err
	}
	in := d.Step
	if !owned {
		if in, err = a.pinNamed(ctx, d, o.ID); err != nil {
			return Outcome{}, err
		}
	}
	s, err := a.sightOf(ctx, in, o, true)
	if err != nil {
		return Outcome{}, err
	}
	return a.tell(ctx, in, s)
}

// checkNamed refuses an order that is for something else, or somebody else's.
func (a *Activities) checkNamed(ctx context.Context, d Decision, o foxreload.Order) error {
	if differs := life.SameAsAsked(d.Request, o); differs != "" {
		return notAdopted("order %s is not what this reference asks for: %s", d.OrderID, differs)
	}
	if ours, err := a.keyedByUs(ctx, d.Step, o); err != nil || !ours {
		if err == nil {
			err = notAdopted("order %s carries an idempotency key that this reference never sent", d.OrderID)
		}
		return err
	}
	return nil
}

// pinNamed makes an order that is nobody's the reference's own; the order before it gives way.
func (a *Activities) pinNamed(ctx context.Context, d Decision, id string) (Step, error) {
	in, err := a.freePlace(ctx, d.Step)
	if err != nil {
		return in, err
	}
	if err := a.Ledger.Pins.Pin(ctx, in.reference(), in.Facts.Replacements, id, a.now(ctx)); err != nil {
		if taken := new(ledger.PinnedError); errors.As(err, &taken) {
			err = notAdopted("%s", taken)
		}
		return in, err
	}
	return in, a.release(ctx, d)
}

// otherInDoubt says whether a request to pay another order of the reference than the one that
// a person named may have gone through.
func (a *Activities) otherInDoubt(ctx context.Context, d Decision) (bool, error) {
	doubt, there, err := a.Ledger.Payments.InDoubt(ctx, d.reference())
	return there && doubt.OrderID != d.OrderID, err
}

// release frees the reference of the order that gives way to the one that a person named,
// where each request to pay it was surely refused.
func (a *Activities) release(ctx context.Context, d Decision) error {
	former := d.orderID()
	intent, err := a.Ledger.Payments.Intent(ctx, former)
	if err != nil || intent.Begun.IsZero() || intent.Voided || intent.Doubts > 0 || d.Facts.Money != life.Unsent {
		return err
	}
	return a.Ledger.Payments.Void(ctx, d.reference(), former, intent.Attempt, "every request to pay it was refused, and order "+d.OrderID+" takes its place", a.now(ctx))
}

// adoptRefusals are the refusals of FoxReload's that AdoptOrder hands on.
var adoptRefusals = []foxreload.Class{foxreload.ClassNotFound, foxreload.ClassFinal, foxreload.ClassForeign, foxreload.ClassUnauthorised, foxreload.ClassMisdirected}

func notAdopted(format string, args ...any) *life.Refusal {
	return &life.Refusal{Class: life.ClassGuard, Code: CodeNotAdopted, Message: fmt.Sprintf(format, args...)}
}

// freePlace is the step with the first replacement number, from the present one
// on, that no order is pinned to.
func (a *Activities) freePlace(ctx context.Context, in Step) (Step, error) {
	for {
		_, taken, err := a.Ledger.Pins.Pinned(ctx, in.reference(), in.Facts.Replacements)
		if err != nil || !taken {
			return in, err
		}
		in.Facts.Replacements++
	}
}

// keyedByUs says whether the idempotency key that an order shows, if it shows
// one, is one of the keys that this reference has sent.
func (a *Activities) keyedByUs(ctx context.Context, in Step, o foxreload.Order) (bool, error) {
	if o.IdempotencyKey == "" {
		return true, nil
	}
	for replacement := range in.Facts.Replacements + 1 {
		most, err := a.Ledger.Creates.FreshKeys(ctx, in.reference(), replacement)
		if err != nil {
			return false, err
		}
		for fresh := range most + 1 {
			if o.IdempotencyKey == IdempotencyKey(in.reference(), replacement, fresh) {
				return true, nil
			}
		}
	}
	return false, nil
}
