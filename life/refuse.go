package life

import (
	"time"

	"foxflow/foxreload"
	"foxflow/order"
)

// Classes of refusals that are foxflow's own, beside those of the API.
const (
	ClassPaused         foxreload.Class = "paused"          // payments are paused by the switch
	ClassLimit          foxreload.Class = "daily_limit"     // the order would exceed the most that may be paid in a day
	ClassLimitCurrency  foxreload.Class = "limit_currency"  // the daily limit does not name the order's currency
	ClassPriceGuard     foxreload.Class = "price_guard"     // the order costs more than the partner will pay
	ClassGuard          foxreload.Class = "guard"           // the ledger forbids it: another order of this reference may be paid
	ClassNotOurs        foxreload.Class = "not_ours"        // the order under our key is not what was asked for
	ClassGone           foxreload.Class = "gone"            // FoxReload no longer knows the order that is to be paid
	ClassPaymentRefused foxreload.Class = "payment_refused" // the same refusal of pay, again and again
)

// Refusal is an answer that repeating the same call at once will not change. It
// reaches the workflow as the details of a non-retryable ApplicationError whose
// type is the API's code.
type Refusal struct {
	Class   foxreload.Class `json:"class"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
	// Doubt is the order of the reference a request to pay which may have gone through, for all
	// that the ledger knows; LastPay is when the last one left.
	Doubt   *Doubted  `json:"doubt,omitempty"`
	LastPay time.Time `json:"lastPay,omitzero"`
	// Seen is what a look at the order showed, where one was made.
	Seen *Sighting `json:"seen,omitempty"`
}

// Doubted is an order of the reference whose payment is in doubt.
type Doubted struct {
	OrderID     string `json:"orderId"`
	Replacement int    `json:"replacement,omitempty"` // its number among the reference's
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// refusals says what becomes of the order when a call is refused: it waits in a state for
// something, or comes to an end as one that is not paid.
var refusals = map[foxreload.Class]struct {
	state        order.State
	wait         order.Wait
	cancelReason string
}{
	foxreload.ClassBalance:      {state: order.AwaitingTopUp, wait: order.WaitTopUp},
	foxreload.ClassUnauthorised: {state: order.Blocked, wait: order.WaitKey},
	foxreload.ClassMisdirected:  {state: order.Blocked, wait: order.WaitAddress},
	foxreload.ClassForeign:      {state: order.Blocked, wait: order.WaitAddress},
	ClassPaymentRefused:         {state: order.Blocked, wait: order.WaitPaymentRefused},
	foxreload.ClassExists:       {state: order.Blocked, wait: order.WaitDecision},
	ClassNotOurs:                {state: order.Blocked, wait: order.WaitDecision},
	ClassGone:                   {state: order.Blocked, wait: order.WaitDecision},
	ClassGuard:                  {state: order.Blocked, wait: order.WaitDecision},
	ClassPaused:                 {state: order.Paused, wait: order.WaitResume},
	ClassLimit:                  {state: order.Paused, wait: order.WaitNextDay},
	ClassLimitCurrency:          {state: order.Paused, wait: order.WaitLimitCurrency},
	ClassPriceGuard:             {state: order.Cancelled, cancelReason: order.PriceGuard},
	// Of a create, which moves no money: the request itself is wrong.
	foxreload.ClassFinal:    {state: order.Failed},
	foxreload.ClassNotFound: {state: order.Failed},
	foxreload.ClassPrice:    {state: order.Failed},
}

// Refusable says whether Refuse knows what follows from a refusal of the class.
func Refusable(class foxreload.Class) bool {
	_, known := refusals[class]
	return known
}

// WaitOf is what an order waits for after a refusal of the class; "": for nothing.
func WaitOf(class foxreload.Class) order.Wait { return refusals[class].wait }

// Refuse is what is known after a refusal: the order waits, or is to end.
func (t Terms) Refuse(f Facts, r Refusal, now time.Time) Facts {
	f = f.knows(r)
	if r.Doubt != nil && r.Doubt.OrderID != f.Order.ID && f.Money != Left && f.Money != LinkOut {
		return Doubt(f, *r.Doubt, now)
	}
	what, err := refusals[r.Class], &order.Error{Code: r.Code, Message: r.Message}
	switch {
	case f.State == order.Blocked && !now.Before(t.BlockedUntil(f)):
		f.Why.Error, f.Blocker = err, &Blocker{r.Class, r.Code, r.Message}
		return t.giveUp(f, now)
	case what.state.Ended() && f.MayEnd():
		f.Ending, f.Looked = &Ending{State: what.state, CancelReason: what.cancelReason, Error: err}, r.Seen != nil
		return f.unblocked()
	case what.state.Ended():
		return f // nothing ends while money is or may be out
	}
	f.Blocker = &Blocker{r.Class, r.Code, r.Message}
	if what.state == order.AwaitingTopUp {
		f = f.short(now)
	}
	if f.Asked.Hint == TriedHint && (what.state == order.AwaitingTopUp || what.state == order.Paused) {
		f.Asked.Hint = NoHint // it changed nothing
	}
	return f.enter(what.state, Why{Wait: what.wait, Error: err}, now)
}

// knows takes in what came with a refusal: a look, or what the ledger knows of the payment.
func (f Facts) knows(r Refusal) Facts {
	f.Looked = false
	if r.LastPay.After(f.Clocks.LastPay) {
		f.Clocks.LastPay = r.LastPay
	}
	switch {
	case r.Seen != nil && !r.Seen.Status.Known():
		f = f.odd(*r.Seen)
	case r.Seen != nil && !f.stale(*r.Seen):
		f = f.took(*r.Seen)
	case r.Seen != nil: // older than what is known
	case r.Doubt != nil && (f.Money == Unsent || f.Money == Doubtful):
		f.Money, f.Ending = Doubtful, nil
	case f.Money == Doubtful:
		f.Money = Unsent
	}
	return f
}
