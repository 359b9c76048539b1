package storm

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// What people and FoxReload do during the storm. Everything here may fail at any
// moment, as it does for people: then it is tried again, or left.

// placeOrders places all orders, a file at a time, over four fifths of the
// storm. A file is placed again until that says that every order is started;
// every third is placed by two starters at the same moment.
func (h *hand) placeOrders() {
	const files = 10
	rest := h.orders
	for n := range files {
		h.until(0.8 * float64(n) / files)
		size := len(rest) / (files - n)
		batch := rest[:size]
		rest = rest[size:]
		if size == 0 {
			continue
		}
		file := h.Write(fmt.Sprintf("orders-%d.csv", n), sheet(batch))
		starters := 1
		if n%3 == 1 {
			starters = 2
			h.count(&h.done.DoubleStarts, size)
		}
		h.Eventually(file+" to be placed", func() bool {
			codes := make([]int, starters)
			var all sync.WaitGroup
			for i := range codes {
				all.Go(func() { codes[i] = h.try("place", "--file", file, "--no-check", "--check-balance=false").Code })
			}
			all.Wait()
			return slices.Max(codes) == 0 && slices.Min(codes) == 0
		})
		h.mu.Lock()
		h.placed += size
		h.mu.Unlock()
	}
}

// anyPlaced is one of the orders that were placed so far.
func (h *hand) anyPlaced() (planned, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.placed == 0 {
		return planned{}, false
	}
	return h.orders[h.IntN(h.placed)], true
}

// topUp raises the balance now and then by somewhat less than what is ordered
// meanwhile, and says so, mostly.
func (h *hand) topUp() {
	const average = 13 // usd an order, about
	for h.pause(2*time.Second, 7*time.Second) {
		amount := (0.3 + h.Float64()) * average * float64(len(h.orders)) * 4.5 / h.length.Seconds()
		if !h.tell("/admin/balances", fmt.Sprintf(`{"currency":"usd","add":"%.2f"}`, amount)) {
			continue
		}
		h.count(&h.done.TopUps, 1)
		if h.IntN(4) > 0 {
			h.try("top-up", "--all")
		}
	}
}

// resolveBlocked decides what only a person can decide.
func (h *hand) resolveBlocked() {
	for h.pause(2*time.Second, 4*time.Second) {
		h.resolveAll()
	}
}

// resolveAll decides for every order that asks for a person: mostly it is created
// again under a fresh key, sometimes ended, and sometimes the person errs and
// names an order that is not this one's. Orders that go on by themselves are left
// alone.
func (h *hand) resolveAll() {
	for _, o := range h.list("blocked") {
		if o.WaitingFor == nil || !strings.Contains(*o.WaitingFor, "a person's decision") {
			continue
		}
		var decided bool
		switch n := h.IntN(10); {
		case n < 7:
			decided = h.try("resolve", o.Reference, "--retry").Code == 0
		case n < 9:
			decided = h.takeBackBy("resolve", o.Reference, "--abort")
		default:
			decided = h.try("resolve", o.Reference, "--adopt", h.anOrder()).Code == 0
		}
		if decided {
			h.count(&h.done.Resolves, 1)
		}
	}
}

// anOrder is an order of another reference. (One that nobody has, of the same
// product, shown without its note and key, could not be told from ours.)
func (h *hand) anOrder() string {
	taken := slices.DeleteFunc(h.list(""), func(o listed) bool { return o.OrderID == nil })
	if len(taken) == 0 {
		return "none"
	}
	return *taken[h.IntN(len(taken))].OrderID
}

// takeBack cancels an order now and then that has not ended, whether it waits or
// is being paid. One that is paid already has to be refused.
func (h *hand) takeBack() {
	for h.pause(500*time.Millisecond, 2*time.Second) {
		open := slices.DeleteFunc(h.list(""), func(o listed) bool { return ended[o.State] || !h.planned(o.Reference).mayTakeBack() })
		if len(open) > 0 {
			h.takeBackBy("cancel", open[h.IntN(len(open))].Reference)
		}
	}
}

// planned is the order of a reference.
func (s *storm) planned(reference string) planned {
	return s.orders[slices.IndexFunc(s.orders, func(p planned) bool { return p.reference == reference })]
}

// takeBackBy runs a command that ends an order unpaid, and keeps that it was run
// and whether it said that it had done so.
func (s *storm) takeBackBy(command, reference string, flags ...string) (done bool) {
	keep := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.takenBack[reference] = s.takenBack[reference] || done
	}
	keep()
	defer keep()
	done = s.tryFor(15*time.Second, append([]string{command, reference}, flags...)...).Code == 0
	return done
}

// holdPayments holds all payments for a few seconds, twice. What is being paid at
// that moment is paid; the rest waits as paused.
func (h *hand) holdPayments() {
	for _, at := range []float64{0.35, 0.7} {
		if !h.until(at) {
			return
		}
		h.try("pause")
		h.pause(2*time.Second, 4*time.Second)
		h.Eventually("payments to be released", func() bool { return h.try("resume").Code == 0 })
	}
}
