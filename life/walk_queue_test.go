package life

import (
	"foxflow/internal/rules"
	"foxflow/order"
)

// Here stands what happens to an order before its life: it is placed where there is no room,
// waits for its turn, and a door begins it. That there is room and money for it in the end is
// taken for granted.

// hand is how far a door is with an order that it has claimed. There are two doors: one may
// stand still at any point, and go on when the other has claimed the order, too.
type hand uint8

const (
	empty     hand = iota
	starts         // about to start its workflow
	leaves         // that runs: about to take the order out of the queue
	givesBack      // it was not started, as far as the door knows: about to say so
	fails          // Temporal knows the reference from another ledger: about to end the order
)

// queue is an order's place in it, and who is at it.
type queue struct {
	unopened             bool // no workflow of the order has done anything yet
	started              bool // Temporal has a workflow of it
	row, claimed, lapsed bool
	never                bool // Temporal never starts it
	foreign              bool // Temporal knows the reference from another ledger
	hands                [2]hand
}

func (q queue) turn(state order.State) rules.Turn {
	return rules.Turn{State: state, Claimed: q.claimed, Lapsed: q.lapsed}
}

// with is the queue with a door at another place. The doors are alike.
func (q queue) with(i int, h hand) queue {
	q.hands[i] = h
	if q.hands[0] < q.hands[1] {
		q.hands[0], q.hands[1] = q.hands[1], q.hands[0]
	}
	return q
}

// queue is what happens to an order in the queue.
func (m *model) queue(s spot) {
	w, q := s.w, s.w.q
	to := func(words string, kind kind, facts int32, q queue) {
		v := w
		v.q = q
		m.at(words, kind, facts, v)
	}
	if q.unopened && !s.f.State.Ended() {
		m.at("a minute passes", sure, s.id, w.older(1, m.scene.window))
	}
	if q.unopened && q.started {
		if s.f.State.Ended() {
			m.breach = "an order that ended in the queue begins"
		}
		opened := queue{hands: q.hands}
		to("its workflow runs, and the order leaves the queue", sure, m.keep(Begin(noon).enter(order.Creating, Why{}, noon)), opened)
	}
	for i, h := range q.hands {
		if i == 1 && h == q.hands[0] {
			continue
		}
		switch h {
		case empty:
			m.claims(s, i)
			continue
		case starts:
			m.starts(s, i, to)
		case leaves:
			left := q.with(i, empty)
			left.row, left.claimed, left.lapsed = false, false, false
			to("the door takes the order out of the queue", sure, s.id, left)
		case givesBack:
			back := q.with(i, empty)
			back.lapsed = false
			to("the door gives the order back", sure, s.id, back)
		case fails:
			m.fails(s, i)
		}
		if v, ok := m.spend(w, crashes); ok {
			v.q = q.with(i, empty)
			m.at("the door dies", outer, s.id, v)
		}
	}
	if v, ok := m.spend(w, cancels); ok && q.unopened && q.turn(s.f.State).Cancels() {
		v.cancelled, v.ended = true, true
		v.q = queue{unopened: true, started: q.started, hands: q.hands}
		m.known("a person cancels the order in the queue", s, s.f.enter(order.Cancelled, Why{CancelReason: order.UserRequest}, noon), v)
	}
}

// claims is a door that comes to start orders.
func (m *model) claims(s spot, i int) {
	w, q := s.w, s.w.q
	if !q.row {
		return
	}
	claim := q.turn(s.f.State).Claim()
	switch claim {
	case rules.NotNow:
		return
	case rules.Over:
		w.q.row, w.q.claimed, w.q.lapsed = false, false, false
		m.at("a door finds that the order needs nobody", sure, s.id, w)
		return
	}
	w.q = q.with(i, starts)
	w.q.claimed, w.q.lapsed = true, false
	f := s.f
	if claim == rules.Begins {
		f = f.enter(order.Creating, Why{}, noon)
	}
	m.known("a door claims the order", s, f, w)
}

// starts is a door that asks Temporal to start the order's workflow.
func (m *model) starts(s spot, i int, to func(string, kind, int32, queue)) {
	w, q := s.w, s.w.q
	switch {
	case q.foreign:
		to("Temporal knows the reference from another ledger", sure, s.id, q.with(i, fails))
		return
	case q.never:
		to("Temporal does not start the order", sure, s.id, q.with(i, givesBack))
		return
	case !q.unopened: // it runs, or has run
		to("the door joins the order", sure, s.id, q.with(i, leaves))
		if v, ok := m.spend(w, resets); ok && s.f.State.Ended() {
			v.q = q.with(i, leaves)
			m.reset(s, v) // Temporal has forgotten it
		}
		return
	}
	began := q
	began.started = true
	to("the door starts the order", sure, s.id, began.with(i, leaves))
	if v, ok := m.spend(w, startLost); ok {
		v.q = began.with(i, givesBack)
		m.at("the door starts the order, and the answer is lost", outer, s.id, v)
	}
	if v, ok := m.spend(w, startRefused); ok {
		v.q = q.with(i, givesBack)
		m.at("Temporal is away", outer, s.id, v)
		if v.q.never = !q.started; v.q.never {
			m.at("Temporal never starts the order", outer, s.id, v)
			v.q = q.with(i, fails)
			v.q.foreign = true
			m.at("Temporal knows the reference from another ledger", outer, s.id, v)
		}
	}
}

// fails is a door that ends an order whose reference is another ledger's.
func (m *model) fails(s spot, i int) {
	w := s.w
	w.q = w.q.with(i, leaves)
	if (rules.Record{From: s.f.State, To: order.Failed}).Entry() != rules.Enters || s.f.State == order.Failed {
		m.at("it has ended already", sure, s.id, w)
		return
	}
	m.known("the door ends the order", s, s.f.enter(order.Failed, Why{Error: &order.Error{Code: order.CodeForeign}}, noon), w)
}

// falseQueue says what is wrong with an order that no workflow carries yet.
func (m *model) falseQueue(f Facts, w world) string {
	switch q := w.q; {
	case f.State.Ended() && q.started:
		return "it has ended in the queue, and its workflow runs"
	case !f.State.Ended() && !q.row && !q.started:
		return "it is on record, and nobody starts it"
	case f.State == order.Queued && q.started:
		return "its workflow runs, and it is called queued"
	}
	return ""
}

// told says whether a person is told of an order that can't begin: it is open on record and
// runs nowhere, which the workers count.
func (w world) told(f Facts) bool { return w.q.never && w.q.unopened && f.State.Carried() }

// starting is whether a door is about to start the order's workflow.
func (q queue) starting() hand {
	if q.hands[0] == starts || q.hands[1] == starts {
		return starts
	}
	return empty
}
