package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

const (
	// settle is how long a pay whose outcome is not clear is given to show in the
	// order's status before the order is looked at again.
	settle = 3 * time.Second
	// repeatAfter is how long it is given before it is sent once more, when every
	// look shows the order as active: the request may be slow, not lost.
	repeatAfter = 10 * time.Second
)

// PayOrder pays the pinned order, once: its intent is in the ledger before the
// request leaves, and whoever finds an intent there looks at the order first and pays
// only while it is still active, and only once the other attempt's request can't be on
// its way any more: two pays are never in flight, whatever was killed or reset in
// between. A pay that the request budget turned away leaves no intent. "Not payable"
// is answered by looking, never by guessing.
//
// Where the balance is too low for others, the balance desk's memory in the ledger says
// whether FoxReload is asked at all: many waiting orders make no doomed payments.
//
// Refusals: balance, paused, daily_limit, price_guard, guard, final, price, unauthorised,
// misdirected.
func (a *Activities) PayOrder(ctx context.Context, in Step) (Outcome, error) {
	// A cancelled activity must not leave a payment in flight: every call in here
	// runs to its end, bounded by the client's time-out.
	return a.attempt(context.WithoutCancel(ctx), in, foxreload.PriorityPay, func(ctx context.Context) (Outcome, error) {
		return a.payOrder(ctx, in)
	})
}

func (a *Activities) payOrder(ctx context.Context, in Step) (Outcome, error) {
	id := in.orderID()
	if in.Held == ClassPaused || in.Held == ClassLimit {
		// Whether it is still held is for the ledger to say: it costs no request.
		if err := a.stillHeld(ctx, in); err != nil {
			return Outcome{}, err
		}
	}
	if in.Status.State != order.Active {
		if err := a.admit(ctx, in); err != nil {
			return Outcome{}, err
		}
	}
	begun, _, err := a.Ledger.PaymentIntent(ctx, id) // before the look: what leaves later is newer than it
	if err != nil {
		return Outcome{}, err
	}
	intended := !begun.IsZero()
	// An order that has waited may have ended meanwhile, and price guard and daily
	// limit need a price.
	look := intended || in.Status.State != order.Active || (a.needsPrice(in) && in.Status.Price == nil)
	looked := a.Now()
	if look {
		o, err := a.API.GetOrder(ctx, id)
		if err != nil {
			return Outcome{}, inDoubt(refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected), intended)
		}
		switch {
		case !o.Status.Known():
			return Outcome{}, &later{after: settle, why: fmt.Sprintf("pay order %s (%s): its status is one nobody knows: %.40q", id, in.reference(), o.Status)}
		case o.Status != foxreload.StatusActive:
			return a.saw(ctx, in, o)
		}
		if in.Status, err = a.observe(ctx, in, o); err != nil {
			return Outcome{}, err
		}
		if out, kept, err := a.linkKept(ctx, in, o); kept || err != nil {
			return out, err
		}
	}
	if err := guardPrice(in.Request, in.Status); err != nil {
		return Outcome{}, a.onceLanded(ctx, in, looked, err)
	}
	if err := a.admit(ctx, in); err != nil {
		return Outcome{}, err
	}
	p, err := a.sendPay(ctx, in, begun)
	a.tellDesk(ctx, in, err)
	switch class := foxreload.ClassOf(err); {
	case err == nil:
		return a.paid(ctx, in, p)
	case class == foxreload.ClassBalance:
		return a.balanceTooLow(ctx, in, err)
	case class == foxreload.ClassNotPayable:
		return a.notPayable(ctx, in)
	case class == foxreload.ClassUnknown:
		return Outcome{}, &later{after: settle, why: fmt.Sprintf("pay order %s (%s): the answer is lost, look before anything else", id, in.reference())}
	default:
		// Of a repeat, that the last look showed no payment is not yet certainty.
		return Outcome{}, inDoubt(refusal(err, in.Request, foxreload.ClassFinal, foxreload.ClassPrice, foxreload.ClassUnauthorised, foxreload.ClassMisdirected), intended)
	}
}

// inDoubt marks a refusal that keeps us from seeing whether an earlier pay went
// through.
func inDoubt(err error, doubt bool) error {
	if refused := new(Refusal); errors.As(err, &refused) {
		refused.InDoubt = doubt
	}
	return err
}

// onceLanded is a refusal that ends the order, held back while an earlier request to
// pay it could have landed after the look.
func (a *Activities) onceLanded(ctx context.Context, in Step, looked time.Time, refused error) error {
	until, err := a.Ledger.PaymentInFlight(ctx, in.reference())
	if err != nil {
		return err
	}
	if until.After(looked) {
		return &later{after: max(min(until.Sub(looked), settle), time.Millisecond),
			why: fmt.Sprintf("pay order %s (%s): it became too dear, and a request to pay it may be on its way", in.orderID(), in.reference())}
	}
	return refused
}

// guardPrice holds the partner's highest price against the order's.
func guardPrice(r order.Request, s order.Status) error {
	if r.MaxPrice == nil {
		return nil
	}
	price, known := s.Amount()
	switch {
	case !known:
		return &Refusal{Class: ClassPriceGuard, Code: CodePriceGuard,
			Message: fmt.Sprintf("FoxReload did not say what the order costs, so it can't be held against the highest price of %s", r.MaxPrice)}
	case price.GreaterThan(*r.MaxPrice):
		return &Refusal{Class: ClassPriceGuard, Code: CodePriceGuard,
			Message: fmt.Sprintf("the order costs %s, more than the highest price of %s", price, r.MaxPrice)}
	}
	return nil
}

// intend writes the payment's intent: from here on, whoever comes looks first.
func (a *Activities) intend(ctx context.Context, in Step, begun time.Time) error {
	p := a.payment(in, begun)
	if err := a.countable(p); err != nil {
		return err
	}
	_, err := a.Ledger.BeginPayment(ctx, p)
	var (
		notPinned *ledger.NotPinnedError
		other     *ledger.OtherPaymentError
		flying    *ledger.PaymentInFlightError
		ended     *ledger.EndedError
	)
	switch {
	case errors.As(err, &flying):
		wait := max(min(flying.Until.Sub(p.At), settle), time.Millisecond)
		return &later{after: wait, why: err.Error()}
	case errors.As(err, &notPinned), errors.As(err, &other), errors.As(err, &ended):
		return &Refusal{Class: ClassGuard, Code: CodeGuard, Message: err.Error()}
	}
	return held(err)
}

// sendPay sends one request to pay. Its intent goes on record as it leaves, and it is
// over within the time that the ledger was told: what the ledger itself took to write
// it down is gone from that. known is when the latest attempt was begun that this one
// has looked after; where another has left since, while this one queued, the look is
// too old to pay on.
func (a *Activities) sendPay(ctx context.Context, in Step, known time.Time) (foxreload.Payment, error) {
	var until time.Time
	stop := func() {}
	defer func() { stop() }()
	p, err := a.API.PayOrder(foxreload.Leaving(ctx, func(ctx context.Context) (context.Context, error) {
		// One that leaves between these two is in flight, and the intent is refused.
		switch latest, _, err := a.Ledger.PaymentIntent(ctx, in.orderID()); {
		case err != nil:
			return nil, err
		case !latest.Equal(known):
			return nil, &later{after: settle, why: fmt.Sprintf("pay order %s (%s): another attempt is at it, look before anything else", in.orderID(), in.reference())}
		}
		begun := a.Now()
		if err := a.intend(ctx, in, begun); err != nil {
			return nil, err
		}
		until = begun.Add(a.PayTakes)
		ctx, stop = context.WithTimeout(ctx, until.Sub(a.Now()))
		return ctx, nil
	}), in.orderID(), foxreload.PayRequest{Provider: in.Request.Provider, ReturnURL: in.Request.ReturnURL})
	if !until.IsZero() {
		a.landed(ctx, in.orderID(), until, err)
	}
	return p, err
}

// landed says what a refused or lost pay means for the next one. One that was
// accepted is not followed by another. Where this can't be written down, the next
// attempt waits as if the request were still on its way.
func (a *Activities) landed(ctx context.Context, id string, until time.Time, err error) {
	switch {
	case err == nil:
	case foxreload.ClassOf(err) == foxreload.ClassUnknown:
		_ = a.Ledger.LandPayment(ctx, id, until, a.Now().Add(repeatAfter))
	default:
		_ = a.Ledger.LandPayment(ctx, id, until, time.Time{})
	}
}

// paid takes in the answer to a pay that FoxReload accepted.
func (a *Activities) paid(ctx context.Context, in Step, p foxreload.Payment) (Outcome, error) {
	a.keepAnswer(ctx, in, p)
	o := p.Order
	if o.ID != in.orderID() || !o.Status.Known() || o.Status == foxreload.StatusActive {
		// The answer to a pay may be anything with a link in it: the order itself
		// is what counts.
		var err error
		if o, err = a.API.GetOrder(ctx, in.orderID()); err != nil {
			return Outcome{}, inDoubt(refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected), true)
		}
	}
	if o.Status != foxreload.StatusActive {
		return a.saw(ctx, in, o)
	}
	if in.Request.Provider == "" {
		return Outcome{}, &later{after: settle, why: fmt.Sprintf("pay order %s (%s): accepted, but the order still shows as active", o.ID, in.reference())}
	}
	return a.linkOut(ctx, in, o, p.Link)
}

func (a *Activities) linkOut(ctx context.Context, in Step, o foxreload.Order, link string) (Outcome, error) {
	status, err := a.observe(ctx, in, o)
	if err != nil {
		return Outcome{}, err
	}
	if link != "" {
		status.PaymentURL = &link
	}
	return Outcome{Status: status, Upstream: o.Status, LinkOut: true, SeenAt: status.UpdatedAt}, nil
}

// balanceTooLow looks what the refused pay has left: the order may still be
// active, or be cancelled by it.
func (a *Activities) balanceTooLow(ctx context.Context, in Step, cause error) (Outcome, error) {
	refused := new(Refusal)
	if !errors.As(refusal(cause, in.Request, foxreload.ClassBalance), &refused) {
		return Outcome{}, cause
	}
	o, err := a.API.GetOrder(ctx, in.orderID())
	if err != nil {
		return Outcome{}, inDoubt(refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected), false)
	}
	if o.Status.Known() && o.Status != foxreload.StatusActive && o.Status != foxreload.StatusCancelled {
		return a.saw(ctx, in, o) // refused, yet paid: the order itself is what counts
	}
	seen, err := a.seenOpen(ctx, in, o)
	if err != nil {
		return Outcome{}, err
	}
	refused.Seen = &seen
	return Outcome{}, refused
}

// seenOpen is what a look showed, without a new state: the order is still
// active, or cancelled for want of money, and the workflow says what that is.
func (a *Activities) seenOpen(ctx context.Context, in Step, o foxreload.Order) (Outcome, error) {
	if err := a.void(ctx, in, o); err != nil {
		return Outcome{}, err
	}
	status, err := a.observe(ctx, in, o)
	return Outcome{Status: status, Upstream: o.Status, UpstreamReason: o.CancelReason, SeenAt: status.UpdatedAt}, err
}

// notPayable looks why.
func (a *Activities) notPayable(ctx context.Context, in Step) (Outcome, error) {
	o, err := a.API.GetOrder(ctx, in.orderID())
	switch {
	case err != nil:
		return Outcome{}, inDoubt(refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected), true)
	case o.Status != foxreload.StatusActive:
		return a.saw(ctx, in, o)
	case in.Request.Provider != "":
		// An earlier, lost pay has opened the provider's session: it is out there.
		out, kept, err := a.linkKept(ctx, in, o)
		if kept || err != nil {
			return out, err
		}
		return a.linkOut(ctx, in, o, "")
	}
	return Outcome{}, &later{after: settle, why: fmt.Sprintf("pay order %s (%s): not payable, yet shown as active", o.ID, in.reference())}
}
