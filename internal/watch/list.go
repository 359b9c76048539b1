package watch

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"foxflow/foxreload"
	"foxflow/ledger"
)

const (
	// listShare is the part of the request budget that lists take at most: one in so many.
	listShare = 15
	// largePage is how many orders a page is asked for: as many as FoxReload's catalogue gives at most.
	largePage = 200
	// crowdShare says when orders are a crowd: more than one to so many requests a minute, or
	// any at all while requests wait for the budget. A crowd is looked at together.
	crowdShare = 10
	// searchedAtLeast is the longest time from one list to the next in a crowd of which some
	// are due: an order may be done sooner than usual.
	searchedAtLeast = 30 * time.Second
	// strikes is how many orders must show that a list can't be trusted.
	strikes = 2
	// behindAtMost is how far a list may be behind a look.
	behindAtMost = 3 * time.Second
	// audited passes are the first ones, and each auditEvery-th.
	audited, auditEvery = 3, 10
	// seenFor is how long it is kept what looks have shown.
	seenFor = 10 * time.Minute
	// lately is how much the latest look counts for what looks of their own are worth.
	lately = 0.1
)

// How long lists are not read, because …
const (
	untrusted = 10 * time.Minute // they contradict looks, or leave orders out
	unread    = 30 * time.Second // one could not be read, this time
	useless   = time.Minute      // one showed none of those that were looked for
)

// sight is how an order was seen: as a list showed it, or as a look had shown it by a time.
type sight struct {
	status foxreload.Status
	by     time.Time
}

// list is what is known of FoxReload's list of orders. It is kept in memory: a watcher that
// takes over finds it out anew.
type list struct {
	mu sync.Mutex
	// after is when the next list may be read, as the request budget goes, and search when one
	// is to be read though no order is likely to have ended; not before mistrusted is any.
	after, search, mistrusted time.Time
	searched                  time.Duration // the time between two such
	// small says that large pages are not to be had.
	small bool
	// pages is how many it took the last time to see those that were due.
	pages int
	// carries says that entries show the codes of completed orders.
	carries bool
	// missed is how many of the orders that are likely to have ended have not, as of late: 0 to 1.
	missed float64
	// claims are what the last list showed of orders that are looked at for it, by reference;
	// looks what looks have shown, by order id.
	claims, looks  map[string]sight
	struck, passes int
}

// choose says whether orders that are due are to be seen in a list now, and else which of them
// each by itself. A crowd waits for the list; of that, those that are likely to have ended are
// looked at by themselves where a list saves nothing.
func (l *list) choose(d due, crowd bool, now time.Time) (read bool, alone []ledger.Watch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, pages := slices.Concat(d.likely, d.unlikely), max(l.pages, 1)
	ready := !now.Before(l.after)
	saved := float64(len(d.likely))
	if !l.carries { // what ends is looked at all the same
		saved *= l.missed
	}
	switch {
	case now.Before(l.mistrusted):
		return false, all
	case !crowd && ready && (len(all) > 2*pages || l.carries && len(all) > pages):
		return true, nil
	case !crowd:
		return false, all
	case ready && len(all) > 0 && !now.Before(l.search):
		return true, nil
	case l.carries || saved > float64(pages):
		return ready && len(d.likely) > 0, nil
	}
	return false, d.likely
}

// pageSize is how many orders a page is asked for; 0: FoxReload's default.
func (l *list) pageSize() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.small {
		return 0
	}
	return largePage
}

// smaller says whether it may be the size of a large page that went wrong, and has none asked for
// any more: whoever refused it, or however its answer could not be read.
func (l *list) smaller(err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var api *foxreload.Error
	if l.small || !errors.As(err, &api) {
		return false
	}
	l.small = api.Class == foxreload.ClassFinal || api.Class == foxreload.ClassForeign || api.Code == foxreload.CodeMalformed
	return l.small
}

// mistrust has no list read for a while.
func (l *list) mistrust(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.mistrusted) {
		l.mistrusted = until
	}
	l.claims, l.looks, l.struck, l.passes = nil, nil, 0, 0
}

// claim keeps what a list showed of an order that is now looked at by itself.
func (l *list) claim(reference string, status foxreload.Status, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.claims == nil {
		l.claims = map[string]sight{}
	}
	l.claims[reference] = sight{status, at}
}

// looked keeps what a look has shown by now, and says whether lists are not to be trusted any
// more: one had shown what could not become that.
func (l *list) looked(reference, orderID string, seen foxreload.Status, now time.Time) (lies bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen == "" {
		return false
	}
	if l.looks == nil {
		l.looks = map[string]sight{}
	}
	l.looks[orderID] = sight{seen, now}
	claimed, there := l.claims[reference]
	delete(l.claims, reference)
	if there && claimed.status != seen && !claimed.status.CanBecome(seen) {
		l.struck++
	}
	return l.struck >= strikes
}

// behind holds an entry of a list against what a look had shown well before the list was asked
// for, and says whether lists are not to be trusted any more. However late a look came, an order
// does not go back.
func (l *list) behind(o foxreload.Order, asked time.Time) (lies bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	look, there := l.looks[o.ID]
	if there && o.Status.CanBecome(look.status) && asked.Sub(look.by) > behindAtMost {
		delete(l.looks, o.ID)
		l.struck++
	}
	return l.struck >= strikes
}

// audits says whether this pass is held against a look, and counts it. blank: it showed orders
// that are likely to have ended, and no end.
func (l *list) audits(blank bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.passes++
	return blank || l.passes <= audited || l.passes%auditEvery == 0
}

// guessed counts whether an order that was likely to have ended has.
func (l *list) guessed(ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.missed *= 1 - lately
	if !ended {
		l.missed += lately
	}
}

// passed keeps what a pass over so many pages has come to. One that surprises nobody has the
// next one put off, unless orders are likely to have ended.
func (l *list) passed(pages, needed, perMinute int, surprise bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages = max(needed, 1)
	share := time.Duration(max(pages, 1)) * listShare * time.Minute / time.Duration(max(perMinute, 1))
	l.searched = min(l.searched*3/2, searchedAtLeast)
	if surprise || l.searched < share {
		l.searched = share
	}
	l.after, l.search = now.Add(share), now.Add(l.searched)
	maps.DeleteFunc(l.looks, func(_ string, s sight) bool { return now.Sub(s.by) > seenFor })
}

// carry keeps whether a completed order was shown with its codes.
func (l *list) carry(o foxreload.Order) {
	if o.Status != foxreload.StatusCompleted {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.carries = o.Delivered() > 0
}
