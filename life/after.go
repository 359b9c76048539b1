package life

import (
	"fmt"
	"slices"
	"time"

	"foxflow/foxreload"
	"foxflow/order"
)

// Sighting is what one look at a FoxReload order showed, with what the ledger knows of it.
type Sighting struct {
	At       time.Time          `json:"at"`
	OrderID  string             `json:"orderId"`
	Status   foxreload.Status   `json:"status"`
	Reason   string             `json:"reason,omitempty"` // of its cancellation
	Window   *time.Time         `json:"window,omitempty"`
	Price    *string            `json:"price,omitempty"`
	Currency *string            `json:"currency,omitempty"`
	Mock     *bool              `json:"mock,omitempty"`
	Link     *string            `json:"link,omitempty"`    // for the payment
	LinkOut  bool               `json:"linkOut,omitempty"` // an external provider was asked for the payment
	Items    []order.ItemStatus `json:"items,omitempty"`   // with the codes that are in the vault
	// Replacement is the order's number among those of the reference.
	Replacement int `json:"replacement,omitempty"`
	// Doubt says that a request to pay it may have gone through, for all that the ledger
	// knows; LastPay is when the last one left.
	Doubt   bool      `json:"doubt,omitempty"`
	LastPay time.Time `json:"lastPay,omitzero"`
	// DoubtSince is when the doubt began.
	DoubtSince time.Time `json:"doubtSince,omitzero"`
	// Adopted says that a person named the order: what was known of another is void.
	Adopted bool `json:"adopted,omitempty"`
}

// stateOf are the states that an order enters on FoxReload's word alone, whatever was
// asked of it: whoever sees it can put them on record at once.
var stateOf = map[foxreload.Status]order.State{
	foxreload.StatusPaid:       order.Paid,
	foxreload.StatusProcessing: order.Processing,
	foxreload.StatusCompleted:  order.Completed,
	foxreload.StatusFailed:     order.Failed,
}

// After is what is known after a sighting.
//
// A status that nobody knows changes nothing but that: no conclusion follows from it. A
// step back is an answer from before, and is left out.
func (t Terms) After(f Facts, s Sighting) Facts {
	if !s.Status.Known() {
		return f.odd(s)
	}
	if f.stale(s) {
		f.Order.Odd = false
		return f
	}
	asked := f.Money != Unsent
	f = f.took(s)
	switch {
	case f.Money == Unsent && f.OtherMock(t.Request):
		f.Ending, f.Looked = mockIgnored(t.Request), true
		return f
	case s.Status == foxreload.StatusActive && s.LinkOut:
		return f.unblocked().enter(order.AwaitingPayment, Why{Wait: order.WaitPaymentLink}, s.At)
	case s.Status == foxreload.StatusActive:
		return f.open(s)
	case s.Status == foxreload.StatusCancelled:
		return t.cancelled(f.unblocked(), s, asked)
	case s.Status == foxreload.StatusCompleted && f.missing() > 0:
		return t.withoutCodes(f.unblocked(), s)
	}
	f = f.unblocked()
	state := stateOf[s.Status]
	if f.State == order.Stalled && !state.Ended() {
		return f // late anyway, whatever it is at
	}
	why := Why{}
	if state == order.Failed {
		why.Error = &order.Error{Code: order.CodeOrderFailed, Message: f.firstError()}
	}
	return f.enter(state, why, s.At)
}

// Told says whether a sighting is news that something follows from. That FoxReload has begun
// to process a paid order is none: it is looked at on, for as long and as often as before.
func (t Terms) Told(f Facts, s Sighting) bool {
	g := t.After(f, s)
	if f.OnItsWay() && g.OnItsWay() {
		g.State, g.Why, g.Order.Status = f.State, f.Why, f.Order.Status
	}
	return !f.Tells(g) || f.Money != g.Money || f.Order.Odd != g.Order.Odd || len(f.Order.Strange) != len(g.Order.Strange) ||
		f.Order.Status != g.Order.Status || f.codes() != g.codes() || (f.Blocker == nil) != (g.Blocker == nil) || (f.Ending == nil) != (g.Ending == nil)
}

// OnItsWay says whether the order is paid, FoxReload was seen to be at it, and nothing holds it.
func (f Facts) OnItsWay() bool {
	known := f.Order.Status == foxreload.StatusPaid || f.Order.Status == foxreload.StatusProcessing
	return f.Money == Left && known && !f.Order.Odd && f.State.MoneyOut()
}

// odd keeps a status that nobody knows. What the ledger knows of a payment stands beside it.
func (f Facts) odd(s Sighting) Facts {
	f = f.about(s)
	f.Order.Odd, f.Order.SeenAt = true, s.At
	if s.Adopted {
		f = f.unblocked().enter(order.Creating, Why{Note: "a person named order " + s.OrderID + ", which shows a status that nobody knows"}, s.At)
	}
	if f.Money == Unsent && s.Doubt {
		f.Money, f.Ending = Doubtful, nil
	}
	if !slices.Contains(f.Order.Strange, s.Status) {
		f.Order.Strange = append(slices.Clone(f.Order.Strange), s.Status)
	}
	return f
}

// stale says whether the sighting is older than what is known: orders only move forward.
func (f Facts) stale(s Sighting) bool {
	known := f.Order.Status
	return known != "" && f.Order.ID == s.OrderID && known != s.Status && !known.CanBecome(s.Status)
}

// took keeps what FoxReload said and where the money is by that.
func (f Facts) took(s Sighting) Facts {
	f = f.about(s)
	o := &f.Order
	o.Status, o.Reason, o.Odd, o.SeenAt = s.Status, s.Reason, false, s.At
	o.Items = s.Items
	o.Window, o.Price, o.Currency = said(s.Window, o.Window), said(s.Price, o.Price), said(s.Currency, o.Currency)
	o.Mock, o.Link = said(s.Mock, o.Mock), said(s.Link, o.Link)
	f.Clocks.Updated = s.At
	f.Clocks.Doubt = s.DoubtSince
	if s.LastPay.After(f.Clocks.LastPay) {
		f.Clocks.LastPay = s.LastPay
	}
	switch {
	case s.Status == foxreload.StatusActive && s.LinkOut:
		f.Money = LinkOut
	case s.Status == foxreload.StatusActive:
		f.Money = f.moneyWhileActive(s.Doubt, s.At)
	case s.Status == foxreload.StatusCancelled:
		f.Money = f.moneyWhenCancelled(s)
	default:
		if f.Money != Left {
			f.Clocks.Paid = s.At
		}
		f.Money = Left
	}
	if !f.MayEnd() {
		f.Ending = nil
	}
	return f
}

// about is what is known of the order that was seen: what was known of another is void.
func (f Facts) about(s Sighting) Facts {
	f.Looked, f.Replacements = false, s.Replacement
	if f.Order.ID != s.OrderID {
		f.Order = Order{ID: s.OrderID}
		if s.Adopted {
			f.Money = Unsent
		}
	}
	return f
}

// Completed says whether the order was seen completed.
func (f Facts) Completed(orderID string) bool {
	return f.Order.ID == orderID && f.Order.Status == foxreload.StatusCompleted
}

func said[T any](now, before *T) *T {
	if now == nil {
		return before
	}
	return now
}

// unblocked is the order without what held it.
func (f Facts) unblocked() Facts {
	f.Blocker = nil
	return f
}

// open is an order that is still to be paid.
func (f Facts) open(s Sighting) Facts {
	switch {
	case f.State == order.Creating:
		return f.unblocked().enter(order.Active, Why{}, s.At)
	case f.State == order.Blocked && !f.AsksPerson():
		return f.unblocked().enter(f.released(), Why{Wait: f.linkWait()}, s.At)
	case f.State == order.Blocked && s.Adopted:
		return f.unblocked().enter(order.Active, Why{}, s.At)
	}
	return f
}

// released is the state that a blocked order goes back to.
func (f Facts) released() order.State {
	switch {
	case f.Money == LinkOut:
		return order.AwaitingPayment
	case f.Money == Left && f.Order.Status == foxreload.StatusProcessing:
		return order.Processing
	case f.Money == Left:
		return order.Paid
	case f.Order.Status == "":
		return order.Creating
	}
	return order.Active
}

func (f Facts) linkWait() order.Wait {
	if f.Money == LinkOut {
		return order.WaitPaymentLink
	}
	return ""
}

// cancelled tells an end from an order that can be replaced. What an external provider was
// asked for ends with its link; what expired before that is replaced as any other.
func (t Terms) cancelled(f Facts, s Sighting, asked bool) Facts {
	switch {
	case f.Money != Spared, t.Request.Provider != "" && (asked || s.Reason != order.PaymentExpiration):
	case s.Reason == order.PaymentExpiration, f.Asked.Hint != NoHint:
		return f // the next step replaces it
	default:
		f = f.short(s.At)
		return f.enter(order.AwaitingTopUp, Why{Wait: order.WaitTopUp,
			Error: &order.Error{Code: codeBalance, Message: "FoxReload cancelled the order because the balance is too low"}}, s.At)
	}
	return f.enter(order.Cancelled, Why{CancelReason: s.Reason, Error: f.moneyOut()}, s.At)
}

// moneyOut is what there is to say of an order that is cancelled and that was paid all the
// same, or may have been; a doubt is said by itself.
func (f Facts) moneyOut() *order.Error {
	if f.Money != Left && f.Money != LinkOut {
		return nil
	}
	return &order.Error{Code: order.CodeMoneyOut, Message: fmt.Sprintf("%s; "+askSupport, outWords[f.Money], f.Order.ID)}
}

// short is an order that was found to lack money: the time counts from the first.
func (f Facts) short(now time.Time) Facts {
	if f.Clocks.Short.IsZero() {
		f.Clocks.Short = now
	}
	return f
}

// withoutCodes is an order that FoxReload calls completed and that is not delivered, or
// not wholly. Some codes are an end once the rest had time to come.
func (t Terms) withoutCodes(f Facts, s Sighting) Facts {
	if f.Clocks.Completed.IsZero() {
		f.Clocks.Completed = s.At
	}
	if f.codes() > 0 && !s.At.Before(f.Clocks.Completed.Add(t.Intervals.StallAfter)) {
		return f.enter(order.Completed, Why{}, s.At)
	}
	return f.enter(order.Stalled, Why{Wait: order.WaitCodes}, s.At)
}

// OtherMock says whether the order shows itself as mock where a real one was asked for,
// or the other way round.
func (f Facts) OtherMock(r order.Request) bool { return f.Order.Mock != nil && *f.Order.Mock != r.Mock }

func mockIgnored(r order.Request) *Ending {
	words := "a mock order was asked for, and FoxReload made a real one"
	if !r.Mock {
		words = "a real order was asked for, and FoxReload made a mock one"
	}
	return &Ending{State: order.Failed, Error: &order.Error{Code: order.CodeMockIgnored, Message: words + "; it is not paid, and expires by itself"}}
}

func (f Facts) codes() (n int) {
	for _, item := range f.Order.Items {
		n += item.Codes
	}
	return n
}

func (f Facts) missing() (n int) {
	for _, item := range f.Order.Items {
		n += item.Missing
	}
	return n
}

func (f Facts) firstError() string {
	for _, item := range f.Order.Items {
		if item.Error != nil {
			return fmt.Sprintf("%s: %s", item.ItemID, *item.Error)
		}
	}
	return "FoxReload could not fulfil the order and gave no reason"
}
