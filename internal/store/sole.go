package store

import (
	"cmp"
	"context"
	"time"
)

// Sole is work that one process at a time does for all: the name that it goes by in
// the store, and who offers to do it.
type Sole struct {
	Name   string
	Holder string // no two have the same
	// Lasts is when another goes on if the holder dies. While it works, its lease is
	// renewed.
	Lasts time.Duration
	Now   func() time.Time

	renewEvery time.Duration // 0: two renewals may fail before the lease runs out
}

// Alone does work that due finds to be done, if it is the holder's turn; else it
// answers at once. The context of the work ends with the lease.
func (l Leases) Alone(ctx context.Context, sole Sole, due func(context.Context) (bool, error), work func(context.Context) error) error {
	if due, err := due(ctx); err != nil || !due {
		return err
	}
	if mine, err := l.lease(ctx, sole); err != nil || !mine {
		return err
	}
	defer func() { _ = l.GiveUp(context.WithoutCancel(ctx), sole.Name, sole.Holder) }() // else it runs out
	// Another may have done it between the two.
	if due, err := due(ctx); err != nil || !due {
		return err
	}
	working, stop := l.keepLease(ctx, sole)
	defer stop()
	return work(working)
}

func (l Leases) lease(ctx context.Context, sole Sole) (mine bool, err error) {
	now := sole.Now()
	return l.Take(ctx, sole.Name, sole.Holder, now, now.Add(sole.Lasts))
}

// keepLease renews the lease until it is stopped.
func (l Leases) keepLease(ctx context.Context, sole Sole) (kept context.Context, stop func()) {
	kept, lose := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ticker := time.NewTicker(cmp.Or(sole.renewEvery, sole.Lasts*3/10)); ; {
			select {
			case <-ticker.C:
			case <-kept.Done():
				ticker.Stop()
				return
			}
			if mine, err := l.lease(kept, sole); err == nil && !mine {
				lose()
			}
		}
	}()
	return kept, func() { lose(); <-ended }
}
