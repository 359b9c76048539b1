package budget

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"foxflow/foxreload"
)

// A reservation is a write, and each waits for all other writes. So one transaction serves
// all who came while the one before it was under way: the busier a process, the less each
// request costs. A request that comes alone waits for nobody.

// place is what one request asks for, and gets.
type place struct {
	ctx     context.Context //nolint:containedctx // its own, among others that are served with it
	horizon time.Duration

	served    chan struct{} // closed once the rest is set
	slot      time.Time     // on this process's clock
	throttled *foxreload.ThrottledError
	err       error
}

// line is who waits for a place, in the order in which they came.
type line struct {
	mu      sync.Mutex
	waiting []*place
	serving bool
}

// join adds a place, and says whether nobody serves the line.
func (l *line) join(p *place) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, p)
	first, l.serving = !l.serving, true
	return first
}

// next are all who wait. Where nobody does, the line is not served any more.
func (l *line) next() []*place {
	l.mu.Lock()
	defer l.mu.Unlock()
	places := l.waiting
	l.waiting, l.serving = nil, len(places) > 0
	return places
}

// reserve takes the next slot, on this process's clock, unless it is too far away. Whoever's
// context ends while it waits may lose a place.
func (b *Budget) reserve(ctx context.Context, horizon time.Duration) (slot time.Time, throttled *foxreload.ThrottledError, err error) {
	defer b.store.Timed("reserve_request")()
	if b.keyID == "" {
		return time.Time{}, nil, ErrNoKeyID
	}
	p := &place{ctx: ctx, horizon: horizon, served: make(chan struct{})}
	if b.line.join(p) {
		go b.serve(context.WithoutCancel(ctx)) // it serves others too
	}
	select {
	case <-p.served:
		return p.slot, p.throttled, p.err
	case <-ctx.Done():
		return time.Time{}, nil, ctx.Err()
	}
}

// serve serves the line until nobody waits in it.
func (b *Budget) serve(ctx context.Context) {
	for places := b.line.next(); len(places) > 0; places = b.line.next() {
		err := b.take(ctx, places)
		for _, p := range places {
			if err != nil {
				p.err = err
			}
			close(p.served)
		}
	}
}

// take takes a slot for each place, in one transaction, but for those whose slot is too far
// away.
func (b *Budget) take(ctx context.Context, places []*place) error {
	return b.store.Write(ctx, func(tx *sql.Tx) error {
		tat, silentUntil, err := b.read(ctx, tx)
		if err != nil {
			return err
		}
		now, err := b.store.Clock.Now(ctx, tx, b.store.Clock.Here()) // after the lock: waiting for it takes time
		if err != nil {
			return err
		}
		here, start := b.store.Clock.Here(), now.UnixNano()
		// Beyond these the clock was set back: the row is of a time that won't come
		// for long, and must not hold everything until then.
		silentUntil = min(silentUntil, start+int64(maxSilence))
		tat = min(tat, start+int64(maxSilence+horizons[foxreload.PriorityPay]+b.rate.interval+max(0, b.rate.tolerance)))
		taken := false
		for _, p := range places {
			at, newTAT := b.rate.next(tat, max(start, silentUntil))
			if p.seat(here, time.Duration(at-start)) {
				tat, taken = newTAT, true
			}
		}
		if !taken {
			return nil
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO budget (key_id, tat, held_until) VALUES ($1, $2, 0)
			ON CONFLICT (key_id) DO UPDATE SET tat = excluded.tat`, b.keyID, tat)
		return err
	})
}

// seat gives the place a slot that comes after a wait, and says whether it takes it.
func (p *place) seat(here time.Time, wait time.Duration) bool {
	p.slot, p.throttled, p.err = time.Time{}, nil, p.ctx.Err()
	if p.err != nil {
		return false
	}
	if deadline, ok := p.ctx.Deadline(); wait > p.horizon || ok && wait > 0 && here.Add(wait).After(deadline) {
		p.throttled = &foxreload.ThrottledError{For: wait}
		return false
	}
	p.slot = here.Add(wait)
	return true
}
