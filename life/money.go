package life

import (
	"fmt"
	"time"

	"foxflow/order"
)

// Money is where the money of the present FoxReload order is.
type Money string

// The places.
const (
	Unsent   Money = "unsent"   // no request to pay it can have had an effect
	Doubtful Money = "doubtful" // one was sent, and its outcome is not known
	LinkOut  Money = "link_out" // an external provider was asked: anybody with the link can pay
	Left     Money = "left"     // it is paid
	Spared   Money = "spared"   // it has ended, or can't be paid any more, and nothing was paid
)

// money says all there is to say of each place: whether the order may be paid (again), and
// why it can't be cancelled; "": it may, and may end as one that is not paid.
var money = map[Money]struct {
	mayPay bool
	words  string
}{
	Unsent:   {mayPay: true},
	Doubtful: {mayPay: true, words: "a payment was sent and its outcome is not known yet"},
	LinkOut:  {words: "its payment link is out and can still be paid; unpaid, it ends by itself when the payment window does"},
	Left:     {words: "it is paid, and FoxReload has no way to take a payment back"},
	Spared:   {},
}

const (
	// lapse is how long after its payment window, and after the last request to pay, an
	// order that FoxReload still shows as active is surely not paid any more.
	lapse = time.Minute
	// lapseUnknown is that time from the last request to pay, where no window is known.
	lapseUnknown = time.Hour
)

// WhyNot is why the order can't be cancelled, or "" when it can.
func (f Facts) WhyNot() string {
	switch {
	case f.State.Ended():
		return fmt.Sprintf("it has ended already: %s", f.State)
	case f.Order.Odd:
		return "FoxReload shows it with a status that nobody knows, which proves nothing; foxflow looks until it is clear"
	}
	return money[f.Money].words
}

// MayEnd says whether it is certain that no money has left and none will.
func (f Facts) MayEnd() bool { return f.WhyNot() == "" }

// Payable says whether a request to pay the order may be sent, as far as is known of it.
func (f Facts) Payable() bool {
	return money[f.Money].mayPay && f.Ending == nil && !f.Order.Odd && !f.State.Ended()
}

// Short says whether the balance was found too low, and nobody has said since that it was
// raised.
func (f Facts) Short() bool { return f.State == order.AwaitingTopUp && f.Asked.Hint == NoHint }

// Withheld says whether the order waits for the pause to end or for room under the daily
// limit, and nobody has said since that either has come.
func (f Facts) Withheld() bool { return f.State == order.Paused && f.Asked.Hint == NoHint }

// WindowOver says whether the payment window ended before now.
func (f Facts) WindowOver(now time.Time) bool {
	return f.Order.Window != nil && !now.Before(*f.Order.Window)
}

// moneyWhileActive is where the money is of an order that FoxReload shows as active.
// doubt says that a request to pay it may have gone through, for all that the ledger
// knows; only time can end that here. Time ends the order itself, too: FoxReload may go on
// showing as active what nobody can pay any more.
func (f Facts) moneyWhileActive(doubt bool, now time.Time) Money {
	// A window may be shown, or be another, only after a request has left.
	onWay := doubt && now.Before(f.Clocks.LastPay.Add(lapse))
	switch over := f.Order.Window != nil && !now.Before(f.Order.Window.Add(lapse)) && !onWay; {
	case f.Money == LinkOut, f.Money == Spared, f.Money == Left:
		return f.Money
	case over:
		return Spared
	case !doubt:
		return Unsent
	case f.Order.Window == nil && !f.Clocks.LastPay.IsZero() && !now.Before(f.Clocks.LastPay.Add(lapseUnknown)):
		return Unsent
	}
	return Doubtful
}

// Settles says what a look, before and after which so much was known, settles of the order's
// payment: that it is void, since nothing was paid of what was sent; and that the order is over,
// so that nothing is sent for it any more. stands says that a payment of it is on record and not void.
func Settles(before, after Facts, s Sighting, stands bool) (void, over bool) {
	switch {
	case !s.Status.Known():
	case after.Money == Spared && (stands || before.Money != Spared):
		return true, true
	case s.Doubt && after.Money == Unsent:
		return true, false
	}
	return false, false
}

// moneyWhenCancelled is where the money is of an order that FoxReload has cancelled. A
// reason that does not say that it was unpaid leaves a doubt as it is.
func (f Facts) moneyWhenCancelled(s Sighting) Money {
	switch {
	case f.Money == Left:
		return Left
	case endedUnpaid(s.Reason):
		return Spared
	case f.Money == Unsent && s.Doubt:
		return Doubtful
	}
	return f.Money
}

// endedUnpaid says whether a cancel reason means that no payment was made.
func endedUnpaid(reason string) bool {
	return reason == order.PaymentFailure || reason == order.PaymentExpiration
}
