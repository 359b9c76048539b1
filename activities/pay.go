package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"foxflow/foxreload"
	"foxflow/internal/phrase"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

const (
	// showsWithin is how long a pay whose outcome is not clear is given to show in the
	// order's status before the order is looked at again.
	showsWithin = 3 * time.Second
	// repeatAfter is how long it is given before it is sent once more, when every
	// look shows the order as active: the request may be slow, not lost.
	repeatAfter = 10 * time.Second
)

// payRefusals are the refusals that PayOrder can give.
var payRefusals = []foxreload.Class{foxreload.ClassBalance, life.ClassPaused, life.ClassLimit, life.ClassLimitCurrency, life.ClassPriceGuard,
	life.ClassGuard, life.ClassGone, life.ClassPaymentRefused, foxreload.ClassForeign, foxreload.ClassUnauthorised, foxreload.ClassMisdirected}

// PayOrder pays the pinned order: one attempt passes the gates, sends one request and does
// what its answer asks for. Its intent is in the ledger before the
// request leaves, and whoever finds an intent there looks at the order first and pays
// only while it is still active, and only once the other attempt's request can't be on
// its way any more: two pays are never in flight, whatever was killed or reset in
// between. No answer ends the order; what each means stands in package life.
//
// Where the balance is too low for others, the balance desk's memory in the ledger says
// whether FoxReload is asked at all: many waiting orders make no doomed payments.
func (a *Activities) PayOrder(ctx context.Context, in Step) (Outcome, error) {
	// A cancelled activity must not leave a payment in flight: every call in here
	// runs to its end, bounded by the client's time-out.
	return a.attempt(context.WithoutCancel(ctx), in, foxreload.PriorityPay, func(ctx context.Context) (Outcome, error) {
		return a.payOrder(ctx, in)
	})
}

// paying is an attempt to pay.
type paying struct {
	Step
	intent  ledger.Intent // of the attempts before this one, as it stood before the look
	seen    *life.Sighting
	attempt string // that sent a request; empty: none has left yet
}

// doubt says whether an earlier attempt may have gone through.
func (p *paying) doubt() bool { return p.intent.Doubts > 0 && !p.intent.Voided }

// payGates are what an attempt passes before it sends anything, in this order. A gate that
// closes says what the order comes to instead.
var payGates = []func(*Activities, context.Context, *paying) (*Outcome, error){
	(*Activities).isWithheld,
	(*Activities).isShort,
	(*Activities).isPayable,
	(*Activities).isDue,
	(*Activities).isCheap,
	(*Activities).isCovered,
}

func (a *Activities) payOrder(ctx context.Context, in Step) (Outcome, error) {
	p := &paying{Step: in}
	var err error
	if p.intent, err = a.Ledger.Payments.Intent(ctx, in.orderID()); err != nil { // before the look: what leaves later is newer than it
		return Outcome{}, err
	}
	p.Facts.Clocks.Doubt = p.intent.DoubtSince
	if p.doubt() && p.Facts.Money == life.Unsent && attempts(ctx) > 1 { // before the look: FoxReload may be out of reach for long
		return Outcome{Doubt: &life.Doubted{OrderID: in.orderID(), Replacement: in.Facts.Replacements}}, nil
	}
	for _, gate := range payGates {
		switch out, err := gate(a, ctx, p); {
		case err != nil:
			return Outcome{}, err
		case out != nil:
			return *out, nil
		}
	}
	answer, sent := a.sendPay(ctx, p)
	return a.answered(ctx, p, answer, sent)
}

// isWithheld keeps an order waiting whose payment is withheld by the switch or the day's
// limit. Whether it still is, the ledger says: that costs no request.
func (a *Activities) isWithheld(ctx context.Context, p *paying) (*Outcome, error) {
	if p.doubt() || !p.blockedBy(life.ClassPaused, life.ClassLimit, life.ClassLimitCurrency) {
		return nil, nil
	}
	return nil, a.stillWithheld(ctx, p.Step)
}

// isShort keeps an order waiting whose money is known not to be there.
func (a *Activities) isShort(ctx context.Context, p *paying) (*Outcome, error) {
	if p.Facts.State == order.Active || p.doubt() {
		return nil, nil
	}
	return nil, a.admit(ctx, p.Step)
}

// isPayable looks at an order that was to be paid before, that has waited, that a ledger put
// back from a backup may have forgotten to be paid, whose price has to be known, whose payment
// window is over, or that is to be a mock and has not said so: what it shows may be news.
func (a *Activities) isPayable(ctx context.Context, p *paying) (*Outcome, error) {
	known := p.Facts.Order.Price != nil || !a.needsPrice(p.Step)
	mock := p.Facts.Order.Mock != nil || !p.Request.Mock // the answer to a create may not show it: real money for a mock
	if p.intent.Begun.IsZero() && p.Facts.State == order.Active && !a.mayHaveForgotten(p) && known && mock && !p.Facts.WindowOver(a.now(ctx)) {
		return nil, nil
	}
	o, err := a.look(ctx, p.Step, p.orderID())
	if err != nil {
		return nil, err
	}
	return a.open(ctx, p, o)
}

// open takes in a look, and goes on where it shows that the order is still to be paid.
func (a *Activities) open(ctx context.Context, p *paying, o foxreload.Order) (*Outcome, error) {
	s, err := a.sight(ctx, p.Step, o)
	if err != nil {
		return nil, err
	}
	next := p.After(p.Facts, s)
	if o.Status == foxreload.StatusActive && next.Payable() {
		out, kept, err := a.linkKept(ctx, p.Step, s)
		if kept || err != nil {
			return &out, err
		}
		state, blocker := p.Facts.State, p.Facts.Blocker
		p.seen, p.Facts = &s, next
		p.Facts.State, p.Facts.Blocker = state, blocker
		if next.Money == life.Unsent {
			p.intent.Doubts = 0
		}
		return nil, nil
	}
	out, err := a.tell(ctx, p.Step, s)
	return &out, err
}

// isDue holds a repeat back until it is time for it; until money may have come, where it was
// found short; and for good once the payment window is over or the order shows itself to be
// of the other kind.
func (a *Activities) isDue(ctx context.Context, p *paying) (*Outcome, error) {
	now := a.now(ctx)
	look := p.Pace(p.Facts, attempts(ctx), now)
	switch {
	case p.Facts.WindowOver(now): // a look says in a minute what became of the order
		return nil, &later{after: look, why: fmt.Sprintf("pay order %s (%s): its payment window is over; nothing more is sent", p.orderID(), p.reference())}
	case p.intent.Begun.IsZero():
		return nil, nil
	}
	streak, err := a.Ledger.Streaks.Of(ctx, p.reference())
	if err != nil || !p.doubt() && streak.Times == 0 {
		return nil, err
	}
	wait := life.Repeat(max(streak.Times, p.intent.Doubts)) - now.Sub(p.intent.Begun)
	switch {
	case p.doubt() && (p.Facts.OtherMock(p.Request) || p.Facts.Short()):
		return nil, &later{after: look, why: fmt.Sprintf("pay order %s (%s): a payment was sent and may yet go through; nothing more is sent", p.orderID(), p.reference())}
	case wait > 0:
		return nil, &later{after: min(look, wait), why: fmt.Sprintf("pay order %s (%s): the next request is due in %s", p.orderID(), p.reference(), wait.Round(time.Second))}
	}
	return nil, nil
}

// isCheap holds the partner's highest price against the order's.
func (a *Activities) isCheap(ctx context.Context, p *paying) (*Outcome, error) {
	refused := a.guardPrice(p.Request, p.Facts.Order)
	if refused == nil {
		return nil, nil
	}
	if p.doubt() {
		return nil, &later{after: p.Pace(p.Facts, attempts(ctx), a.now(ctx)),
			why: fmt.Sprintf("pay order %s (%s): it became too dear, and a payment that was sent may yet go through", p.orderID(), p.reference())}
	}
	refused.Seen = p.seen
	return nil, refused
}

// isCovered asks the balance desk.
func (a *Activities) isCovered(ctx context.Context, p *paying) (*Outcome, error) {
	if p.doubt() {
		return nil, nil
	}
	return nil, a.admit(ctx, p.Step)
}

// sendPay sends one request to pay. Its intent goes on record as it leaves, and it is
// over within the time that the ledger was told: what the ledger itself took to write
// it down is gone from that. Where another attempt's has left since this one looked, while
// this one queued, the look is too old to pay on.
func (a *Activities) sendPay(ctx context.Context, p *paying) (foxreload.Payment, error) {
	attempt := uuid.NewString()
	left := false
	stop := func() {}
	defer func() { stop() }()
	answer, err := a.API.PayOrder(foxreload.Leaving(ctx, func(ctx context.Context) (context.Context, error) {
		begun := a.now(ctx)
		if err := a.intend(ctx, p, attempt, begun); err != nil {
			return nil, err
		}
		left = true
		p.attempt = attempt
		a.leaves(ctx)
		ctx, stop = context.WithTimeout(ctx, a.PayTakes-a.now(ctx).Sub(begun))
		return ctx, nil
	}), p.orderID(), foxreload.PayRequest{Provider: p.Request.Provider, ReturnURL: p.Request.ReturnURL})
	if left && err != nil {
		// Where this can't be written down, the next attempt waits as if the request were
		// still on its way.
		landing := ledger.Landing{Spared: life.OfPay(err).Spared, At: a.now(ctx)}
		if life.OfPay(err).Then == life.LookLater {
			landing.Quiet = repeatAfter
		}
		_ = a.Ledger.Payments.Land(ctx, p.orderID(), attempt, landing)
	}
	if left {
		a.tellDesk(ctx, p.Step, err)
	}
	return answer, err
}

// intend writes the payment's intent: from here on, whoever comes looks first.
func (a *Activities) intend(ctx context.Context, p *paying, attempt string, begun time.Time) error {
	payment := a.payment(p.Step, attempt, begun)
	payment.Step, payment.After = stepOf(ctx, p.Seq), &p.intent.Attempt
	if err := a.countable(payment); err != nil {
		return err
	}
	err := a.Ledger.Payments.Begin(ctx, payment)
	var (
		notPinned *ledger.NotPinnedError
		other     *ledger.OtherPaymentError
		flying    *ledger.PaymentInFlightError
		ended     *ledger.EndedError
		overtaken *ledger.OvertakenError
	)
	switch {
	case errors.As(err, &overtaken):
		return &later{after: showsWithin, why: fmt.Sprintf("pay order %s (%s): another attempt is at it, look before anything else", p.orderID(), p.reference())}
	case errors.As(err, &flying):
		return &later{after: max(min(flying.For, showsWithin), time.Millisecond), why: err.Error()}
	case errors.As(err, &notPinned):
		return err // the ledger lacks it, or another reference has it: taking the order up tells
	case errors.As(err, &other), errors.As(err, &ended):
		return &life.Refusal{Class: life.ClassGuard, Code: order.CodeGuard, Message: err.Error()}
	}
	return withheldBy(err)
}

// answered does what the answer to a request to pay asks for.
func (a *Activities) answered(ctx context.Context, p *paying, answer foxreload.Payment, err error) (Outcome, error) {
	api := new(foxreload.Error)
	if err != nil && !errors.As(err, &api) {
		return Outcome{}, err // it was stopped before it left
	}
	switch what := life.OfPay(err); what.Then {
	case life.TakeIn:
		return a.paid(ctx, p, answer)
	case life.LookLater:
		if _, err := a.Ledger.Streaks.Again(ctx, p.reference(), "pay/lost", a.now(ctx)); err != nil {
			return Outcome{}, err
		}
		return Outcome{}, &later{after: showsWithin, why: fmt.Sprintf("pay order %s (%s): the answer is lost, look before anything else", p.orderID(), p.reference())}
	case life.LookNow:
		return a.unpaid(ctx, p, what, err)
	case life.Refused:
		return Outcome{}, a.patiently(ctx, p.Step, "pay", what.Refusal, what.Patience, err)
	default:
		return Outcome{}, err
	}
}

// unpaid looks what a request to pay that was refused has left: the order may have moved
// on all the same, be cancelled by it, or still be active.
func (a *Activities) unpaid(ctx context.Context, p *paying, what life.PayAnswer, cause error) (Outcome, error) {
	refused := a.patiently(ctx, p.Step, "pay", what.Refusal, what.Patience, cause)
	o, err := a.look(ctx, p.Step, p.orderID())
	if err != nil {
		return Outcome{}, err
	}
	p.seen = nil
	cancelled := o.Status == foxreload.StatusCancelled && what.Refusal == foxreload.ClassBalance
	if !cancelled {
		switch out, err := a.open(ctx, p, o); {
		case err != nil:
			return Outcome{}, err
		case out != nil:
			return *out, nil
		}
	} else if s, err := a.sight(ctx, p.Step, o); err != nil {
		return Outcome{}, err
	} else {
		p.seen = &s
	}
	if foxreload.ClassOf(cause) == foxreload.ClassNotPayable && p.Request.Provider != "" {
		// An earlier, lost pay has opened the provider's session: it is out there.
		return a.linkOut(*p.seen, ""), nil
	}
	if verdict := new(life.Refusal); errors.As(refused, &verdict) {
		verdict.Seen = p.seen
	}
	return Outcome{}, refused
}

// paid takes in the answer to a pay that FoxReload accepted.
func (a *Activities) paid(ctx context.Context, p *paying, answer foxreload.Payment) (Outcome, error) {
	a.keepAnswer(ctx, p, answer)
	o := answer.Order
	if o.ID != p.orderID() || !o.Status.Known() || o.Status == foxreload.StatusActive {
		// The answer to a pay may be anything with a link in it: the order itself
		// is what counts.
		var err error
		if o, err = a.look(ctx, p.Step, p.orderID()); err != nil {
			return Outcome{}, err
		}
	}
	if o.Status == foxreload.StatusActive && p.Request.Provider != "" {
		s, err := a.sight(ctx, p.Step, o)
		return a.linkOut(s, answer.Link), err
	}
	if o.Status == foxreload.StatusActive {
		return Outcome{}, &later{after: showsWithin, why: fmt.Sprintf("pay order %s (%s): accepted, but the order still shows as active", o.ID, p.reference())}
	}
	return a.saw(ctx, p.Step, o)
}

// guardPrice holds the partner's highest price against the order's.
func (a *Activities) guardPrice(r order.Request, o life.Order) *life.Refusal {
	if r.MaxPrice == nil {
		return nil
	}
	refused := func(format string, args ...any) *life.Refusal {
		return &life.Refusal{Class: life.ClassPriceGuard, Code: order.CodePriceGuard, Message: fmt.Sprintf(format, args...)}
	}
	price, known := amount(o.Price)
	switch currency := cmp.Or(phrase.Of(o.Currency), a.Currency); {
	case !known:
		return refused("FoxReload did not say what the order costs, so it can't be held against the highest price of %s", highest(r))
	case r.MaxPriceCurrency != "" && currency != "" && !strings.EqualFold(currency, r.MaxPriceCurrency):
		return refused("the order costs %s %s, and the highest price is %s: amounts in two currencies can't be compared", price, currency, highest(r))
	case price.GreaterThan(*r.MaxPrice):
		return refused("the order costs %s, more than the highest price of %s", price, highest(r))
	}
	return nil
}
