package life

import (
	"fmt"

	"foxflow/order"
)

// breachOf says which promise does not hold in a state; "": each does.
func (m *model) breachOf(f Facts, w world) string {
	paidOnes := 0
	for _, o := range w.fox {
		if o.everPaid {
			paidOnes++
		}
	}
	if paidOnes > 1 {
		return "two orders of the reference are paid"
	}
	if f.State.Ended() {
		if breach := m.falseEnd(f, w); breach != "" {
			return breach
		}
	}
	if w.busy || w.behind > 0 {
		return "" // the workflow waits for what it does not know yet
	}
	return m.falseFacts(f, w)
}

// mayYetBePaid says whether money is out, or may yet be by what left. What a person paid
// from the dashboard is for the last look to find.
func mayYetBePaid(w world, lastLook bool) bool {
	for i, o := range w.fox {
		unseen := o.elsewhere && (!lastLook || o.tooLate)
		if o.mayYetBePaid() && w.pinned(int8(i)) && !unseen {
			return true
		}
	}
	return false
}

// falseEnd says what is wrong with an end.
func (m *model) falseEnd(f Facts, w world) string {
	s := m.terms.Status(f)
	unpaid := f.Money == Unsent || f.Money == Spared
	switch {
	case s.State != order.Completed && unpaid != (money[f.Money].words == ""):
		return "the table of money contradicts itself"
	case s.State != order.Completed && unpaid && !s.PaymentInDoubt && mayYetBePaid(w, s.State != order.Unresolved):
		return fmt.Sprintf("it ends as %s and unpaid, and money is or may be out", s.State)
	case s.State == order.Cancelled && f.Why.CancelReason == order.PaymentExpiration && f.Money == Doubtful:
		return "it ends as expired, and a payment is in doubt"
	}
	if s.State != order.Completed {
		return ""
	}
	for _, item := range s.Items {
		if int64(item.Codes+item.Missing) != item.Quantity {
			return fmt.Sprintf("it ends as completed with %d codes of %d, and %d are said to be missing", item.Codes, item.Quantity, item.Missing)
		}
		if item.Codes == 0 {
			return "it ends as completed without a code"
		}
	}
	return ""
}

// falseFacts says what is wrong with what is known while no activity is at work.
func (m *model) falseFacts(f Facts, w world) string {
	i := indexOf(f.Order.ID)
	seen := i >= 0 && f.Order.Status != ""
	move := Move{}
	if !f.State.Ended() {
		move = m.terms.Next(f)
	}
	switch {
	case seen && !f.State.Ended() && f.WhyNot() == "" && mayYetBePaid(w, false):
		return "it may be cancelled, and money is or may be out"
	case seen && f.Money == Left && !w.fox[i].everPaid && w.fox[i].is != paymentFailure:
		return "it is called paid, and is not"
	case seen && f.Money == Doubtful && !w.unanswered():
		return "a doubt without a cause"
	case seen && !f.State.Ended() && f.Money == Unsent && w.doubt():
		return "the ledger knows of a doubt, and who asks is told of none"
	case move.Do == Pay && f.OtherMock(m.terms.Request):
		return "an order that is no mock is to be paid"
	case move.Do == End && f.Order.Odd:
		return "an end follows from a status that nobody knows"
	case move.Do == Create && f.Order.ID != "" && f.Order.Status != "":
		return "an order that is there is to be created"
	}
	return ""
}

func (w world) unanswered() bool {
	for _, o := range w.fox {
		if o.lostAnswer || o.everPaid {
			return true
		}
	}
	return w.doubt()
}
