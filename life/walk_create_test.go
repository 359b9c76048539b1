package life

import "foxflow/foxreload"

// createAnswered says of each class of answer to a create whether FoxReload may have made
// the order, by its contract.
var createAnswered = []struct {
	trouble trouble
	class   foxreload.Class
	perhaps bool
}{
	{createLost, foxreload.ClassUnknown, true},
	{createFinal, foxreload.ClassFinal, false},
	{createExists, foxreload.ClassExists, false},
	{createElse, foxreload.ClassNotFound, false},
	{createElse, foxreload.ClassPrice, false},
	{createElse, foxreload.ClassBalance, false},
	{createElse, foxreload.ClassNotPayable, true},
	{createElse, foxreload.ClassForeign, true},
	{createElse, foxreload.ClassMisdirected, true},
	{createElse, foxreload.ClassPassing, false},
	{createElse, foxreload.ClassThrottled, false},
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
	if w.noKey {
		m.refused("create is refused: the key", s, w, foxreload.ClassUnauthorised)
		return
	}
	if w.orphan != 0 && w.creates {
		m.own("create finds what the lost one made", s, w, w.orphan-1)
	}
	for _, row := range createAnswered {
		if v, ok := m.spend(w, row.trouble); ok {
			m.createFailed(s, v, row.class, row.perhaps)
		}
	}
	made, i := m.made(w)
	if i < 0 {
		m.cut = true
		return
	}
	if w.orphan != 0 && !w.creates {
		m.breach = "another order is made, and what the lost create made is not looked for"
	}
	m.own("create makes the "+orderIDs[i]+" order", s, made, i)
}

// made is the world with one order more, and its index, or -1.
func (m *model) made(w world) (world, int8) {
	i := w.free(m.scene.orders)
	if i >= 0 {
		w.fox[i] = foxOrder{is: active, was: active, left: 1}
	}
	return w, i
}

// own pins an order that was made or found. The answer shows it as it likes.
func (m *model) own(words string, s spot, w world, i int8) {
	number := int8(s.f.Replacements)
	w.pins[number], w.orphan, w.creates = i+1, 0, false
	l := w.sight(i, w.fox[i].is, false)
	m.answer(words, s, w, l.task(number))
	if v, ok := m.spend(w, oddStatus); ok {
		odd := l
		odd.odd = true
		m.answer(words+", with a status that nobody knows", s, v, odd.task(number))
	}
	if v, ok := m.spend(w, bareAnswer); ok {
		bare := l
		bare.bare = true
		m.answer(words+", and shows nothing of it", s, v, bare.task(number))
	}
}

// createFailed is a create that was answered with anything but an order.
func (m *model) createFailed(s spot, w world, class foxreload.Class, perhaps bool) {
	answer := createAnswers[class]
	w.creates = w.creates || !answer.Spared
	then := func(words string, w world) {
		switch {
		case answer.Then == Find && w.orphan != 0:
			m.own(words+" and finds what the lost one made", s, w, w.orphan-1)
		case answer.Then == Find, answer.Then == Refused, answer.Then == Reprice:
			m.refused(words, s, w, class)
		default:
			m.at(words+"; it is tried again", later, s.id, w)
		}
	}
	words := "create is answered " + string(class)
	then(words, w)
	if made, i := m.made(w); perhaps && i >= 0 && w.orphan == 0 {
		made.orphan = i + 1
		then(words+", and the "+orderIDs[i]+" order is made all the same", made)
	}
}
