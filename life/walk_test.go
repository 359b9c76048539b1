package life

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
)

var (
	walkFaults = flag.Int("walk.faults", 1, "troubles on one way of the model check")
	walkAsked  = flag.Int("walk.asked", 1, "things that people ask on one way")
	walkMost   = flag.Int("walk.most", 4_000_000, "states of one scene")
	walkScene  = flag.String("walk.scene", "", "walk scenes whose names hold this alone")
)

// scenes are the small worlds.
var scenes = []scene{
	{name: "requests on their way", window: true, orders: 2, more: 2,
		has: []trouble{lostPay, payFinal, lateAnswer, crashes, cancels, stops}},
	{name: "overtaken", window: true, orders: 2, more: 1,
		has: []trouble{lostPay, freezes, resets, cancels}},
	{name: "a watcher overtaken", window: true, slow: true, orders: 2, more: 1,
		has: []trouble{lostPay, freezes, watcherFreezes, oddStatus, cancels, stops}},
	{name: "a watcher overtaken, no window", orders: 2, more: 1,
		has: []trouble{lostPay, freezes, watcherFreezes, cancels}},
	{name: "a ledger put back", window: true, orders: 2, more: 1,
		has: []trouble{lostPay, restored, oddStatus, notFound, tooDear, dashboard, cancels, stops, retries}},
	{name: "a ledger put back, no window", orders: 2, more: 1,
		has: []trouble{lostPay, restored, keyRefused, foreignPage, payFinal, cancels, stops, adopts}},
	{name: "a crowd", crowd: true, orders: 1, more: 2,
		has: []trouble{startLost, startRefused, crashes, resets, lostPay, cancels}},
	{name: "overtaken, no window", orders: 2, more: 2,
		has: []trouble{lostPay, freezes, resets, cancels}},
	{name: "held", window: true, orders: 1, more: 1,
		has: []trouble{lostPay, payFinal, tooDear, keyRefused, pauses, limits, cancels, stops}},
	{name: "held, no window", orders: 1, more: 1,
		has: []trouble{lostPay, payFinal, tooDear, keyRefused, pauses, limits, cancels, stops}},
	{name: "nothing is clear", window: true, orders: 2, more: 1,
		has: []trouble{lostPay, oddStatus, lateAnswer, notFound, foreignPage, keyRefused, takenBack, dashboard, cancels, retries}},
	{name: "enough money, a window", window: true, orders: 2},
	{name: "balance too low, a window", window: true, low: true, orders: 2,
		has: []trouble{lostPay, lateAnswer, oddStatus, crashes, freezes, resets, payFinal, hints, cancels, stops}},
	{name: "no window", orders: 2},
	{name: "a provider's link", window: true, provider: true, orders: 2},
	{name: "a mock that is none", window: true, mock: true, orders: 2},
	{name: "delivered without codes", window: true, direct: true, orders: 1,
		has: []trouble{lostPay, oddStatus, lateAnswer, bareAnswer, takenBack, freezes, cancels}},
	{name: "seen at work", window: true, slow: true, orders: 1},
	{name: "many windows over", window: true, expired: mostExpired - 1, orders: 3,
		has: []trouble{lostPay, payPassing, createLost, resets, dashboard, hints, cancels}},
}

// troubles is how many come on one way. With -short the walk is a tenth as long, which
// suits the race detector: that makes each step ten times as slow, and nothing here runs
// beside anything else. "make test" walks it whole.
func troubles() int {
	if testing.Short() {
		return 0
	}
	return *walkFaults
}

// TestWalk walks breadth first through every state that an order's life, the shell around
// it and a small world can come to, and holds the promises in each.
// Promise 1: one reference, one paid order. Promise 2: nothing is guessed.
// Promise 3: nothing is lost. Promise 4: each state is on record.
func TestWalk(t *testing.T) {
	var states, ways atomic.Int64
	begun := time.Now()
	t.Cleanup(func() {
		t.Logf("%d states, %d transitions", states.Load(), ways.Load())
		if testing.Verbose() {
			fmt.Printf("walk: %d states, %d transitions, %.1f s\n", states.Load(), ways.Load(), time.Since(begun).Seconds())
		}
	})
	for _, sc := range scenes {
		if !strings.Contains(sc.name, *walkScene) {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			w := walk{model: newModel(sc, max(troubles()+sc.more, 0), *walkAsked)}
			breach := w.whole()
			t.Logf("%d states, %d transitions, %d facts, %.1f s", len(w.states), len(w.to), len(w.model.facts), time.Since(begun).Seconds())
			require.Empty(t, breach)
			states.Add(int64(len(w.states)))
			ways.Add(int64(len(w.to)))
		})
	}
}

// A class of answer that comes to the tables must come to the walk.
func TestTheWalkKnowsEveryAnswer(t *testing.T) {
	pay := []foxreload.Class{foxreload.ClassBalance, foxreload.ClassUnauthorised} // by the balance and the key of the world
	for _, row := range payAnswered {
		pay = append(pay, row.class)
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(payAnswers)), pay)
	create := []foxreload.Class{"", foxreload.ClassUnauthorised}
	for _, row := range createAnswered {
		create = append(create, row.class)
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(createAnswers)), create)
	for class := range refusals {
		require.Contains(t, classes, class)
	}
}

// walk is the graph of all states that can be reached.
type walk struct {
	model  *model
	ids    map[state]int32
	states []state
	parent []int32
	words  []string // of the step that first led there
	first  []int32  // of the ways on from each state, in to
	to     []int32
	kinds  []kind
	cut    []bool
	lap    string // the circle that was found
}

// whole walks all of it and is the story of the first breach, or "".
func (w *walk) whole() string {
	w.ids = map[state]int32{}
	w.add(w.model.start(), -1, "an order is placed")
	for at := int32(0); int(at) < len(w.states); at++ {
		if len(w.states) > *walkMost {
			return fmt.Sprintf("there are more than %d states: raise -walk.most, or lower the bounds", *walkMost)
		}
		w.first = append(w.first, int32(len(w.to)))
		for _, step := range w.model.from(w.states[at]) {
			if step.to == w.states[at] {
				if step.kind == trying {
					return w.story(at, &step, "it goes round on the spot")
				}
				continue
			}
			id, seen := w.ids[step.to]
			if !seen {
				id = w.add(step.to, at, step.words)
				if step.breach == "" {
					step.breach = w.model.breachOf(w.model.facts[step.to.facts], step.to.w)
				}
			}
			if step.breach != "" {
				return w.story(at, &step, step.breach)
			}
			w.to, w.kinds = append(w.to, id), append(w.kinds, step.kind)
		}
		w.cut = append(w.cut, w.model.cut)
	}
	w.first = append(w.first, int32(len(w.to)))
	back := w.back()
	for _, must := range mustComeTo {
		if at := w.stuck(back, must.from, must.to); at >= 0 {
			return w.story(at, nil, must.breach)
		}
	}
	if at := w.round(); at >= 0 {
		return w.story(at, nil, "it goes round from here without anything happening, by way of:\n"+w.lap)
	}
	return ""
}

func (w *walk) add(s state, parent int32, words string) int32 {
	id := int32(len(w.states))
	w.ids[s] = id
	w.states, w.parent, w.words = append(w.states, s), append(w.parent, parent), append(w.words, words)
	return id
}

// back are the ways back over what time alone brings: neither FoxReload nor people need to
// do anything.
func (w *walk) back() [][]int32 {
	back := make([][]int32, len(w.states))
	for at := range w.states {
		for i := w.first[at]; i < w.first[at+1]; i++ {
			if w.kinds[i] != outer {
				back[w.to[i]] = append(back[w.to[i]], int32(at))
			}
		}
	}
	return back
}

// stuck is a state that from holds for and that can't come to one that to holds for, or -1.
// Where the bounds cut ways off, nobody knows.
func (w *walk) stuck(back [][]int32, from, to func(*model, Facts, world) bool) int32 {
	comes := make([]bool, len(w.states))
	var queue []int32
	for at, s := range w.states {
		if w.cut[at] || to(w.model, w.model.facts[s.facts], s.w) {
			comes[at], queue = true, append(queue, int32(at))
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, before := range back[at] {
			if !comes[before] {
				comes[before], queue = true, append(queue, before)
			}
		}
	}
	for at, s := range w.states {
		if !comes[at] && from(w.model, w.model.facts[s.facts], s.w) {
			return int32(at)
		}
	}
	return -1
}

// round is a state that the shell comes back to though nothing has happened, or -1: what is
// left once states without a way on at once are taken away, again and again.
func (w *walk) round() int32 {
	ways := make([]int32, len(w.states))
	back := make([][]int32, len(w.states))
	var queue []int32
	for at := range w.states {
		for i := w.first[at]; i < w.first[at+1]; i++ {
			if w.kinds[i] == trying {
				ways[at]++
				back[w.to[i]] = append(back[w.to[i]], int32(at))
			}
		}
		if ways[at] == 0 {
			queue = append(queue, int32(at))
		}
	}
	left := len(w.states)
	for ; len(queue) > 0; left-- {
		at := queue[0]
		queue = queue[1:]
		for _, from := range back[at] {
			if ways[from]--; ways[from] == 0 {
				queue = append(queue, from)
			}
		}
	}
	if left == 0 {
		return -1
	}
	return w.circle(func(at int32) bool { return ways[at] > 0 })
}

// circle is a state on a circle of ways that are gone at once.
func (w *walk) circle(left func(int32) bool) int32 {
	at := int32(0)
	for !left(at) {
		at++
	}
	next := func(at int32) int32 {
		for i := w.first[at]; i < w.first[at+1]; i++ {
			if w.kinds[i] == trying && left(w.to[i]) {
				return w.to[i]
			}
		}
		return at
	}
	for been := map[int32]bool{}; !been[at]; at = next(at) {
		been[at] = true
	}
	for to := next(at); ; to = next(to) {
		w.lap += "     " + w.words[to] + "\n"
		if to == at {
			return at
		}
	}
}

// story tells how it came to a state, by the shortest way, and of the step from there that
// was the breach, if it was one.
func (w *walk) story(at int32, last *step, breach string) string {
	var lines []string
	add := func(s state, words string) {
		f := w.model.facts[s.facts]
		lines = append(lines, fmt.Sprintf("%-90s %s, money %s%s", words, f.State, f.Money, map[bool]string{true: ", odd"}[f.Order.Odd]))
	}
	if last != nil {
		add(last.to, last.words)
	}
	for ; at >= 0; at = w.parent[at] {
		add(w.states[at], w.words[at])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "breach: %s\n", breach)
	for i := range lines {
		fmt.Fprintf(&b, "%3d. %s\n", i+1, strings.TrimSpace(lines[len(lines)-1-i]))
	}
	return b.String()
}
