package life

import (
	"foxflow/foxreload"
	"foxflow/internal/rules"
	"foxflow/order"
)

// payAnswered says of each class of answer to a request to pay whether FoxReload may have
// carried it out, or yet will, by its contract. What the balance and the key bring about
// stands in the world; "" is a success before the order shows it.
var payAnswered = []struct {
	trouble trouble
	class   foxreload.Class
	perhaps bool
}{
	{lostPay, foxreload.ClassUnknown, true},
	{payFinal, foxreload.ClassFinal, true},
	{payAgain, foxreload.ClassExists, true},
	{payAgain, foxreload.ClassNotPayable, true},
	{payForeign, foxreload.ClassForeign, true},
	{payMisdirected, foxreload.ClassMisdirected, true},
	{payAccepted, "", true},
	{payPrice, foxreload.ClassPrice, false},
	{payNotFound, foxreload.ClassNotFound, false},
	{payPassing, foxreload.ClassPassing, false},
	{payPassing, foxreload.ClassThrottled, false},
}

// pay is an attempt of PayOrder, up to where the request is about to leave.
func (m *model) pay(s spot) {
	f, w := s.f, s.w
	i, number := indexOf(f.Order.ID), int8(f.Replacements)
	if w.held != 0 && !w.doubt() {
		m.refused("payments are paused", s, w, w.held.class())
		return
	}
	if !w.rows[i].intent && f.State == order.Active && !f.WindowOver(noon) {
		m.gates("", s, w, look{order: i}, f)
		return
	}
	m.look(s, i, func(words string, w world, l look) {
		if l.class != "" || l.odd || l.is != active {
			m.answer(words, s, w, l.task(number))
			return
		}
		sighting := l.sighting(m, number)
		g := m.terms.After(f, sighting)
		if void, _ := Settles(f, g, sighting, w.rows[i].stands()); void || !g.Payable() {
			m.answer(words+", and is not to be paid", s, w, l.task(number))
			return
		}
		g.State, g.Blocker = f.State, f.Blocker
		m.gates(words+", and ", s, w, l, g)
	})
}

// gates are what stands between the look, where one was made, and the request. What they
// hold back goes on later.
func (m *model) gates(words string, s spot, w world, l look, g Facts) {
	refused := func(why string, class foxreload.Class) {
		if l.is == absent {
			m.refused(why, s, w, class)
			return
		}
		t := l.task(int8(s.f.Replacements))
		t.class = codeOf(class)
		m.answer(words+why, s, w, t)
	}
	switch doubt := w.doubt(); {
	case g.WindowOver(noon), doubt && (g.OtherMock(m.terms.Request) || g.Short()):
	case w.rows[l.order].stands() && (w.flying || w.early):
	case w.dear && doubt:
	case w.dear:
		refused("it is too dear", ClassPriceGuard)
	case w.held != 0:
		refused("payments are paused", w.held.class())
	default:
		w.task = task{at: ready, order: l.order, fresh: true}
		if m.scene.mock && g.OtherMock(m.terms.Request) {
			m.breach = "real money is to leave for a mock order"
		}
		m.at(words+"about to pay the "+orderIDs[l.order]+" order", trying, s.id, w)
	}
}

// leaves says whether the ledger lets a request leave.
func (m *model) leaves(s spot, w world, i int8, fresh, late bool) rules.Leave {
	return rules.Payment{Over: w.rows[i].over, Late: late, Unseen: !fresh, State: s.f.State, Pinned: w.pinned(i),
		Other: w.otherStands(i), Flying: w.flying}.Leave()
}

// intend is a request that leaves; fresh says that no other has left since its sender looked.
func (m *model) intend(w world, i int8, fresh bool) world {
	switch {
	case w.rows[i].over:
		m.breach = "a request leaves for an order that was seen to have ended unpaid"
	case w.flying:
		m.breach = "a request leaves while another may be on its way"
	case !fresh:
		m.breach = "a request leaves that another one's outcome was not looked at before"
	}
	return w.intend(i)
}

// send is the request to pay itself, with all that may come of it.
func (m *model) send(s spot) {
	w, i := s.w, s.w.task.order
	fresh := w.task.fresh
	w.task = task{}
	switch m.leaves(s, w, i, fresh, false) {
	case rules.HasEnded, rules.NotPinned, rules.OtherPayment:
		m.refused("the ledger forbids to pay the "+orderIDs[i]+" order", s, w, ClassGuard)
		return
	case rules.LateToPay, rules.InFlight:
		m.at("the request to pay is held back: another may be at it", later, s.id, w)
		return
	}
	if w.held != 0 {
		m.refused("payments are paused", s, w, w.held.class())
		return
	}
	w = m.intend(w, i, fresh)
	w.busy = true
	m.sent(w, i, func(words string, w world, class foxreload.Class) {
		m.settle(words, s, w, i, class)
	})
}

// sent is what FoxReload and the way there do with a request that left.
func (m *model) sent(w world, i int8, then func(words string, w world, class foxreload.Class)) {
	words := "pay the " + orderIDs[i] + " order: "
	o := w.fox[i]
	lost := w
	lost.fox[i].lostAnswer = true
	switch {
	case w.noKey:
		then(words+"answered unauthorised", w, foxreload.ClassUnauthorised)
	case o.is != active || o.left <= 0:
		then(words+"answered not payable", lost, foxreload.ClassNotPayable)
	case m.scene.provider:
		v := lost
		v.fox[i].link = true
		then(words+"answered with a link", v, "")
	case w.low:
		then(words+"the balance is too low", w, foxreload.ClassBalance)
		then(words+"the balance is too low, and it is cancelled", w.become(i, paymentFailure), foxreload.ClassBalance)
	default:
		then(words+"paid", w.become(i, paid), "")
	}
	for _, row := range payAnswered {
		words := words + "answered " + string(row.class)
		if row.class == "" {
			words += "as accepted"
		}
		v, ok := m.spend(w, row.trouble)
		if ok && !row.perhaps {
			then(words+", not carried out", v, row.class)
		}
		if !ok || !row.perhaps || m.scene.provider && row.class == "" {
			continue
		}
		v.fox[i].lostAnswer = true
		then(words+", not carried out", v, row.class)
		if !o.canBePaid() {
			continue
		}
		if !w.low && !m.scene.provider {
			then(words+", and carried out", v.become(i, paid), row.class)
		}
		v.fox[i].onWay = min(o.onWay+1, 2)
		then(words+", and on its way still", v, row.class)
	}
}

// settle is what an answer to pay means: the table's row.
func (m *model) settle(words string, s spot, w world, i int8, class foxreload.Class) {
	answer := payAnswers[class]
	if answer.Spared {
		w.rows[i].doubts--
	}
	if class != foxreload.ClassUnknown && class != "" {
		w.flying = false
	}
	w.task = task{}
	switch {
	case answer.Then == TakeIn && (w.fox[i].is != active || m.scene.provider):
		l := w.sight(i, w.fox[i].is, false)
		l.link = m.scene.provider
		m.answer(words, s, w, l.task(int8(s.f.Replacements)))
	case answer.Then == LookNow:
		w.task = task{at: answered, order: i, class: codeOf(class)}
		m.at(words, trying, s.id, w)
	case answer.Then == Refused:
		m.refused(words, s, w, answer.Refusal)
	default:
		m.at(words+"; it is tried again", later, s.id, w)
	}
}

// lookAfter is the look that follows an answer to pay.
func (m *model) lookAfter(s spot) {
	i, class, number := s.w.task.order, s.w.task.class.class(), int8(s.f.Replacements)
	answer := payAnswers[class]
	again := s.w
	again.task = task{}
	if class != foxreload.ClassBalance {
		m.at("it can't be seen; later", later, s.id, again)
	}
	m.look(s, i, func(words string, w world, l look) {
		w.task = task{}
		t := l.task(number)
		known := l.class == "" && !l.odd
		open := known && l.is == active && m.terms.After(s.f, l.sighting(m, number)).Payable()
		switch cancelled := known && l.is >= paymentFailure && answer.Refusal == foxreload.ClassBalance; {
		case open && class == foxreload.ClassNotPayable && m.scene.provider:
			w.fox[i].link, t.link = true, true
			m.answer(words+": an earlier request has put its link out", s, w, t)
		case open, cancelled:
			t.class = codeOf(answer.Refusal)
			m.answer(words+", and pay was refused: "+string(answer.Refusal), s, w, t)
		default:
			m.answer(words, s, w, t)
		}
	})
}
