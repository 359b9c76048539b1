package life

import (
	"fmt"
	"reflect"
	"slices"

	"foxflow/foxreload"
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
	if w.q.unopened {
		return m.falseQueue(f, w)
	}
	if w.busy || w.behind > 0 {
		return "" // the workflow waits for what it does not know yet
	}
	return m.falseFacts(f, w)
}

// mayYetBePaid says whether money is out, or may yet be by what left. What a person paid
// from the dashboard is for the last look to find, at the order that the workflow knows of.
func mayYetBePaid(f Facts, w world, lastLook bool) bool {
	for i, o := range w.fox {
		unseen := o.elsewhere && (!lastLook || o.tooLate || f.Order.ID != orderIDs[i])
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
	is := absent
	if i := indexOf(f.Order.ID); i >= 0 {
		is = w.fox[i].is
	}
	switch {
	case f.WhyNot() == "":
		return "it has ended, and may be cancelled"
	case s.State == order.Completed && is != completed:
		return "it ends as completed, and is not"
	case s.State == order.Failed && f.Why.Error.Code == order.CodeOrderFailed && is != failed:
		return "it ends as failed by FoxReload, and is not"
	case s.State == order.Unresolved && !unpaid && f.Why.Error.Code != order.CodeGivenUp && f.Why.Error.Code != order.CodeCodesMissing:
		return "it is given up, and nobody is told that money is or may be out"
	case s.State != order.Completed && unpaid != (money[f.Money].words == ""):
		return "the table of money contradicts itself"
	case s.State != order.Completed && unpaid && !s.PaymentInDoubt && mayYetBePaid(f, w, s.State != order.Unresolved):
		return fmt.Sprintf("it ends as %s and unpaid, and money is or may be out", s.State)
	case s.State == order.Cancelled && f.Why.CancelReason == order.PaymentExpiration && f.Money == Doubtful:
		return "it ends as expired, and a payment is in doubt"
	}
	if s.State != order.Completed {
		return ""
	}
	for _, item := range s.Items {
		if m.scene.direct {
			break
		}
		if int64(item.Codes+item.Missing) != item.Quantity {
			return fmt.Sprintf("it ends as completed with %d codes of %d, and %d are said to be missing", item.Codes, item.Quantity, item.Missing)
		}
		if item.Codes == 0 {
			return "it ends as completed without a code"
		}
	}
	return ""
}

// falseNews says what is wrong with what the workflow makes of what an activity answered.
func (m *model) falseNews(f, g Facts, t task) string {
	shown := t.class == 0 && !t.odd
	switch {
	case t.class.class() == foxreload.ClassBalance && g.Asked.Hint == TriedHint:
		return "a hint is acted on again and again"
	case shown && t.is == active && f.AsksPerson() && g.MayEnd() && t.adopt == g.AsksPerson():
		return "a person was asked, and it goes on without; or with the order that was adopted it does not"
	case shown && t.is == paymentExpiration && g.State == order.AwaitingTopUp && f.State != order.AwaitingTopUp:
		return "its window ended, and it waits for money"
	case t.odd && t.class == 0 && !g.Order.Odd:
		return "it shows a status that nobody knows, and that is not kept"
	case t.class == 0 && m.forgets(f, g):
		return "the attempt after one that died with its state on record tells another"
	}
	return ""
}

// forgets says whether an attempt that finds the state of the one before on record has the
// workflow know something else.
func (m *model) forgets(f, g Facts) bool {
	if g.State == f.State || !slices.Contains([]order.State{order.Active, order.Paid, order.Processing, order.Stalled, order.Completed, order.Failed}, g.State) {
		return false
	}
	h := m.terms.After(f, Retold(m.terms.Status(g)))
	return !h.Tells(g) || h.Money != g.Money || h.codes() != g.codes() || h.missing() != g.missing()
}

// falseChange says what is wrong with a step from one state to another.
func (m *model) falseChange(f, g Facts) string {
	codes := f.State == order.Stalled && f.Why.Wait == order.WaitCodes
	asked := f.Asked.Cancel || f.Asked.Stop || g.Why.CancelReason == order.PriceGuard
	switch {
	case g.State != f.State && !f.State.CanBecome(g.State):
		return fmt.Sprintf("no step leads from %s to %s", f.State, g.State)
	case g.State == order.Unresolved && codes && (g.codes() > 0 || g.Why.Error.Code != order.CodeCodesMissing):
		return "it is given up for codes that are there, or that are missing and it is not said"
	case g.State == order.Cancelled && !asked && g.Order.Status == foxreload.StatusCancelled && g.Order.Reason != g.Why.CancelReason:
		return "it ends for another reason than FoxReload's"
	}
	return ""
}

// falseRecheck says what is wrong with what another look makes of an order that has ended,
// whatever it shows.
func (m *model) falseRecheck(f Facts) string {
	status := m.terms.Status(f)
	ended := EndedAs(status)
	if i := indexOf(f.Order.ID); i < 0 || !reflect.DeepEqual(m.terms.Status(ended), status) {
		return map[bool]string{true: "an order that has ended is read back as another"}[i >= 0]
	}
	for is := active; is <= userRequest; is++ {
		for n := range 2 * (quantity + 1) {
			t := task{order: indexOf(f.Order.ID), is: is, codes: int8(n / 2), odd: n%2 == 1, number: int8(f.Replacements)}
			g := m.terms.Rechecked(ended, m.sighting(t))
			want := f.State
			switch {
			case t.odd || f.State != order.Unresolved:
			case is >= paymentFailure:
				want = order.Cancelled
			case is == failed:
				want = order.Failed
			case is == completed && (t.codes > 0 || m.scene.direct):
				want = order.Completed
			}
			if g.State != want || g.codes() != int(t.codes) {
				return fmt.Sprintf("ended as %s, looked at again and shown as %s with %d codes, odd %t, it is called %s", f.State, shows[is].words, t.codes, t.odd, g.State)
			}
		}
	}
	return ""
}

// falseFacts says what is wrong with what is known while no activity is at work, or with
// what comes next.
func (m *model) falseFacts(f Facts, w world) string {
	i := indexOf(f.Order.ID)
	seen := i >= 0 && f.Order.Status != ""
	switch {
	case seen && f.Money == Left && !w.fox[i].everPaid && w.fox[i].is != paymentFailure:
		return "it is called paid, and is not"
	case seen && f.Money == Doubtful && !w.unanswered():
		return "a doubt without a cause"
	case f.State.Ended():
		return ""
	case i >= 0 && f.WhyNot() == "" && mayYetBePaid(f, w, false):
		return "it may be cancelled, and money is or may be out"
	case f.Order.Odd && f.WhyNot() == "":
		return "it may be cancelled, and its status is one that nobody knows"
	case f.State.MoneyOut() && f.Money != Left, f.Money == Left && !f.State.MoneyOut() && f.State != order.Blocked:
		return fmt.Sprintf("it is %s, and its money %s", f.State, f.Money)
	case f.State == order.Creating && f.Order.Status == foxreload.StatusActive && f.Money == Unsent && !f.Order.Odd && f.Ending == nil:
		return "it is there, and called creating"
	case f.Money == LinkOut && f.State != order.AwaitingPayment && f.State != order.Blocked:
		return "its payment link is out, and nobody is told"
	case i >= 0 && f.Money == Unsent && w.rows[i].doubt():
		return "the ledger knows of a doubt, and who asks is told of none"
	}
	return m.falseMove(f, m.terms.Next(f))
}

// falseMove says what is wrong with what comes next.
func (m *model) falseMove(f Facts, move Move) string {
	calls := move.Do == Create || move.Do == Pay || move.Do == Replace
	looks := move.Do == Pay || move.Do == Look || move.Do == Create || move.Do == Decide
	ends := move.Do == End || move.Do == LastLook
	resent := f.Money == Doubtful && f.State == order.Active && f.Blocker == nil && !f.Asked.Stop && !f.Order.Odd && f.Order.Status != ""
	switch {
	case move.Do == End && f.Order.Odd:
		return "an end follows from a status that nobody knows"
	case move.Do == Create && f.Order.ID != "" && f.Order.Status != "":
		return "an order that is there is to be created"
	case f.Asked.Cancel && f.MayEnd() && !ends:
		return "a cancel was accepted, and something else comes first"
	case f.Asked.Stop && move.Do == Pay:
		return "it is to be stopped, and paid"
	case f.Money == Doubtful && !looks:
		return "a payment is in doubt, and nobody looks"
	case resent && move.Do != Pay:
		return "a payment that was lost is not sent again"
	case f.Blocker != nil && f.Why.Wait == order.WaitDecision && f.Money != Doubtful && (calls || move.Do == Look && !f.Order.Odd):
		return "a person is asked, and it goes on without"
	case f.Short() && f.Money != Doubtful && calls:
		return "it waits for money, and goes on without"
	case f.Withheld() && f.Money != Doubtful && calls:
		return "its payment is withheld, and it goes on without"
	case m.timed(f, move) && !move.Until.Equal(m.terms.GivenUp(f)):
		return "it is given up at another time than a person is told"
	case !move.Until.IsZero() && !f.State.MoneyOut() && f.State != order.Blocked && f.State != order.AwaitingTopUp:
		return "it is given up, and waits for what has no time"
	}
	return ""
}

// timed says whether what comes next is a wait that ends with the order given up.
func (m *model) timed(f Facts, move Move) bool {
	switch move.Do {
	case AwaitTopUp, AwaitPerson:
		return true
	case Look:
		return !f.Order.Odd && (f.State == order.Blocked || f.State == order.Stalled && (f.Why.Wait != order.WaitCodes || f.codes() == 0))
	}
	return false
}

func (w world) unanswered() bool {
	for _, o := range w.fox {
		if o.lostAnswer || o.everPaid {
			return true
		}
	}
	return w.doubt()
}

// mustComeTo are the ends that can be reached, with time alone, from every state that from
// holds for.
var mustComeTo = []struct {
	breach   string
	from, to func(m *model, f Facts, w world) bool
}{
	{"no end can be reached from here",
		func(*model, Facts, world) bool { return true },
		func(_ *model, f Facts, w world) bool { return f.State.Ended() || w.told(f) }},
	{"it is delivered, and can't come to its end as completed",
		func(m *model, f Facts, w world) bool {
			i := indexOf(f.Order.ID)
			return !f.State.Ended() && i >= 0 && w.fox[i].is == completed && (w.fox[i].codes == quantity || m.scene.direct) && !f.Looked && f.State != order.Blocked && !w.noKey && !w.gone && w.task == (task{})
		},
		func(_ *model, f Facts, _ world) bool { return f.State == order.Completed }},
	{"a person has decided, and it is not carried out",
		func(_ *model, f Facts, w world) bool {
			return f.AsksPerson() && w.choice != undecided && f.Asked == (Asked{Hint: f.Asked.Hint, Decide: true}) && f.Ending == nil && !f.Order.Odd && !f.State.Ended()
		},
		func(_ *model, f Facts, w world) bool {
			return w.choice == undecided || !f.AsksPerson() || f.State.Ended()
		}},
	{"nothing is in its way, and it can't be paid",
		func(m *model, f Facts, w world) bool { return m.free(f, w) },
		func(m *model, f Facts, w world) bool {
			i := indexOf(f.Order.ID)
			return i >= 0 && (w.fox[i].everPaid || w.fox[i].link)
		}},
}

// present is the order that the reference is at, whether the workflow knows of it or not;
// -1: there is none.
func (w *world) present(f Facts) int8 {
	if last := w.lastPin(); int(last) >= f.Replacements {
		return w.pins[last] - 1
	}
	return -1
}

// free says whether nothing that the world or people did keeps the order from being paid.
func (m *model) free(f Facts, w world) bool {
	if i := w.present(f); i >= 0 {
		o := w.fox[i]
		again := o.is == paymentFailure && f.State == order.AwaitingTopUp && !m.scene.provider // a new one can take its place
		if !again && (o.is != active || m.scene.window && o.left <= 0) {
			return false
		}
	}
	for _, i := range []int8{w.doubted(), indexOf(f.Order.ID)} {
		// An order before it, in doubt, comes first: cancelled so, or by its link, it ends the reference.
		if i >= 0 && i != w.present(f) && (w.fox[i].is == userRequest || m.scene.provider) {
			return false
		}
	}
	return w.task == (task{}) && !w.q.never && !w.q.foreign && !w.ended && f.Ending == nil && f.Asked == (Asked{Hint: f.Asked.Hint}) && !f.AsksPerson() &&
		(f.State != order.AwaitingTopUp || f.Asked.Hint != NoHint) &&
		!w.low && !w.dear && !w.noKey && !w.gone && w.held == 0 && f.Money != Left && !m.scene.mock
}
