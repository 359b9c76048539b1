package life

import (
	"foxflow/foxreload"
	"foxflow/internal/rules"
	"foxflow/order"
)

// Here stands what workflows/ and activities/ do around this package, step by step, as
// small pure code.

// work is what the workflow does next, or an attempt of the activity at work.
func (m *model) work(s spot) {
	if s.w.q.unopened {
		return
	}
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
			if w.inRow < mostExpired {
				return
			}
		}
		if w.inRow++; f.Asked.Hint != NoHint {
			w.inRow = 0
		} else if w.inRow > mostExpired {
			m.breach = "orders take each other's place without end"
		}
		m.known("the order is replaced", s, m.terms.Replaced(f, noon), w)
	case AwaitRelease: // people and the desk end it
	case AwaitTopUp, AwaitPerson:
		if !move.Until.IsZero() && !noon.Before(move.Until) {
			m.known("the wait is over", s, m.terms.Overdue(f, noon), w)
		}
	case Decide:
		m.decide(s)
	}
}

// poll is a look of PollStatus. Of a paid order that it can't see it refuses the key and the
// address alone; the rest is looked for again, until the time is up.
func (m *model) poll(s spot, move Move) {
	over := !move.Until.IsZero() && !noon.Before(move.Until)
	i, number := indexOf(s.f.Order.ID), int8(s.f.Replacements)
	m.look(s, i, func(words string, w world, l look) {
		switch unseen := s.f.Money == Left && (l.class == ClassGone || l.class == foxreload.ClassForeign); {
		case !unseen && (l.class != "" || m.terms.Told(s.f, l.sighting(m, number))):
			before := len(m.steps)
			m.answer(words, s, w, l.task(number))
			m.watcherFreezes(m.steps[before:])
		case over:
			m.known(words+", and the look is over", s, m.terms.Overdue(s.f, noon), w)
		}
	})
	if over && s.w.noKey && !s.w.gone {
		m.known("the look is over", s, m.terms.Overdue(s.f, noon), s.w)
	}
}

// watcherFreezes has the watcher see what it sees, and freeze before it tells: until it wakes
// up, another one looks at the order.
func (m *model) watcherFreezes(seen []step) {
	for _, is := range seen {
		if v, ok := m.spend(is.to.w, watcherFreezes); ok && v.task.at == done && v.watch.at != done {
			v.watch, v.task = v.task, task{}
			m.at(is.words+"; the watcher freezes before it tells", outer, is.to.facts, v)
		}
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
	f := m.terms.Ended(s.f, noon)
	switch (rules.Record{From: s.f.State, To: f.State, Wrote: true, Unpaid: true, Doubt: s.w.doubt()}).Entry() {
	case rules.Enters:
		m.known("the end is put on record", s, f, s.w)
	case rules.InDoubt:
		m.known("the ledger refuses the end: a payment may have gone through", s, Doubt(s.f, *s.w.about(s.w.doubted()), noon), s.w)
	default:
		m.breach = "the ledger refuses the end for what the workflow knows"
		m.at("the end is refused", trying, s.id, s.w)
	}
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
	if d := w.doubted(); d >= 0 && d != i {
		m.known("another order than the one to adopt is in doubt", s, f, w)
		return
	}
	w.frozen.late = w.frozen.on
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

// waitedOut says that a refusal is no news: the order is held by it already, and nothing
// else would come next. The activity goes by what was known as it began.
func (m *model) waitedOut(f Facts, w world) bool {
	f = Paying(f)
	g := m.taken(f, w)
	return f.Blocker != nil && f.Blocker.Class == w.task.class.class() && f.Tells(g) && f.Money == g.Money && f.Asked == g.Asked && m.terms.Next(f).Do == m.terms.Next(g).Do
}

// answer is what the activity comes to.
func (m *model) answer(words string, s spot, w world, t task) {
	t.at, t.doubt = done, w.rows[t.order].doubt()
	if t.class != 0 {
		t.about = w.doubted() + 1
	}
	row := &w.rows[t.order]
	if t.seen && !t.odd {
		row.codes = max(row.codes, w.fox[t.order].codes)
		t.codes = row.codes
	}
	w.task = t
	if t.class != 0 && m.waitedOut(s.f, w) {
		return
	}
	m.settled(words, s, w)
}

// settled is an activity that writes what it has seen of the payment, and answers.
func (m *model) settled(words string, s spot, w world) {
	t := w.task
	void, over := false, false
	if t.seen {
		sighting := m.sighting(t)
		void, over = Settles(s.f, m.terms.After(s.f, sighting), sighting, w.rows[t.order].stands())
	}
	if void && w.rows[t.order].stands() {
		if v, ok := m.spend(w, freezes); ok && !w.frozen.on {
			v.frozen = frozen{on: true, fresh: true, voids: true, over: over, order: t.order}
			v.task = task{}
			m.at(words+"; the worker freezes before it voids the payment", trying, s.id, v)
		}
		words += "; the payment is void"
	}
	if void {
		w = w.settle(t.order, true, over)
	}
	m.at(words, trying, s.id, w)
}

// taken is what is known after the activity's answer.
func (m *model) taken(f Facts, w world) Facts {
	t := w.task
	var g Facts
	if t.class != 0 {
		r := Refusal{Class: t.class.class(), Code: string(t.class.class()), Doubt: w.about(t.about - 1), LastPay: ago(t.lastP + t.minute)}
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
	m.breach = m.falseNews(s.f, g, w.task)
	w.task, w.watch, w.busy, w.behind = task{}, task{}, false, max(w.behind-1, 0)
	m.known("the workflow is told", s, g, w)
}

// known is the workflow knowing something else from now on: the one door. A step that is
// not legal is a breach; an end is put on record.
func (m *model) known(words string, s spot, g Facts, w world) {
	if breach := m.falseChange(s.f, g); breach != "" {
		m.breach = breach
	}
	if g.Asked.Cancel && g.WhyNot() != "" {
		g.Asked.Cancel = false // who asked is told so
	}
	if g.State.MoneyOut() {
		w.seenPaid = true
	}
	if g.State.Ended() {
		w.ended, w.task, w.watch, w.busy = true, task{}, task{}, false
		w.cancelled = w.cancelled || g.State == order.Cancelled && g.Why.CancelReason == order.UserRequest && g.Money != Left
	}
	m.at(words, trying, m.keep(g), w)
}
