package life

import (
	"fmt"

	"foxflow/internal/phrase"
	"foxflow/internal/story"
	"foxflow/order"
)

// Status is what the world is told of the order: the one place where it is made.
func (t Terms) Status(f Facts) order.Status {
	s := order.NewStatus(t.Request, f.Clocks.Started)
	s.State, s.Replacements, s.UpdatedAt = f.State, f.Replacements, f.Clocks.Updated
	s.OrderID = phrase.Some(f.Order.ID)
	s.Price, s.Currency, s.PaymentExpiresAt, s.PaymentURL = f.Order.Price, f.Order.Currency, f.Order.Window, f.Order.Link
	if len(f.Order.Items) > 0 {
		s.Items = f.Order.Items
	}
	s.CancelReason, s.Error = phrase.Some(f.Why.CancelReason), f.Why.Error
	s.WaitingForCode = phrase.Some(f.Why.Wait)
	s.PaymentInDoubt = f.Money == Doubtful
	if f.Order.Odd && f.Money != Left && !f.State.Ended() {
		s.Error = &order.Error{Code: order.CodeUnknownStatus, Message: fmt.Sprintf("FoxReload shows order %s with the status %.40q, which nobody knows: "+
			"it proves nothing, and whether the order is paid is not certain", f.Order.ID, f.Order.Strange[len(f.Order.Strange)-1])}
	}
	s.WaitingFor = phrase.Some(story.WaitingFor(s))
	return s
}

// Reason is what the audit log says beside the state.
func (f Facts) Reason(s order.Status) string {
	switch {
	case f.Why.Note != "":
		return f.Why.Note
	case f.Why.Error != nil:
		return f.Why.Error.Code + ": " + f.Why.Error.Message
	case f.Why.CancelReason != "":
		return f.Why.CancelReason
	case f.State == order.Completed:
		return f.stored()
	case s.WaitingFor != nil:
		return *s.WaitingFor
	}
	return ""
}

func (f Facts) stored() string {
	words := fmt.Sprintf("codes stored: %d", f.codes())
	if missing := f.missing(); missing > 0 {
		words += fmt.Sprintf(", missing: %d", missing)
	}
	return words
}
