package life

import (
	"fmt"
	"time"

	"foxflow/foxreload"
	"foxflow/order"
)

// Do is something to do next.
type Do string

// The things to do.
const (
	Nothing      Do = "nothing"       // it has ended
	Create       Do = "create"        // have FoxReload make the order, or see the one that is pinned
	Pay          Do = "pay"           // pay it; in doubt: look, and pay again where that is due
	Look         Do = "look"          // look until there is news
	LastLook     Do = "last look"     // look once, before an end that says that nothing was paid
	End          Do = "end"           // put that end on record
	Replace      Do = "replace"       // give up the FoxReload order, which ended unpaid, for a new one
	AwaitTopUp   Do = "await top-up"  // wait for money
	AwaitRelease Do = "await release" // wait until payments are made again, or the day's limit has room
	AwaitPerson  Do = "await person"  // wait for a person's decision
	Decide       Do = "decide"        // carry out a person's decision
)

// Move is what to do next, and until when.
type Move struct {
	Do    Do
	Until time.Time     // of a wait or a look; zero: as long as it takes
	Pause time.Duration // before a replacement
}

// mostExpired ends an order whose FoxReload orders all expire at once, for a cause that
// is not money: something is wrong that a new order doesn't mend.
const mostExpired = 5

// Next says what comes next: the order's whole life on one screen.
func (t Terms) Next(f Facts) Move {
	switch ending := t.ending(f); {
	case f.State.Ended():
		return Move{Do: Nothing}
	case f.Order.Odd && f.Money == Left:
		return Move{Do: Look, Until: t.lookUntil(f)} // paid all the same, and late all the same
	case f.Order.Odd:
		return Move{Do: Look} // a status that nobody knows proves nothing: wait for one that is known
	case ending != nil && (f.Looked || f.nothingToSee()):
		return Move{Do: End}
	case ending != nil:
		return Move{Do: LastLook}
	case f.AsksPerson() && f.Asked.Decide:
		return Move{Do: Decide}
	case f.AsksPerson() && f.Money == Doubtful:
		return Move{Do: Look, Until: t.BlockedUntil(f)}
	case f.AsksPerson():
		return Move{Do: AwaitPerson, Until: t.BlockedUntil(f)}
	case f.Short() && f.Money != Doubtful:
		return Move{Do: AwaitTopUp, Until: f.Clocks.Short.Add(t.Intervals.GiveUpAfter)}
	case f.Withheld() && f.Money != Doubtful:
		return Move{Do: AwaitRelease}
	case f.Money == Spared:
		return Move{Do: Replace, Pause: t.pause(f)}
	case f.Order.ID == "" || f.Order.Status == "" && f.Money != Left:
		return Move{Do: Create}
	case money[f.Money].mayPay && !f.Asked.Stop:
		return Move{Do: Pay}
	default:
		return Move{Do: Look, Until: t.lookUntil(f)}
	}
}

// ending is the end that the order is to come to as one that is not paid, or nil.
func (t Terms) ending(f Facts) *Ending {
	switch {
	case !f.MayEnd():
		return nil
	case f.Asked.Cancel || f.Asked.Stop:
		return &Ending{State: order.Cancelled, CancelReason: order.UserRequest}
	case f.Ending == nil && f.Money == Spared && f.Asked.Hint == NoHint && f.Expired >= mostExpired:
		return &Ending{State: order.Cancelled, CancelReason: order.PaymentExpiration, Error: &order.Error{Code: order.CodePaymentWindow,
			Message: fmt.Sprintf("the payment windows of %d orders in a row ended before they could be paid", f.Expired+1)}}
	case f.Ending != nil && f.Ending.CancelReason == order.PaymentFailure && f.Order.Reason != "":
		return &Ending{State: f.Ending.State, CancelReason: f.Order.Reason, Error: f.Ending.Error} // FoxReload's own word
	}
	return f.Ending
}

// nothingToSee says that a look could show nothing more.
func (f Facts) nothingToSee() bool { return f.Order.ID == "" || f.Money == Spared }

// AsksPerson says whether the order waits for a person's decision.
func (f Facts) AsksPerson() bool {
	return f.Blocker != nil && refusals[f.Blocker.Class].wait == order.WaitDecision
}

// pause is how long to wait before the next replacement.
func (t Terms) pause(f Facts) time.Duration {
	if f.Asked.Hint != NoHint || f.Expired == 0 {
		return 0
	}
	return t.Intervals.PollInitial << f.Expired
}

// BlockedUntil is when a blocked order is given up; zero for any other.
func (t Terms) BlockedUntil(f Facts) time.Time {
	if f.State != order.Blocked {
		return time.Time{}
	}
	return f.Clocks.Entered.Add(t.Intervals.GiveUpAfter)
}

// GivenUp is when an order that waits is given up; zero: it is not.
func (t Terms) GivenUp(f Facts) time.Time {
	switch f.State {
	case order.AwaitingTopUp:
		return f.Clocks.Short.Add(t.Intervals.GiveUpAfter)
	case order.Stalled, order.Blocked:
		return f.Clocks.Entered.Add(t.Intervals.GiveUpAfter)
	}
	return time.Time{}
}

// lookUntil is when a look without news is over; zero: never.
func (t Terms) lookUntil(f Facts) time.Time {
	switch {
	case f.State == order.Stalled && f.Why.Wait == order.WaitCodes && f.codes() > 0:
		return f.Clocks.Completed.Add(t.Intervals.StallAfter)
	case f.State == order.Stalled:
		return f.Clocks.Entered.Add(t.Intervals.GiveUpAfter)
	case f.State == order.Blocked:
		return t.BlockedUntil(f)
	case f.Money == Left:
		return f.Clocks.Paid.Add(t.Intervals.StallAfter)
	}
	return time.Time{}
}

// Overdue is what becomes of an order whose wait or look is over without news.
func (t Terms) Overdue(f Facts, now time.Time) Facts {
	switch {
	case f.State == order.AwaitingTopUp && f.Money != Doubtful:
		f.Ending = &Ending{State: order.Cancelled, CancelReason: order.PaymentFailure,
			Error: &order.Error{Code: codeBalance, Message: "no top-up came within " + t.Intervals.GiveUpAfter.String()}}
		return f
	case f.State == order.Stalled && f.Why.Wait == order.WaitCodes && f.codes() > 0:
		return f.enter(order.Completed, Why{}, now)
	case f.State == order.Stalled, f.State == order.Blocked:
		return t.giveUp(f, now)
	case f.Money == Left:
		return f.enter(order.Stalled, Why{Wait: order.WaitDelivery}, now)
	}
	return f
}

const askSupport = "ask FoxReload's support about order %s before you order again"

// giveUp ends an order after a long wait. Where money is or may be out, that comes first:
// nobody must order again believing that it isn't.
func (t Terms) giveUp(f Facts, now time.Time) Facts {
	err := &order.Error{Code: order.CodeGivenUp}
	switch waited := t.Intervals.GiveUpAfter; {
	case f.State == order.Stalled && f.Why.Wait == order.WaitCodes:
		err.Code = order.CodeCodesMissing
		err.Message = fmt.Sprintf("FoxReload calls the order completed, and no code came within %s; "+askSupport, waited, f.Order.ID)
	case f.State == order.Stalled:
		err.Message = fmt.Sprintf("paid, but no end after %s of waiting; ask FoxReload's support about order %s", waited, f.Order.ID)
	case f.Money != Unsent && f.Money != Spared:
		err.Message = fmt.Sprintf("%s; for %s it could not be seen (%s: %s); "+askSupport, outWords[f.Money], waited, f.blockerCode(), f.blockerMessage(), f.Order.ID)
	default:
		err = f.Why.Error
	}
	return f.enter(order.Unresolved, Why{Error: err}, now)
}

// outWords say where money is or may be that was never seen to arrive.
var outWords = map[Money]string{
	Left:     "it is paid",
	Doubtful: "a payment was sent, and whether it went through was never seen",
	LinkOut:  "a payment link is out, and whether it was used was never seen",
}

func (f Facts) blockerCode() string {
	if f.Blocker == nil {
		return "no answer"
	}
	return f.Blocker.Code
}

func (f Facts) blockerMessage() string {
	if f.Blocker == nil {
		return "FoxReload showed no news"
	}
	return f.Blocker.Message
}

// Ended puts the end on record that Next has come to.
func (t Terms) Ended(f Facts, now time.Time) Facts {
	ending := t.ending(f)
	return f.enter(ending.State, Why{CancelReason: ending.CancelReason, Error: ending.Error}, now)
}

// LookedOnce says that the last look before an end was made, whatever it saw.
func LookedOnce(f Facts) Facts {
	f.Looked = true
	return f
}

// Doubt says that the ledger knows of a request to pay that may have gone through: what
// was to end as unpaid does not. Where that is another order of the reference, it is the one
// to look at from here on: as long as it may be paid, no other is, and the reference can't end
// as unpaid. It was active, or it would not have been paid.
func Doubt(f Facts, about Doubted, now time.Time) Facts {
	if f.Order.ID != about.OrderID {
		f.Order, f.Replacements, f.Clocks.LastPay = Order{ID: about.OrderID, Status: foxreload.StatusActive}, about.Replacement, time.Time{}
		f = f.unblocked().enter(order.Active, Why{Note: "a payment of order " + about.OrderID + " was sent, and its outcome is not known: it is looked at first"}, now)
	}
	f.Money, f.Ending, f.Looked = Doubtful, nil, false
	return f
}

// Replaced is an order whose FoxReload order, which ended unpaid, gives way to a new one.
func (t Terms) Replaced(f Facts, now time.Time) Facts {
	if f.Asked.Hint == NoHint {
		f.Expired++
	} else {
		f.Expired = 0
	}
	if f.Asked.Hint == TriedHint {
		f.Asked.Hint = NoHint
	}
	why := Why{Note: fmt.Sprintf("replaces order %s, which ended unpaid: %s", f.Order.ID, f.Order.Reason)}
	f.Order, f.Money, f.Blocker, f.Looked = Order{}, Unsent, nil, false
	f.Replacements++
	return f.enter(order.Creating, why, now)
}

// Paying is an order that a request to pay may be sent for from now on: a hint is acted on.
func Paying(f Facts) Facts {
	if f.Asked.Hint == FreshHint {
		f.Asked.Hint = TriedHint
	}
	return f
}

// Retried is a blocked order that a person lets try again.
func (t Terms) Retried(f Facts, now time.Time) Facts {
	f.Blocker = nil
	switch {
	case f.Money == Spared:
		return f // the next step replaces it
	case f.Order.ID == "":
		return f.enter(order.Creating, Why{Note: "a person decided to create it anew"}, now)
	}
	return f.enter(f.released(), Why{Note: "a person decided to try again"}, now)
}

// codeBalance is FoxReload's own code, as interface.md has it.
const codeBalance = "BalanceNotEnough"
