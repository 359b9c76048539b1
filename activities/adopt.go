package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// adoptExisting finds the order that FoxReload says we made already. Only an
// order known by our key is taken: which one is meant where no key was sent, a
// person has to say, once a replica that is behind had time to show it.
func (a *Activities) adoptExisting(ctx context.Context, c *creating, exists *foxreload.Error) (Outcome, error) {
	message := "FoxReload says that this order exists, but shows none that carries our key"
	if exists.OrderID != "" {
		message = fmt.Sprintf("FoxReload says that this order exists as %s, which is not known to be ours", exists.OrderID)
	}
	if exists.OrderID != "" && c.key != "" {
		o, err := a.API.GetOrder(ctx, exists.OrderID)
		switch {
		case err != nil && foxreload.ClassOf(err) != foxreload.ClassNotFound:
			return Outcome{}, a.createFailed(ctx, c, err)
		case err == nil && (o.IdempotencyKey == "" || o.IdempotencyKey == c.key):
			// The id came as the answer to our key; an order that shows another
			// key is somebody else's.
			return a.adopt(ctx, c.Step, o, "FoxReload knew our key")
		}
	}
	found, ok, err := a.search(ctx, c.key, "", time.Time{})
	switch {
	case err != nil:
		return Outcome{}, a.createFailed(ctx, c, err)
	case ok:
		return a.adoptListed(ctx, c.Step, found.ID, "FoxReload knew our key")
	}
	hidden := *exists
	hidden.Message = message
	return Outcome{}, a.patiently(ctx, c.Step, "create", hidden.Class, life.OfCreate(exists).Patience, &hidden)
}

// adoptListed adopts an order of the history once it was looked at: an entry there may show
// neither items nor isMock, and then says nothing about whether it is what was asked for.
func (a *Activities) adoptListed(ctx context.Context, in Step, id, how string) (Outcome, error) {
	listed := in
	listed.Facts.Order.ID = id
	o, err := a.look(ctx, listed, id)
	if err != nil {
		return Outcome{}, err
	}
	return a.adopt(ctx, in, o, how)
}

// adopt takes an order that was found, as it stands, where it is what was asked for. An
// order is never taken for its key alone: another ledger, or another shop on this key, may
// have used the same reference.
func (a *Activities) adopt(ctx context.Context, in Step, o foxreload.Order, how string) (Outcome, error) {
	if differs := life.SameAsAsked(in.Request, o); differs != "" {
		return Outcome{}, notOurs(o, differs)
	}
	note := in
	note.Facts.Order.ID = o.ID
	if err := a.note(ctx, note, "adopted/"+o.ID, "adopted order "+o.ID+": "+how); err != nil {
		return Outcome{}, err
	}
	return a.own(ctx, in, o)
}

func notOurs(o foxreload.Order, differs string) *life.Refusal {
	return &life.Refusal{Class: life.ClassNotOurs, Code: order.CodeNotOurs,
		Message: fmt.Sprintf("order %s carries this reference's key, and %s; nothing of it is taken", o.ID, differs)}
}

// own pins the order to the reference, then takes in what it says. Where another
// attempt's order has the place, that one counts: both were made for this reference.
func (a *Activities) own(ctx context.Context, in Step, o foxreload.Order) (Outcome, error) {
	if a.isNew(ctx, in, o) {
		if out, done, err := a.ownNew(ctx, in, o); done || err != nil {
			return out, err
		}
	}
	err := a.Ledger.Pins.Pin(ctx, in.reference(), in.Facts.Replacements, o.ID, a.now(ctx))
	if o, err = a.pinned(ctx, in, o, err); err != nil {
		return Outcome{}, err
	}
	if err := a.endStreak(ctx, in, ""); err != nil {
		return Outcome{}, err
	}
	if o.Status == "" { // an answer to a create may say no more than an id
		if o, err = a.look(ctx, in, o.ID); err != nil {
			return Outcome{}, err
		}
	}
	return a.saw(ctx, in, o)
}

// isNew says that an order shows nothing but that it may be paid.
func (a *Activities) isNew(ctx context.Context, in Step, o foxreload.Order) bool {
	return in.Facts.Money == life.Unsent && o.Status == foxreload.StatusActive && o.Delivered() == 0 &&
		(o.PaymentExpiresAt == nil || o.PaymentExpiresAt.After(a.now(ctx)))
}

// ownNew pins a new order and puts on record that it is there, in one transaction. It is not
// done where another pin is in the way, or no state follows.
func (a *Activities) ownNew(ctx context.Context, in Step, o foxreload.Order) (out Outcome, done bool, err error) {
	s, err := a.sight(ctx, in, o)
	if err != nil {
		return Outcome{}, false, err
	}
	if _, follows := in.follows(s); !follows {
		return Outcome{}, false, nil
	}
	out, err = a.putOnPinned(ctx, in, s, stepOf(ctx, in.Seq), &in.Facts.Replacements)
	if taken := new(ledger.PinnedError); errors.As(err, &taken) {
		return Outcome{}, false, nil
	}
	return out, err == nil, err
}

// pinned is the order that is the reference's own once it was to be pinned.
func (a *Activities) pinned(ctx context.Context, in Step, o foxreload.Order, err error) (foxreload.Order, error) {
	taken := new(ledger.PinnedError)
	switch {
	case errors.As(err, &taken) && taken.Reference == in.reference() && taken.OrderID != o.ID:
		if err := a.note(ctx, in, "orphan/"+o.ID, fmt.Sprintf("order %s was made beside order %s, which another attempt had pinned; it expires unpaid", o.ID, taken.OrderID)); err != nil {
			return o, err
		}
		return a.look(ctx, in, taken.OrderID)
	case errors.As(err, &taken):
		return o, &life.Refusal{Class: life.ClassGuard, Code: order.CodeGuard, Message: taken.Error()}
	case err != nil:
		return o, fmt.Errorf("pin order %s (%s): %w", o.ID, in.reference(), err)
	}
	return o, nil
}
