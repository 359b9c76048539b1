package activities

import (
	"context"
	"time"

	"foxflow/foxreload"
)

// Workers' clocks differ, and what one worker wrote another compares: so an activity goes
// by the ledger's clock. It reads it once, as it begins, and counts on from there; what
// it waits for itself it may count by its own.

// watch shows the time on the ledger's clock.
type watch struct {
	ledger, here time.Time // the same moment, on both clocks
	left         time.Time // when the last request left, or the activity began
}

type watchKey struct{}

// onClock is a context in which now and left tell the time.
func (a *Activities) onClock(ctx context.Context) (context.Context, error) {
	now, err := a.Ledger.Store.Now(ctx, a.Now())
	if err != nil {
		return ctx, err
	}
	// Not before the answer: a clock that is a little slow calls no window over too soon.
	w := &watch{ledger: now, here: a.Now(), left: now}
	return foxreload.Leaving(context.WithValue(ctx, watchKey{}, w), func(ctx context.Context) (context.Context, error) {
		a.leaves(ctx)
		return ctx, nil
	}), nil
}

func watchOf(ctx context.Context) *watch { return ctx.Value(watchKey{}).(*watch) }

// now is the time on the ledger's clock.
func (a *Activities) now(ctx context.Context) time.Time {
	w := watchOf(ctx)
	return w.ledger.Add(a.Now().Sub(w.here)).UTC()
}

// leaves says that a request leaves.
func (a *Activities) leaves(ctx context.Context) { watchOf(ctx).left = a.now(ctx) }

// left is when the last request left. What it was answered was so then, or later: whoever
// stood still after the answer came must not take it for news.
func left(ctx context.Context) time.Time { return watchOf(ctx).left }

// onWatch says whether now and left tell the time in the context already.
func onWatch(ctx context.Context) bool { return ctx.Value(watchKey{}) != nil }
