package life

import (
	"foxflow/foxreload"
	"foxflow/order"
)

// Here stands what workflows/ and activities/ do around this package, step by step, as
// small pure code.

// work is what the workflow does next, or an attempt of the activity at work.
func (m *model) work(s spot) {
	switch s.w.task.at {
	case done:
		m.deliver(s)
	case ready:
		m.send(s)
	case answered:
		m.lookAfter(s)
	default:
		m.begin(s)
	}
}

func (m *model) begin(s spot) {
	f, w := s.f, s.w
	move := m.terms.Next(f)
	switch move.Do {
	case Create, Pay:
		if g := Paying(f); g.Asked != f.Asked {
			m.known("the hint is acted on", s, g, w)
			return
		}
	}
	switch move.Do {
	case Nothing:
	case Create:
		m.create(s)
	case Pay:
		m.pay(s)
	case Look:
		m.poll(s, move)
	case LastLook:
		m.lastLook(s)
	case End:
		m.end(s)
	case Replace:
		if f.Replacements+1 >= m.scene.orders {
			m.cut = true
			return
		}
		m.known("the order is replaced", s, m.terms.Replaced(f, noon), w)
	case AwaitTopUp, AwaitPerson:
		if !move.Until.IsZero() && !noon.Before(move.Until) {
			m.known("the wait is over", s, m.terms.Overdue(f, noon), w)
		}
	case Decide:
		m.decide(s)
	}
}

// create is an attempt of CreateOrder.
func (m *model) create(s spot) {
	w := s.w
	number := int8(s.f.Replacements)
	if last := w.lastPin(); last >= number {
		i := w.pins[last] - 1
		m.look(s, i, func(words string, w world, l look) { m.answer(words, s, w, l.task(last)) })
		return
	}
	pin := func(words string, w world, i int8) {
		w.pins[number], w.orphan = i+1, 0
		m.answer(words, s, w, w.sight(i, w.fox[i].is, false).task(number))
	}
	if w.noKey {
		m.refused("create is refused: the key", s, w, foxreload.ClassUnauthorised)
		return
	}
	if w.orphan != 0 {
		pin("create finds what the lost one made", w, w.orphan-1)
	}
	for _, row := range []struct {
		trouble trouble
		class   foxreload.Class
	}{{createFinal, foxreload.ClassFinal}, {createExists, foxreload.ClassExists}} {
		if v, ok := m.spend(w, row.trouble); ok {
			m.refused("create is refused: "+string(row.class), s, v, row.class)
		}
	}
	i := w.free(m.scene.orders)
	if i < 0 {
		m.cut = true
		return
	}
	made := w
	made.fox[i] = foxOrder{is: active, was: active, left: 1}
	pin("create makes the "+orderIDs[i]+" order", made, i)
	if lost, ok := m.spend(made, createLost); ok {
		lost.orphan = i + 1
		m.at("create makes the "+orderIDs[i]+" order, and the answer is lost", trying, s.id, lost)
	}
}

// pay is an attempt of PayOrder, up to where the request is about to leave.
func (m *model) pay(s spot) {
	f, w := s.f, s.w
	i := indexOf(f.Order.ID)
	if w.held != 0 && !w.doubt() {
		m.refused("payments are held", s, w, w.held.class())
		return
	}
	if !w.rows[i].stands() {
		m.gates(s, w, i, false)
		return
	}
	m.look(s, i, func(words string, w world, l look) {
		if l.class != "" || l.is != active || l.odd {
			m.answer(words, s, w, l.task(int8(f.Replacements)))
			return
		}
		if g := m.terms.After(f, l.sighting(m, int8(f.Replacements))); g.Money == Spared || g.Money == Unsent && w.doubt() {
			m.answer(words+", and its time to be paid is over", s, w, l.task(int8(f.Replacements)))
			return
		}
		if w.flying || w.early || m.scene.window && w.fox[i].left <= 0 {
			return // later
		}
		m.gates(s, w, i, true)
	})
}

// gates are what stands between the look and the request.
func (m *model) gates(s spot, w world, i int8, looked bool) {
	switch {
	case s.f.OtherMock(m.terms.Request):
		m.refused("it is no mock order", s, w, ClassNotOurs)
	case w.dear && w.doubt():
		// Later: nothing follows from it before the doubt is over.
	case w.dear:
		m.refused("it is too dear", s, w, ClassPriceGuard)
	case w.held != 0:
		m.refused("payments are held", s, w, w.held.class())
	default:
		w.task = task{at: ready, order: i, fresh: true, seen: looked}
		m.at("about to pay the "+orderIDs[i]+" order", trying, s.id, w)
	}
}

// leaves says what the ledger says as a request is about to leave: nothing, "later", or
// "guard".
func (m *model) leaves(w world, i int8, fresh bool) string {
	switch {
	case w.ended, !w.pinned(i), w.rows[i].over, w.otherStands(i):
		return "guard"
	case w.flying, !fresh, w.held != 0:
		return "later"
	}
	return ""
}

// send is the request to pay itself, with all that may come of it.
func (m *model) send(s spot) {
	w, i := s.w, s.w.task.order
	seen := w.task.seen
	switch m.leaves(w, i, w.task.fresh) {
	case "guard":
		w.task = task{}
		m.refused("the ledger forbids to pay the "+orderIDs[i]+" order", s, w, ClassGuard)
		return
	case "later":
		if w.held != 0 && w.task.fresh && !w.flying {
			w.task = task{}
			m.refused("payments are held", s, w, w.held.class())
			return
		}
		w.task = task{}
		m.at("the request to pay is held back: another may be at it", later, s.id, w)
		return
	}
	w = w.intend(i)
	w.busy = true
	m.sent(w, i, func(words string, w world, class foxreload.Class) {
		m.settle(words, s, w, i, class, seen)
	})
}

// sent is what FoxReload and the way there do with a request that left.
func (m *model) sent(w world, i int8, then func(words string, w world, class foxreload.Class)) {
	m.mockPaid = m.scene.mock
	words := "pay the " + orderIDs[i] + " order: "
	o := w.fox[i]
	// not is a request that surely was not carried out, and was answered so.
	not := func(what trouble, class foxreload.Class) {
		if v, ok := m.spend(w, what); ok {
			then(words+"answered "+string(class)+", not carried out", v, class)
		}
	}
	// perhaps is one of which nobody knows.
	perhaps := func(what trouble, class foxreload.Class) {
		v, ok := m.spend(w, what)
		if !ok {
			return
		}
		v.fox[i].lostAnswer = true
		then(words+"answered "+string(class)+", not carried out", v, class)
		if !o.canBePaid() {
			return
		}
		if !w.low && !m.scene.provider {
			then(words+"answered "+string(class)+", and carried out", v.become(i, paid), class)
		}
		v.fox[i].onWay = min(o.onWay+1, 2)
		then(words+"answered "+string(class)+", and on its way still", v, class)
	}
	switch {
	case w.noKey:
		then(words+"answered unauthorised", w, foxreload.ClassUnauthorised)
	case o.is != active || o.left <= 0:
		v := w
		v.fox[i].lostAnswer = true
		then(words+"answered not payable", v, foxreload.ClassNotPayable)
	case m.scene.provider:
		v := w
		v.fox[i].link, v.fox[i].lostAnswer = true, true
		then(words+"answered with a link", v, "")
	case w.low:
		then(words+"the balance is too low", w, foxreload.ClassBalance)
		then(words+"the balance is too low, and it is cancelled", w.become(i, paymentFailure), foxreload.ClassBalance)
	default:
		then(words+"paid", w.become(i, paid), "")
	}
	perhaps(lostPay, foxreload.ClassUnknown)
	perhaps(payFinal, foxreload.ClassFinal)
	perhaps(payForeign, foxreload.ClassForeign)
	perhaps(payMisdirected, foxreload.ClassMisdirected)
	not(payPrice, foxreload.ClassPrice)
	not(payNotFound, foxreload.ClassNotFound)
	not(payPassing, foxreload.ClassPassing)
}

// settle is what an answer to pay means: the table's row.
func (m *model) settle(words string, s spot, w world, i int8, class foxreload.Class, seen bool) {
	answer := payAnswers[class]
	if answer.Spared {
		w.rows[i].doubts--
	}
	if class != foxreload.ClassUnknown {
		w.flying = false
	}
	w.task = task{}
	switch answer.Then {
	case TakeIn:
		l := w.sight(i, w.fox[i].is, false)
		l.link = m.scene.provider
		m.answer(words, s, w, l.task(int8(s.f.Replacements)))
	case LookNow:
		w.task = task{at: answered, order: i, class: codeOf(class)}
		m.at(words, trying, s.id, w)
	case Refused:
		m.refused(words, s, w, answer.Refusal)
	default:
		m.at(words+"; it is tried again", later, s.id, w)
	}
}

// lookAfter is the look that follows an answer to pay.
func (m *model) lookAfter(s spot) {
	i, class := s.w.task.order, s.w.task.class.class()
	answer := payAnswers[class]
	again := s.w
	again.task = task{}
	if class != foxreload.ClassBalance {
		m.at("it can't be seen; later", later, s.id, again)
	}
	m.look(s, i, func(words string, w world, l look) {
		w.task = task{}
		t := l.task(int8(s.f.Replacements))
		open := l.class == "" && !l.odd && (l.is == active || class == foxreload.ClassBalance && l.is == paymentFailure)
		switch {
		case open:
			t.class = codeOf(answer.Refusal)
			m.answer(words+", and pay was refused: "+string(answer.Refusal), s, w, t)
		default:
			m.answer(words, s, w, t)
		}
	})
}

// poll is a look of PollStatus.
func (m *model) poll(s spot, move Move) {
	over := !move.Until.IsZero() && !noon.Before(move.Until)
	i := indexOf(s.f.Order.ID)
	m.look(s, i, func(words string, w world, l look) {
		if l.class != "" || m.terms.Told(s.f, l.sighting(m, int8(s.f.Replacements))) {
			m.answer(words, s, w, l.task(int8(s.f.Replacements)))
			return
		}
		if over {
			m.known("the look is over", s, m.terms.Overdue(s.f, noon), s.w)
		}
	})
	if over && s.w.noKey {
		m.known("the look is over", s, m.terms.Overdue(s.f, noon), s.w)
	}
}

// lastLook is the one look before an end.
func (m *model) lastLook(s spot) {
	m.look(s, indexOf(s.f.Order.ID), func(words string, w world, l look) {
		if l.class != "" {
			m.known(words+" at the last look", s, LookedOnce(s.f), w)
			return
		}
		t := l.task(int8(s.f.Replacements))
		t.last = true
		m.answer(words+" at the last look", s, w, t)
	})
}

// end puts an end on record, unless the ledger knows of a doubt.
func (m *model) end(s spot) {
	if s.w.doubt() {
		m.known("the ledger refuses the end: a payment may have gone through", s, Doubt(s.f), s.w)
		return
	}
	m.known("the end is put on record", s, m.terms.Ended(s.f, noon), s.w)
}

// decide carries out a person's decision.
func (m *model) decide(s spot) {
	f, w, choice := s.f, s.w, s.w.choice
	f.Asked.Decide, w.choice = false, undecided
	switch choice {
	case retry:
		m.known("a person's retry", s, m.terms.Retried(f, noon), w)
	case abort:
		f.Asked.Cancel = true
		m.known("a person's abort", s, f, w)
	case adopt:
		m.adopt(s, f, w)
	}
}

// adopt goes on with the order that a person named: the highest that there is.
func (m *model) adopt(s spot, f Facts, w world) {
	i := int8(-1)
	for j := range mostOrders {
		if w.fox[j].is != absent {
			i = int8(j)
		}
	}
	if i < 0 {
		m.known("there is nothing to adopt", s, f, w)
		return
	}
	number := int8(f.Replacements)
	switch at := w.pinOf(i); {
	case at >= 0:
		number = at
	default:
		for int(number) < mostOrders && w.pins[number] != 0 {
			number++
		}
		if int(number) >= mostOrders {
			m.cut = true
			return
		}
		w.pins[number] = i + 1
	}
	t := w.sight(i, w.fox[i].is, false).task(number)
	t.adopt = true
	s.f = f
	s.id = m.keep(f)
	m.answer("a person adopts the "+orderIDs[i]+" order", s, w, t)
}

func (w *world) pinOf(i int8) int8 {
	for n, pin := range w.pins {
		if pin == i+1 {
			return int8(n)
		}
	}
	return -1
}

// refused is an attempt that a refusal ends without a look.
func (m *model) refused(words string, s spot, w world, class foxreload.Class) {
	i := max(indexOf(s.f.Order.ID), 0)
	m.answer(words, s, w, task{order: i, class: codeOf(class), lastP: w.rows[i].lastPay})
}

// answer is what the activity comes to. A refusal that the order is held by already is
// none: it is waited out, until the time is up.
func (m *model) answer(words string, s spot, w world, t task) {
	t.at, t.doubt = done, w.doubt()
	if by := s.f.Blocker; t.class != 0 && !t.seen && by != nil && by.Class == t.class.class() {
		if until := m.terms.HeldUntil(s.f); until.IsZero() || noon.Before(until) {
			return
		}
	}
	row := &w.rows[t.order]
	if t.seen && !t.odd {
		row.codes = max(row.codes, w.fox[t.order].codes)
		t.codes = row.codes
	}
	w.task = t
	g := m.taken(s.f, w)
	if g.Order.ID == orderIDs[t.order] && row.stands() && (g.Money == Spared || g.Money == Unsent && row.doubt()) {
		if v, ok := m.spend(w, freezes); ok && !w.frozen.on {
			v.frozen = frozen{on: true, fresh: true, voids: true, order: t.order}
			v.task = task{}
			m.at(words+"; the worker freezes before it voids the payment", trying, s.id, v)
		}
		w.rows[t.order].void()
		words += "; the payment is void"
	}
	if g.Order.ID == orderIDs[t.order] && g.Money == Spared {
		w.rows[t.order].over = true
	}
	m.at(words, trying, s.id, w)
}

// taken is what is known after the activity's answer.
func (m *model) taken(f Facts, w world) Facts {
	t := w.task
	var g Facts
	if t.class != 0 {
		r := Refusal{Class: t.class.class(), Code: string(t.class.class()), Doubt: t.doubt, LastPay: ago(t.lastP + t.minute)}
		if t.seen {
			s := m.sighting(t)
			r.Seen = &s
		}
		g = m.terms.Refuse(f, r, noon)
	} else {
		g = m.terms.After(f, m.sighting(t))
	}
	if t.last {
		g = LookedOnce(g)
	}
	return g
}

// deliver is the workflow taking in what the activity answered.
func (m *model) deliver(s spot) {
	w := s.w
	g := m.taken(s.f, w)
	if w.task.class.class() == foxreload.ClassBalance && g.Asked.Hint == TriedHint {
		m.breach = "a hint is acted on again and again"
	}
	w.task, w.busy, w.behind = task{}, false, max(w.behind-1, 0)
	m.known("the workflow is told", s, g, w)
}

// known is the workflow knowing something else from now on: the one door. A step that is
// not legal is a breach; an end is put on record.
func (m *model) known(words string, s spot, g Facts, w world) {
	if g.State != s.f.State && !s.f.State.CanBecome(g.State) {
		m.breach = "no step leads from " + string(s.f.State) + " to " + string(g.State)
	}
	if g.Asked.Cancel && g.WhyNot() != "" {
		g.Asked.Cancel = false // who asked is told so
	}
	if g.State.MoneyOut() {
		w.seenPaid = true
	}
	if g.State.Ended() {
		w.ended, w.task, w.busy = true, task{}, false
		w.cancelled = w.cancelled || g.State == order.Cancelled && g.Why.CancelReason == order.UserRequest && g.Money != Left
	}
	m.at(words, trying, m.keep(g), w)
}
