package watch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
)

const (
	// pagesAtMost bounds a walk through a list, in requests.
	pagesAtMost = 10
	// pageTakes is how long a page is waited for: looks of their own wait meanwhile.
	pageTakes = 15 * time.Second
	// settled is how long an order must be watched before it must be in a list: nobody
	// promises that a new one is there at once.
	settled = 30 * time.Second
)

// walk is one pass over FoxReload's list, the newest order first as a rule: it ends where
// further pages are not likely to show orders that are due.
type walk struct {
	*Watcher
	now     time.Time
	asked   time.Time               // on this process's clock
	wanted  map[string]ledger.Watch // orders that are due, by reference
	oldest  time.Time               // since when the first of them is watched
	page    []foxreload.Order
	pages   int // read
	needed  int // the last of them that showed an order that is wanted
	found   map[string]bool
	due     int  // of those that were found: wanted
	lately  int  // of these, on the last page
	before  bool // the last page showed orders that are newer than all that are due
	stopped bool
	// ends, unchanged: how many of those that are likely to have ended it showed so, and not.
	ends, unchanged int
	surprise        bool // an end that was not likely
	// audit is an order that the list shows as it was: a look is to confirm that.
	audit *ledger.Watch
}

// readList sees orders that are due in a list. What an entry does not show wholly is looked
// at by itself, and so is what is in no list: that proves nothing.
func (w *Watcher) readList(ctx context.Context, now time.Time, d due) error {
	k := &walk{Watcher: w, now: now, asked: w.Now(), wanted: map[string]ledger.Watch{}, found: map[string]bool{}}
	for _, row := range slices.Concat(d.likely, d.unlikely) {
		k.wanted[row.Reference] = row
		if k.oldest.IsZero() || row.Since.Before(k.oldest) {
			k.oldest = row.Since
		}
	}
	err := k.read(ctx)
	throttled := new(foxreload.ThrottledError)
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // the lease is lost: another one looks
	case errors.As(err, &throttled):
		w.rest(w.Now(), throttled.For)
		return nil
	case err != nil && !fromFoxReload(err):
		return err
	case w.list.smaller(err):
		return nil // the next round asks for less at a time
	}
	w.list.passed(k.pages, k.needed, w.PerMinute, k.surprise, now)
	if err != nil {
		w.Log.Info("the list of orders can't be read: each is looked at by itself", zap.Error(err))
		w.list.mistrust(now.Add(unreadFor(err)))
	}
	if err := k.confirm(ctx); err != nil {
		return err
	}
	k.leaveRest(err == nil && !k.stopped)
	return nil
}

func (k *walk) read(ctx context.Context) error {
	ctx, err := k.Orders.OnClock(foxreload.WithPriority(ctx, foxreload.PriorityCreate)) // a page is many looks
	if err != nil {
		return err
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	late := time.AfterFunc(pageTakes, stop)
	defer late.Stop()
	var failed error
	more := func() bool {
		late.Stop()
		failed = k.take(ctx)
		late.Reset(pageTakes)
		k.stopped = failed != nil || k.pages >= pagesAtMost || k.lately < 2 && !k.before || len(k.wanted)-k.due < 2
		return !k.stopped
	}
	for o, err := range k.API.ListOrders(asking, foxreload.OrderFilter{More: more, Page: k.list.pageSize()}) {
		if err != nil {
			return errors.Join(failed, err)
		}
		k.page = append(k.page, o)
	}
	if failed == nil && len(k.page) > 0 {
		failed = k.take(ctx)
	}
	return failed
}

// fromFoxReload says that an error is FoxReload's, or of the way there.
func fromFoxReload(err error) bool {
	var api *foxreload.Error
	return errors.As(err, &api)
}

// unreadFor is how long no list is read after one that failed: for long where FoxReload has
// none, or none that can be understood.
func unreadFor(err error) time.Duration {
	var api *foxreload.Error
	if errors.As(err, &api) && (api.Class == foxreload.ClassFinal || api.Class == foxreload.ClassNotFound || api.Code == foxreload.CodeMalformed) {
		return untrusted
	}
	return unread
}

// take takes in a page.
func (k *walk) take(ctx context.Context) error {
	page := k.page
	k.page, k.lately, k.before = nil, 0, false
	k.pages++
	if i := slices.IndexFunc(page, func(o foxreload.Order) bool { return k.list.behind(o, k.asked) }); i >= 0 {
		k.contradicted(page[i].ID, k.now)
		return nil
	}
	rows, err := k.watched(ctx, page)
	if err != nil {
		return err
	}
	var looks errgroup.Group
	looks.SetLimit(looksAtOnce)
	var again kept
	for _, o := range page {
		if err = k.show(ctx, rows[o.ID], o, &looks, &again); err != nil {
			break
		}
	}
	_ = looks.Wait() // each has logged what went wrong: of one order, and the others go on
	if err != nil {
		return err
	}
	if k.lately > 0 {
		k.needed = k.pages
	}
	return k.Ledger.Watches.Keep(ctx, again.rows...)
}

// watched are the orders of a page that are watched, by order id.
func (k *walk) watched(ctx context.Context, page []foxreload.Order) (map[string]ledger.Watch, error) {
	ids := make([]string, len(page))
	for i, o := range page {
		ids[i] = o.ID
	}
	found, err := k.Ledger.Watches.Of(ctx, ids)
	rows := make(map[string]ledger.Watch, len(found))
	for _, row := range found {
		rows[row.OrderID] = row
	}
	return rows, err
}

// show takes in one entry of a page. Where something follows from it at once, that is done beside
// the others; where a look is to follow, its order goes to those that are watched on.
func (k *walk) show(ctx context.Context, row ledger.Watch, o foxreload.Order, looks *errgroup.Group, again *kept) error {
	watched := row.OrderID != ""
	if watched || o.Status == foxreload.StatusActive {
		k.before = !watched || row.Since.After(k.oldest)
	}
	if flying, _ := k.stands(row); !watched || k.isOver(row) || row.Input == nil || flying {
		return nil
	}
	says, news, err := k.weigh(ctx, row, o)
	switch {
	case err != nil || !news:
		return err
	case says == activities.SaysLook:
		k.list.claim(row.Reference, o.Status, k.now)
		k.leave(row)
		if row.Next.After(k.now) {
			row.Next = k.now
		}
		again.add(row)
		return nil
	}
	looks.Go(func() error {
		if err := k.entry(ctx, row, o, says, again); err != nil {
			k.Log.Warn("take in an order of the list", zap.String("reference", row.Reference), zap.String("order_id", row.OrderID), zap.Error(err))
		}
		return nil
	})
	return nil
}

// kept are the watches that go on after a page.
type kept struct {
	mu   sync.Mutex
	rows []ledger.Watch
}

func (k *kept) add(row ledger.Watch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rows = append(k.rows, row)
}

// toConfirm has a look confirm that an order is as the list showed it: the one that is watched
// longest.
func (k *walk) toConfirm(row ledger.Watch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.audit == nil || row.Since.Before(k.audit.Since) {
		k.audit = &row
	}
}

// weigh says what an entry says of an order, and whether that is worth anything; it counts those
// that are looked for.
func (k *walk) weigh(ctx context.Context, row ledger.Watch, o foxreload.Order) (says activities.Says, news bool, err error) {
	says, due := k.Orders.Says(row, o), !row.Next.After(k.now)
	if says == activities.SaysSame && !due {
		return says, false, nil
	}
	if _, wanted := k.wanted[row.Reference]; wanted && !k.found[row.Reference] {
		k.lately++
		k.due++
	}
	k.found[row.Reference] = true
	k.list.carry(o)
	if _, left := k.stands(row); left && says == activities.SaysLook {
		return says, false, nil // a list has shown that before
	}
	return says, true, k.guess(ctx, row, o)
}

// entry takes in an entry that is as good as a look. Entries are of different orders, so many
// are taken in at the same time.
func (k *walk) entry(ctx context.Context, row ledger.Watch, o foxreload.Order, says activities.Says, again *kept) error {
	seen, err := k.Orders.Look(ctx, row, foxreload.PriorityPoll, &o)
	if err != nil {
		return k.later(ctx, row, err)
	}
	k.Looked(ByList)
	if seen.Done {
		return k.finish(ctx, row, seen)
	}
	if says == activities.SaysSame {
		k.toConfirm(row)
	}
	again.add(seen.Watch)
	return nil
}

// guess holds what an entry shows against what was likely.
func (k *walk) guess(ctx context.Context, row ledger.Watch, o foxreload.Order) error {
	likely, err := k.Orders.Likely(ctx, row, k.now)
	ended := o.Status.Terminal()
	switch {
	case err != nil:
		return err
	case likely && ended:
		k.ends++
	case likely:
		k.unchanged++
	case ended:
		soon, err := k.Orders.Likely(ctx, row, k.now.Add(searchedAtLeast))
		if err != nil {
			return err
		}
		k.surprise = k.surprise || !soon
	}
	if likely {
		k.list.guessed(ended)
	}
	if ended {
		k.Orders.Ended(ctx, row, o, k.now)
	}
	return nil
}

// confirm has one order looked at that the list showed as it was, now and then: the one that is
// watched longest. The next list is held against that look: one that is behind shows it so still.
func (k *walk) confirm(ctx context.Context) error {
	if k.audit == nil || !k.list.audits(k.unchanged > 0 && k.ends == 0) {
		return nil
	}
	k.leave(*k.audit)
	if k.audit.Next.After(k.now) {
		k.audit.Next = k.now
	}
	return k.Ledger.Watches.Keep(ctx, *k.audit)
}

// leaveRest leaves to looks of their own what no page has shown of those that were looked for. A
// whole list that leaves an order out is no list of all orders.
func (k *walk) leaveRest(whole bool) {
	unseen, missing := false, false
	for _, row := range k.wanted {
		if flying, _ := k.stands(row); flying || k.found[row.Reference] {
			continue
		}
		k.leave(row)
		unseen = true
		missing = missing || row.Since.Before(k.now.Add(-settled))
	}
	switch {
	case whole && missing:
		k.Log.Info("the list of orders leaves some out: each is looked at by itself")
		k.list.mistrust(k.now.Add(untrusted))
	case k.due == 0 && unseen: // else all that are due are being looked at
		k.list.mistrust(k.now.Add(useless))
	}
}

// leave leaves an order to a look of its own.
func (w *Watcher) leave(row ledger.Watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alone[row.Reference] = row.Step
}

// stands says whether an order is being looked at by itself, and whether it was left to that.
func (w *Watcher) stands(row ledger.Watch) (flying, left bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	step, there := w.alone[row.Reference]
	return w.flying[row.Reference], there && step == row.Step
}

// contradicted has no list read for long.
func (w *Watcher) contradicted(orderID string, now time.Time) {
	w.Log.Info("the list of orders contradicts looks: each is looked at by itself", zap.String("order_id", orderID))
	w.list.mistrust(now.Add(untrusted))
}
