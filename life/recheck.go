package life

import (
	"foxflow/foxreload"
	"foxflow/order"
)

// EndedAs is what the record of an order that has ended says of it.
func EndedAs(s order.Status) Facts {
	f := Begin(s.StartedAt)
	f.State, f.Replacements, f.Clocks.Updated = s.State, s.Replacements, s.UpdatedAt
	f.Why = Why{CancelReason: value(s.CancelReason), Error: s.Error}
	f.Order = Order{ID: value(s.OrderID), Price: s.Price, Currency: s.Currency, Window: s.PaymentExpiresAt, Link: s.PaymentURL, Items: s.Items}
	if s.PaymentInDoubt {
		f.Money = Doubtful
	}
	if seen := seenLast(s); seen != "" {
		f.Order.Status, f.Money = seen, Left
	}
	return f
}

// seenLast is how an order that ended as a paid one was seen last, at the least: a look that
// shows less comes from before.
func seenLast(s order.Status) foxreload.Status {
	switch code := errorCode(s); {
	case s.State == order.Completed, s.State == order.Unresolved && code == order.CodeCodesMissing:
		return foxreload.StatusCompleted
	case s.State == order.Failed && code == order.CodeOrderFailed:
		return foxreload.StatusFailed
	case s.State == order.Unresolved && code == order.CodeGivenUp && !s.PaymentInDoubt:
		return foxreload.StatusPaid
	}
	return ""
}

func errorCode(s order.Status) string {
	if s.Error == nil {
		return ""
	}
	return s.Error.Code
}

// Rechecked is an order that has ended and is seen again. Its items are what they are now;
// one that was given up comes to the end that FoxReload names, whatever it named before. Any
// other end stays. An answer that proves nothing may bring codes all the same.
func (t Terms) Rechecked(f Facts, s Sighting) Facts {
	if !s.Status.Known() || f.stale(s) && !s.Status.Terminal() {
		f.Order.Items, f.Clocks.Updated = s.Items, s.At
		return f
	}
	f = f.took(s)
	switch {
	case f.State == order.Cancelled && f.Money == Left:
		f.Why.Error = f.moneyOut()
		return f
	case f.State != order.Unresolved, s.Status == foxreload.StatusCompleted && f.codes() == 0 && f.missing() > 0:
		return f
	case s.Status == foxreload.StatusCancelled:
		why := Why{CancelReason: s.Reason}
		if f.Money == Left && f.Why.Error != nil { // what it was given up with says what is known of the money
			why.Error = &order.Error{Code: order.CodeMoneyOut, Message: f.Why.Error.Message}
		}
		return f.enter(order.Cancelled, why, s.At)
	case s.Status == foxreload.StatusFailed:
		return f.enter(order.Failed, Why{Error: &order.Error{Code: order.CodeOrderFailed, Message: f.firstError()}}, s.At)
	case s.Status == foxreload.StatusCompleted:
		return f.enter(order.Completed, Why{}, s.At)
	}
	return f
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Retold is the sighting that a state on record was entered by. Whatever held the order
// then, a person's question too, did not keep it from that state.
func Retold(s order.Status) Sighting {
	seen := Sighting{At: s.UpdatedAt, OrderID: value(s.OrderID), Status: foxreload.StatusActive, Window: s.PaymentExpiresAt, Price: s.Price,
		Currency: s.Currency, Link: s.PaymentURL, Items: s.Items, Replacement: s.Replacements, Adopted: true}
	if s.PaymentInDoubt {
		// When the last request to pay left is not on record: before the state was entered.
		seen.Doubt, seen.LastPay = true, s.UpdatedAt
	}
	switch s.State {
	case order.Paid:
		seen.Status = foxreload.StatusPaid
	case order.Processing:
		seen.Status = foxreload.StatusProcessing
	case order.Completed, order.Stalled:
		seen.Status = foxreload.StatusCompleted
	case order.Failed:
		seen.Status = foxreload.StatusFailed
	}
	return seen
}
