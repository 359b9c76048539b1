package life

import (
	"foxflow/foxreload"
	"foxflow/order"
)

// look is what a GET of an order comes to: what it shows, or the class of the refusal.
type look struct {
	order int8
	is    upstream
	odd   bool
	bare  bool // it shows the status and nothing beside
	class foxreload.Class
	left  int8
	lastP int8
	codes int8
	link  bool
}

// look calls then with each thing that a look at the order may show now.
func (m *model) look(s spot, i int8, then func(words string, w world, l look)) {
	w := s.w
	if i < 0 {
		m.breach = "an order is looked at that nobody knows"
		then("a look at no order", w, look{})
		return
	}
	the := "the " + orderIDs[i] + " order "
	if w.noKey {
		then("a look is refused: the key", w, look{order: i, class: lookAnswers[foxreload.ClassUnauthorised].Refusal})
		return
	}
	if w.gone {
		then(the+"is not found", w, look{order: i, class: lookAnswers[foxreload.ClassNotFound].Refusal})
		return
	}
	o := w.fox[i]
	then(the+"shows as "+shows[o.is].words, w, w.sight(i, o.is, false))
	if v, ok := m.spend(w, lateAnswer); ok && o.was != o.is {
		then(the+"shows as it was: "+shows[o.was].words, v, v.sight(i, o.was, false))
	}
	if v, ok := m.spend(w, oddStatus); ok {
		then(the+"shows with a status that nobody knows", v, v.sight(i, o.is, true))
	}
	if v, ok := m.spend(w, bareAnswer); ok {
		l := v.sight(i, o.is, false)
		l.bare = true
		then(the+"shows as "+shows[o.is].words+", and nothing else", v, l)
	}
	if v, ok := m.spend(w, foreignPage); ok {
		for _, class := range []foxreload.Class{foxreload.ClassForeign, foxreload.ClassMisdirected} {
			then("looks are answered "+string(class)+" for five minutes", v, look{order: i, class: lookAnswers[class].Refusal})
		}
	}
}

func (w *world) sight(i int8, is upstream, odd bool) look {
	row, o := w.rows[i], w.fox[i]
	return look{order: i, is: is, odd: odd, left: o.left, lastP: row.lastPay, codes: max(row.codes, o.codes), link: o.link && is == active}
}

func (l look) task(number int8) task {
	return task{order: l.order, seen: l.class == "", class: codeOf(l.class), is: l.is, odd: l.odd, bare: l.bare, left: l.left, lastP: l.lastP, codes: l.codes, number: number, link: l.link}
}

// sighting is what a look shows, for the question whether it is news.
func (l look) sighting(m *model, number int8) Sighting {
	t := l.task(number)
	t.doubt = m.here.w.rows[l.order].doubt()
	return m.sighting(t)
}

// sighting is what an activity answers that has seen the order.
func (m *model) sighting(t task) Sighting {
	s := Sighting{At: ago(t.minute), OrderID: orderIDs[t.order], Status: shows[t.is].status, Reason: shows[t.is].reason,
		Replacement: int(t.number), Doubt: t.doubt, LinkOut: t.link, Adopted: t.adopt}
	if t.odd {
		s.Status, s.Reason = "reversed", ""
	}
	if m.scene.window && !t.bare {
		at := ago(-t.left + t.minute)
		s.Window = &at
	}
	if t.doubt {
		s.LastPay = ago(t.lastP + t.minute)
	}
	if m.scene.mock && !t.bare {
		no := false
		s.Mock = &no
	}
	item := order.ItemStatus{ItemID: "product", Quantity: quantity, Codes: int(t.codes)}
	if t.is == completed && !m.scene.direct {
		item.Missing = quantity - item.Codes
	}
	s.Items = []order.ItemStatus{item}
	return s
}
