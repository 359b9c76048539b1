package life

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"foxflow/order"
)

// kind is what moves the step from one state to the next.
type kind uint8

const (
	trying kind = iota // the shell goes on at once
	later              // the shell goes on after a while
	sure               // time, and what it surely brings
	outer              // FoxReload, people, a machine that fails
)

// state is one state of the walk: the workflow's facts, by number, and the world.
type state struct {
	facts int32
	w     world
}

// spot is a state that is being left.
type spot struct {
	id int32
	f  Facts
	w  world
}

// step is one way on.
type step struct {
	words  string
	kind   kind
	to     state
	breach string
}

// model knows where each state leads to. Its times are all told from one moment, noon:
// when a minute passes, everything known moves back by it.
type model struct {
	scene           scene
	most, mostAsked int // troubles on one way, and things that people ask
	terms           Terms
	facts           []Facts
	ids             map[string]int32
	moved           map[[2]int32]int32
	here            spot
	steps           []step
	cut             bool // the bounds cut ways off here
	breach          string
}

func newModel(sc scene, most, mostAsked int) *model {
	r := order.Request{Reference: "shop-1", Items: []order.Item{{ItemID: "product", Quantity: quantity}}, Mock: sc.mock}
	if sc.provider {
		r.Provider = "pally"
	}
	return &model{scene: sc, most: most, mostAsked: mostAsked, ids: map[string]int32{}, moved: map[[2]int32]int32{},
		terms: Terms{Request: r, Intervals: Intervals{PollInitial: time.Second, PollMax: time.Second, StallAfter: time.Minute, StallPoll: time.Second, GiveUpAfter: 2 * time.Minute}}}
}

func (m *model) start() state {
	f := Begin(noon).enter(order.Creating, Why{}, noon)
	f.Expired = m.scene.expired
	if m.scene.crowd {
		return state{facts: m.keep(f.enter(order.Queued, Why{Wait: order.WaitTurn}, noon)), w: world{q: queue{unopened: true, row: true}}}
	}
	return state{facts: m.keep(f), w: world{low: m.scene.low, inRow: int8(m.scene.expired)}}
}

// from are all the ways on from a state.
func (m *model) from(s state) []step {
	m.steps, m.cut, m.breach = m.steps[:0], false, ""
	m.here = spot{id: s.facts, f: m.facts[s.facts], w: s.w}
	m.work(m.here)
	m.outside(m.here)
	return m.steps
}

// at adds a way on.
func (m *model) at(words string, kind kind, facts int32, w world) {
	m.steps = append(m.steps, step{words: words, kind: kind, to: state{facts, m.lean(facts, w)}, breach: m.breach})
	m.breach = ""
}

// lean is the world without what nothing follows from any more.
func (m *model) lean(facts int32, w world) world {
	if m.facts[facts].Money == Left && !w.frozen.on {
		w.low, w.dear, w.held, w.early, w.flying, w.inRow = false, false, 0, false, false, 0
	}
	if !w.q.unopened { // of a door that stands still, only that it starts the order once more can matter
		w.q = queue{hands: [2]hand{w.q.starting()}}
	}
	for i := range w.fox {
		o := &w.fox[i]
		if int(w.spent) >= m.most {
			o.was = o.is // no look will be late
		}
		if o.is != active {
			o.onWay, o.link = 0, false
		}
		if o.is != active && o.was != active {
			o.left = 0
		}
		if row := w.rows[i]; row.over && m.facts[facts].Order.ID != orderIDs[i] && w.pins[w.lastPin()] != int8(i)+1 && !row.doubt() && !o.everPaid && o.is > failed && o.was > failed {
			*o, w.rows[i] = foxOrder{is: paymentExpiration, was: paymentExpiration}, payRow{intent: true, voided: true, over: true}
		}
		if row := &w.rows[i]; m.scene.window {
			if row.lastPay = min(row.lastPay, 1); o.left > -1 {
				row.lastPay = 0 // nothing follows from it yet
			}
		}
	}
	return w
}

// spend is the world with one trouble more, where the scene has it and the bound leaves room.
func (m *model) spend(w world, t trouble) (world, bool) {
	switch {
	case m.scene.has != nil && !slices.Contains(m.scene.has, t):
		return w, false
	case t >= pauses && int(w.asked) < m.mostAsked:
		w.asked++
		return w, true
	case t < pauses && int(w.spent) < m.most:
		w.spent++
		return w, true
	}
	return w, false
}

// keep gives facts a number. They are kept without words, and must come back from JSON as
// they were.
func (m *model) keep(f Facts) int32 {
	f = plain(f)
	text, err := json.Marshal(f)
	if err != nil {
		m.breach = "facts can't be written: " + err.Error()
	}
	if id, ok := m.ids[string(text)]; ok {
		return id
	}
	var back Facts
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(f, back) {
		m.breach = fmt.Sprintf("facts come back from JSON as others: %s", text)
	}
	if f.State.Ended() && m.breach == "" {
		m.breach = m.falseRecheck(f)
	}
	id := int32(len(m.facts))
	m.facts, m.ids[string(text)] = append(m.facts, f), id
	return id
}

// plain are facts without words and without times that nothing follows from.
func plain(f Facts) Facts {
	f.Clocks.Started, f.Clocks.Updated, f.Order.SeenAt, f.Why.Note = noon, noon, time.Time{}, ""
	f.Why.Error = bare(f.Why.Error)
	if f.State != order.Blocked && f.State != order.Stalled {
		f.Clocks.Entered = noon
	}
	if f.Blocker != nil {
		f.Blocker = &Blocker{Class: f.Blocker.Class, Code: f.Blocker.Code}
	}
	if f.Ending != nil {
		f.Ending = &Ending{f.Ending.State, f.Ending.CancelReason, bare(f.Ending.Error)}
	}
	if f.Money == Left {
		f.Asked.Hint, f.Expired, f.Clocks.Short = NoHint, 0, time.Time{}
	}
	return past(f, 0)
}

func bare(e *order.Error) *order.Error {
	if e == nil {
		return nil
	}
	return &order.Error{Code: e.Code}
}

// older is the number of the facts as they are minutes later.
func (m *model) older(f Facts, minutes int8) int32 {
	key := [2]int32{m.here.id, int32(minutes)}
	id, ok := m.moved[key]
	if !ok {
		id = m.keep(past(f, minutes))
		m.moved[key] = id
	}
	return id
}

// past moves all times back, no further than anything asks for.
func past(f Facts, minutes int8) Facts {
	by := time.Duration(minutes) * time.Minute
	back := func(t *time.Time, most time.Duration) {
		if !t.IsZero() {
			*t = noon.Add(-min(noon.Sub(*t)+by, most))
		}
	}
	back(&f.Clocks.Entered, 2*time.Minute)
	back(&f.Clocks.Short, 2*time.Minute)
	back(&f.Clocks.Paid, time.Minute)
	back(&f.Clocks.Completed, time.Minute)
	if f.Order.Window != nil {
		at := *f.Order.Window
		back(&at, time.Minute)
		f.Order.Window = &at
	}
	most := time.Minute
	if f.Order.Window == nil && (noon.Sub(f.Clocks.LastPay)+by >= lapseUnknown || !f.Clocks.LastPay.IsZero() && minutes == hourAgo) {
		most = hourAgo * time.Minute
	}
	back(&f.Clocks.LastPay, most)
	return f
}
