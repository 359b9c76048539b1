package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
)

// A turn to write costs a commit to disk and two round trips, whatever is done in it. So one
// turn serves all who came while the one before it was under way: the busier a process, the
// less each write costs. A write that comes alone waits for nobody.
//
// Their works run one after the other in one transaction, as they would in several. None is
// told that it is done before the commit. Where one fails, all of it is rolled back, and each
// has a turn of its own: nobody's error is another's.

// mostAtOnce is how many writes share a turn: others, of other processes too, wait meanwhile.
const mostAtOnce = 16

// write is one that waits for its turn.
type write struct {
	ctx  context.Context //nolint:containedctx // its own, among others that are served with it
	work func(tx *sql.Tx) error

	served chan struct{} // closed once the rest is set
	err    error
	alone  bool // it is to be done in a turn of its own
}

// turns are those of one process.
type turns struct {
	mu      sync.Mutex
	waiting []*write
	busy    bool
}

// take does work in a turn.
func (t *turns) take(ctx context.Context, s *Store, work func(tx *sql.Tx) error) error {
	w := &write{ctx: ctx, work: work, served: make(chan struct{})}
	if t.join(w) {
		defer t.pass(s)
		return s.writeAlone(ctx, work)
	}
	select {
	case <-w.served:
	case <-ctx.Done():
		if t.leave(w) {
			return ctx.Err()
		}
		<-w.served
	}
	if w.alone {
		return s.writeAlone(ctx, work)
	}
	return w.err
}

// join has a write wait, unless nobody is at it.
func (t *turns) join(w *write) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.busy {
		t.busy = true
		return true
	}
	t.waiting = append(t.waiting, w)
	return false
}

// leave takes a write back that still waits.
func (t *turns) leave(w *write) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.Index(t.waiting, w)
	if at >= 0 {
		t.waiting = slices.Delete(t.waiting, at, at+1)
	}
	return at >= 0
}

// pass serves those who came meanwhile, if any did.
func (t *turns) pass(s *Store) {
	if some := t.next(); len(some) > 0 {
		go t.serve(s, some)
	}
}

// next are those whose turn it is. Where nobody waits, nobody is at it any more.
func (t *turns) next() (some []*write) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(t.waiting), mostAtOnce)
	some = slices.Clone(t.waiting[:n])
	t.waiting = slices.Delete(t.waiting, 0, n)
	t.busy = n > 0
	return some
}

// serve serves all who wait.
func (t *turns) serve(s *Store, some []*write) {
	for ; len(some) > 0; some = t.next() {
		err := s.writeTogether(some)
		for _, w := range some {
			w.alone = err != nil
			close(w.served)
		}
	}
}

var errPanic = errors.New("a write panicked")

// writeTogether does the works of several writes in one transaction. One whose context has ended is
// left out.
func (s *Store) writeTogether(some []*write) (err error) {
	ctx, cancel := s.db.bound(context.Background())
	defer cancel()
	defer func() {
		if recover() != nil { // it does so again in a turn of its own, where whoever called sees it
			err = errPanic
		}
	}()
	return within(idleFor(ctx, longestIdle), s.db.writes, s.db.writing, func(tx *sql.Tx) error {
		for _, w := range some {
			if w.err = w.ctx.Err(); w.err != nil {
				continue
			}
			if err := w.work(tx); err != nil {
				return err
			}
		}
		return nil
	})
}
