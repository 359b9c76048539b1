package watch

import (
	"context"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
)

// dueAtLeast and dueAtMost bound how many orders that are due are read from the ledger at a
// time: as many as the budget could look at in a minute.
const dueAtLeast, dueAtMost = 4 * looksAtOnce, 500

// putOffAtMost is how long looks of a crowd are put off, at most, for orders that wait for their
// turn to begin. So all of the crowd have begun sooner, and what is left at its end are looks: else
// the budget would be idle while the last orders are on their way.
const putOffAtMost = 90 * time.Second

// outlasted is how long after its time an attempt surely has been made anew, or never is.
const outlasted = time.Minute

// round begins the looks that are due, and says how long until the next one is, and whether any
// order is watched.
func (w *Watcher) round(ctx context.Context) (wait time.Duration, watched bool, err error) {
	now, err := w.Ledger.Store.Now(ctx, w.Now())
	if err != nil {
		return 0, false, err
	}
	if err := w.seek(ctx, now); err != nil {
		return 0, false, err
	}
	if rests := w.resting().Sub(w.Now()); rests > 0 {
		return rests, false, nil
	}
	standing, err := w.Ledger.Watches.Count(ctx, now)
	if err != nil || standing.All == 0 {
		return tick, false, err
	}
	wait, err = w.looks(ctx, now, standing)
	return wait, true, err
}

// looks begins the looks that are due, and says when there is more to do.
func (w *Watcher) looks(ctx context.Context, now time.Time, standing ledger.Watching) (time.Duration, error) {
	if standing.Due == 0 {
		w.forget(nil)
		return standing.Next.Sub(now), nil
	}
	read, err := w.see(ctx, now, standing.All)
	if err != nil || !read {
		return tick, err // a look that lands says when there is more
	}
	standing, err = w.Ledger.Watches.Count(ctx, now)
	if err != nil || standing.Due > 0 || standing.All == 0 {
		return tick, err
	}
	return standing.Next.Sub(now), nil
}

// see has orders that are due seen: in a list where that is cheaper, else each by itself. read says
// that a list was read.
func (w *Watcher) see(ctx context.Context, now time.Time, all int) (read bool, err error) {
	d, err := w.due(ctx, now)
	if err != nil {
		return false, err
	}
	short, spare, err := w.spare(ctx)
	if err != nil {
		return false, err
	}
	crowd := short && all > 1 || all > max(w.PerMinute/crowdShare, 2)
	read, alone := w.list.choose(d, crowd, now)
	if read {
		if err := w.readList(ctx, now, d); err != nil {
			return read, err
		}
		if d, err = w.due(ctx, now); err != nil {
			return read, err
		}
	}
	alone = slices.SortedStableFunc(slices.Values(slices.Concat(d.left, alone)), func(a, b ledger.Watch) int { return a.Next.Compare(b.Next) })
	if short && crowd {
		return read, w.lookInTurn(ctx, now, alone, spare)
	}
	w.lookAlone(ctx, alone, foxreload.PriorityPoll)
	return read, nil
}

// lookInTurn looks at orders of a crowd while requests wait for the budget: at as many as it has to
// spare while others are to begin, and at those that are late, as soon as others are created. They are
// late once they have waited for longer than the order that is to begin next.
func (w *Watcher) lookInTurn(ctx context.Context, now time.Time, rows []ledger.Watch, spare int) error {
	waited, err := w.Ledger.Queue.Waited(ctx, now)
	if err != nil {
		return err
	}
	patience := putOffAtMost
	if waited > 0 {
		patience = min(waited, patience)
	}
	late := 0
	for late < len(rows) && now.Sub(rows[late].Next) > patience {
		late++
	}
	others := rows[late:]
	if waited > 0 {
		others = others[:min(max(spare-late, 0), len(others))]
	}
	w.lookAlone(ctx, rows[:late], foxreload.PriorityCreate)
	w.lookAlone(ctx, others, foxreload.PriorityPoll)
	return nil
}

// spare says whether the request budget is short, so that requests wait for it, and how many it
// would let pass all the same before the next round.
func (w *Watcher) spare(ctx context.Context) (short bool, spare int, err error) {
	if w.Budget == nil {
		return false, 0, nil
	}
	standing, err := w.Budget(ctx)
	if err != nil || standing.Queue >= tick {
		return true, 0, err
	}
	return standing.Queue > 0, 1 + int((tick-standing.Queue)*time.Duration(w.PerMinute)/time.Minute), nil
}

// left is how many orders wait for a look of their own.
func (w *Watcher) left() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.alone)
}

// due are the orders that are to be looked at and are not being looked at, those that waited
// longest first.
type due struct {
	left             []ledger.Watch // by a list, to a look of their own
	likely, unlikely []ledger.Watch // to have ended
}

func (w *Watcher) due(ctx context.Context, now time.Time) (d due, err error) {
	most := min(max(dueAtLeast, w.PerMinute), dueAtMost) + w.left()
	rows, err := w.Ledger.Watches.Due(ctx, now, most)
	if err != nil {
		return due{}, err
	}
	if len(rows) < most {
		w.forget(rows)
	}
	for _, row := range rows {
		flying, left := w.stands(row)
		switch likely, err := w.Orders.Likely(ctx, row, now); {
		case err != nil:
			return due{}, err
		case flying:
		case left:
			d.left = append(d.left, row)
		case likely || w.isOver(row):
			d.likely = append(d.likely, row)
		default:
			d.unlikely = append(d.unlikely, row)
		}
	}
	return d, nil
}

// lookAlone looks at orders, each by itself.
func (w *Watcher) lookAlone(ctx context.Context, rows []ledger.Watch, p foxreload.Priority) {
	for _, row := range rows {
		if !w.takeOff(row) {
			continue
		}
		w.flights.Go(func() {
			defer w.land(row.Reference)
			if err := w.look(ctx, row, p); err != nil && ctx.Err() == nil {
				w.Log.Warn("look at an order", zap.String("reference", row.Reference), zap.String("order_id", row.OrderID), zap.Error(err))
			}
		})
	}
}

// forget drops orders that were left to looks of their own and are not due any more.
func (w *Watcher) forget(due []ledger.Watch) {
	steps := map[string]int{}
	for _, row := range due {
		steps[row.Reference] = row.Step
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.alone, func(reference string, step int) bool { return steps[reference] != step && !w.flying[reference] })
}

// takeOff says whether a look at the order may begin, and counts it.
func (w *Watcher) takeOff(row ledger.Watch) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.flying) >= looksAtOnce || w.flying[row.Reference] {
		return false
	}
	w.flying[row.Reference] = true
	return true
}

func (w *Watcher) land(reference string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.flying, reference)
	delete(w.alone, reference)
	w.Registered() // there may be room for another
}

// look looks at one order by itself, and does what follows.
func (w *Watcher) look(ctx context.Context, row ledger.Watch, p foxreload.Priority) error {
	if w.isOver(row) {
		return w.end(ctx, row)
	}
	if row.Input == nil {
		return w.finish(ctx, row, activities.Look{Done: true, Err: again("what is known of the order can't be opened")})
	}
	seen, err := w.Orders.Look(ctx, row, p, nil)
	switch {
	case ctx.Err() != nil && !seen.Done:
		return nil // the lease is lost: another one looks
	case err != nil:
		return w.later(ctx, row, err)
	case seen.Unasked > 0:
		w.rest(w.Now(), seen.Unasked)
		return nil
	}
	w.Looked(BySelf)
	if likely, err := w.Orders.Likely(ctx, row, seen.Watch.Looked); err == nil && likely {
		w.list.guessed(seen.Done)
	}
	if w.list.looked(row.Reference, row.OrderID, seen.Status, w.Now()) {
		w.contradicted(row.OrderID, seen.Watch.Looked)
	}
	if seen.Done {
		return w.finish(ctx, row, seen)
	}
	return w.Ledger.Watches.Keep(ctx, seen.Watch)
}

// isOver says that nobody waits for news of the order any more: a later step has begun, or
// the attempt has run out of time.
func (w *Watcher) isOver(row ledger.Watch) bool {
	return row.Over() || row.Next.Sub(row.Since) > activities.WatchLasts+outlasted
}

// later puts off an order that could not be looked at for a reason of our own.
func (w *Watcher) later(ctx context.Context, row ledger.Watch, cause error) error {
	now, err := w.Ledger.Store.Now(ctx, w.Now())
	if err != nil {
		return err
	}
	row.Failures++
	row.Next = now.Add(patience(row.Failures))
	if err := w.Ledger.Watches.Keep(ctx, row); err != nil {
		return err
	}
	return cause
}
