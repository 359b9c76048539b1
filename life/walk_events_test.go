package life

import (
	"foxflow/internal/rules"
	"foxflow/order"
)

// outside is what happens around the workflow: time, FoxReload, people, machines.
func (m *model) outside(s spot) {
	w := s.w
	if m.queue(s); w.q.unopened {
		return
	}
	if w.frozen.on {
		m.wake(s)
	}
	if w.watch.at == done && w.task.at == idle {
		v := w
		v.task, v.watch = w.watch, task{}
		m.at("the frozen watcher wakes up and tells", outer, s.id, v)
	}
	if v, ok := m.spend(w, resets); ok {
		m.reset(s, v)
	}
	m.putBack(s)
	if s.f.State.Ended() {
		return
	}
	if w.task.at == done {
		// What the workflow is told does not depend on what happens now, but on people.
		if v, ok := m.spend(w, slowWorker); ok && w.task.minute == 0 {
			m.at("a minute passes before the workflow is told", sure, m.older(s.f, 1), v.older(1, m.scene.window))
		}
		m.machines(s)
		m.people(s)
		return
	}
	if w.task.at != answered {
		m.at("a minute passes", sure, m.older(s.f, 1), w.older(1, m.scene.window))
		if !m.scene.window && w.task.at == idle {
			m.at("an hour passes", sure, m.older(s.f, hourAgo), w.older(hourAgo, m.scene.window))
		}
	}
	if w.flying || w.early {
		v := w
		v.flying, v.early = false, false
		m.at("seconds pass: the last request is quiet", sure, s.id, v)
	}
	for i := range mostOrders {
		m.upstream(s, int8(i))
	}
	m.machines(s)
	m.switches(s)
	m.people(s)
}

// upstream is what FoxReload does with an order by itself.
func (m *model) upstream(s spot, i int8) {
	o := s.w.fox[i]
	become := func(words string, is upstream) {
		m.at("the "+orderIDs[i]+" order "+words, outer, s.id, s.w.become(i, is))
	}
	switch o.is {
	case active:
		m.open(s, i)
	case paid:
		if m.scene.slow {
			become("is processed", processing)
			break
		}
		fallthrough
	case processing:
		for codes, words := range []string{"none yet", "all"} {
			v := s.w.become(i, completed)
			if v.fox[i].codes = int8(codes) * quantity; codes == 0 || !m.scene.direct {
				m.at("the "+orderIDs[i]+" order is completed, codes: "+words, outer, s.id, v)
			}
		}
		become("fails", failed)
		if v, ok := m.spend(s.w, takenBack); ok {
			v = v.become(i, paymentFailure)
			// Where nobody has seen it paid, FoxReload's last word is its only one.
			v.fox[i].everPaid = s.f.Money == Left || s.w.seenPaid
			m.at("the "+orderIDs[i]+" order, paid, is cancelled for payment_failure", outer, s.id, v)
		}
		if v, ok := m.spend(s.w, dashboard); ok {
			m.at("the "+orderIDs[i]+" order, paid, is cancelled from the dashboard", outer, s.id, v.become(i, userRequest))
		}
	case completed:
		if o.codes < quantity && !m.scene.direct {
			v := s.w
			v.fox[i].codes++
			m.at("a code comes late", outer, s.id, v)
		}
	}
}

// open is what becomes of an order that is to be paid.
func (m *model) open(s spot, i int8) {
	o := s.w.fox[i]
	the := "the " + orderIDs[i] + " order"
	if o.onWay > 0 && o.canBePaid() {
		v := s.w
		v.fox[i].onWay--
		if !s.w.low {
			v = v.become(i, paid)
		}
		m.at("a request to pay "+the+" arrives", outer, s.id, v)
	}
	if o.link && o.canBePaid() {
		m.at("somebody pays "+the+" by its link", outer, s.id, s.w.become(i, paid))
	}
	if o.left <= 0 || !m.scene.window {
		// One that is to be paid by link has nothing else to end it.
		does := outer
		if o.link {
			does = sure
		}
		m.at(the+" expires", does, s.id, s.w.become(i, paymentExpiration))
	}
	if v, ok := m.spend(s.w, paidElsewhere); ok && o.canBePaid() {
		v = v.become(i, paid)
		v.fox[i].elsewhere, v.fox[i].lostAnswer = true, true
		v.fox[i].tooLate = s.f.Looked
		m.at(the+" is paid from the dashboard", outer, s.id, v)
	}
	if v, ok := m.spend(s.w, dashboard); ok {
		m.at(the+" is cancelled from the dashboard", outer, s.id, v.become(i, userRequest))
	}
}

// machines fail: a worker dies or freezes.
func (m *model) machines(s spot) {
	w := s.w
	if w.task.at == idle {
		return
	}
	if v, ok := m.spend(w, crashes); ok {
		v.task = task{}
		m.at("the worker dies", outer, s.id, v)
	}
	if v, ok := m.spend(w, freezes); ok && w.task.at == ready && !w.frozen.on {
		v.frozen = frozen{on: true, fresh: w.task.fresh, order: w.task.order}
		v.task = task{}
		m.at("the worker freezes before it pays; another takes over", outer, s.id, v)
	}
}

// wake is a frozen attempt that goes on. What it comes to is dropped.
func (m *model) wake(s spot) {
	w, fro := s.w, s.w.frozen
	w.frozen = frozen{}
	if fro.voids {
		m.at("the frozen worker wakes up, to void the payment", outer, s.id, w.settle(fro.order, fro.fresh, fro.over))
		return
	}
	if m.leaves(s, w, fro.order, fro.fresh, fro.late) != rules.Leaves || w.held != 0 {
		m.at("the frozen worker wakes up, and the ledger holds its request back", outer, s.id, w)
		return
	}
	w = m.intend(w, fro.order, fro.fresh)
	w.behind = 1
	if w.task.at != idle {
		w.behind = 2
	}
	i := fro.order
	v := w
	v.fox[i].lostAnswer = true
	m.at("the frozen worker pays, and it is not carried out", outer, s.id, v)
	if !w.fox[i].canBePaid() {
		return
	}
	if !w.low && !m.scene.provider {
		m.at("the frozen worker pays", outer, s.id, v.become(i, paid))
	}
	v.fox[i].onWay = min(v.fox[i].onWay+1, 2)
	m.at("the frozen worker pays, and the request is on its way", outer, s.id, v)
}

// reset has the workflow begin anew, with what the ledger knows.
func (m *model) reset(s spot, w world) {
	if w.task.at == ready && !w.frozen.on {
		w.frozen = frozen{on: true, fresh: w.task.fresh, order: w.task.order}
	}
	w.task, w.watch, w.busy, w.inRow = task{}, task{}, false, 0
	id, number := "", 0
	if last := w.lastPin(); last >= 0 {
		id, number = orderIDs[w.pins[last]-1], int(last)
	}
	money := map[bool]Money{true: Doubtful}[w.doubt()]
	if s.f.Money == Left && s.f.Order.ID == id {
		money = Left
	}
	f := Opened(Begin(noon), noon, id, number, money, noon)
	f.Asked.Stop = w.cancelled
	m.at("the workflow is reset", outer, m.keep(f), w)
}

// putBack has the ledger put back from a backup: of when the order before the present one was
// in doubt, and the present one not there yet. What runs is taken up again.
func (m *model) putBack(s spot) {
	last := s.w.lastPin()
	if last < 1 || s.w.task.at != idle || s.w.frozen.on || s.w.rows[s.w.pins[last]-1].intent || s.w.doubt() {
		return
	}
	if v, ok := m.spend(s.w, restored); ok {
		former := v.pins[last-1] - 1
		row := &v.rows[former]
		v.fox[former].lostAnswer = true // for all that the ledger knows
		row.intent, row.voided, row.over, row.doubts = true, false, false, 1
		m.at("the ledger is put back from a backup, to when the order before was in doubt", outer, s.id, v)
	}
}

// switches are pause, daily limit, balance, price and key.
func (m *model) switches(s spot) {
	w := s.w
	if v, ok := m.spend(w, pauses); ok && w.held == 0 {
		v.held = codeOf(ClassPaused)
		m.at("payments are paused", outer, s.id, v)
	}
	if v, ok := m.spend(w, limits); ok && w.held == 0 {
		v.held = codeOf(ClassLimit)
		m.at("the daily limit is reached", outer, s.id, v)
	}
	if w.held != 0 {
		v := w
		v.held = 0
		m.at("payments go on", sure, s.id, v)
	} else if s.f.State == order.Paused && s.f.Asked.Hint == NoHint {
		told := s.f
		told.Asked.Hint = FreshHint
		m.at("a worker tells the order that payments go on", sure, m.keep(told), w)
	}
	if v, ok := m.spend(w, moneyGone); ok && !w.low {
		v.low = true
		m.at("the balance falls too low", outer, s.id, v)
	}
	if v, ok := m.spend(w, tooDear); ok && !w.dear {
		v.dear = true
		m.at("the price rises above the highest", outer, s.id, v)
	}
	if v, ok := m.spend(w, keyRefused); ok && !w.noKey {
		v.noKey = true
		m.at("the key is refused from now on", outer, s.id, v)
	}
	if v, ok := m.spend(w, notFound); ok && !w.gone {
		v.gone = true
		m.at("FoxReload finds no order from now on", outer, s.id, v)
	}
	if w.gone {
		v := w
		v.gone = false
		m.at("FoxReload finds its orders again", m.granted(s.f), s.id, v)
	}
	if w.noKey {
		v := w
		v.noKey = false
		m.at("the key is accepted again", outer, s.id, v)
	}
}

// granted is the kind of what has FoxReload speak again: where nothing but its word can end
// the order, by what was promised to people, that it comes is taken for granted.
func (m *model) granted(f Facts) kind {
	if f.Order.Odd || f.Money == LinkOut || f.Money == Doubtful && f.Asked.Stop {
		return sure
	}
	return outer
}

// people hint, cancel and decide.
func (m *model) people(s spot) {
	f, w := s.f, s.w
	hint := f
	hint.Asked.Hint = FreshHint
	if w.low {
		v := w
		v.low = false
		m.at("the balance is raised, and the order told", outer, m.keep(hint), v)
	}
	if v, ok := m.spend(w, hints); ok {
		m.at("a hint comes: look at the balance", outer, m.keep(hint), v)
	}
	if v, ok := m.spend(w, cancels); ok && f.WhyNot() == "" {
		g := f
		g.Asked.Cancel = true
		m.at("a person's cancel is accepted", outer, m.keep(g), v)
	}
	if v, ok := m.spend(w, stops); ok {
		g := f
		g.Asked.Stop = true
		m.at("the workflow is cancelled", outer, m.keep(g), v)
	}
	if !f.AsksPerson() || f.Asked.Decide {
		return
	}
	g := f
	g.Asked.Decide = true
	for _, d := range []struct {
		choice  decision
		trouble trouble
		words   string
	}{{retry, retries, "retry"}, {adopt, adopts, "adopt"}, {abort, cancels, "abort"}} {
		if v, ok := m.spend(w, d.trouble); ok {
			v.choice = d.choice
			m.at("a person decides: "+d.words, outer, m.keep(g), v)
		}
	}
}
