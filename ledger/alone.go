package ledger

import (
	"cmp"
	"context"
	"time"
)

// Sole is work that one process at a time does for all: the name that it goes by in
// the ledger, and who offers to do it.
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
func (l *Ledger) Alone(ctx context.Context, s Sole, due func(context.Context) (bool, error), work func(context.Context) error) error {
	if due, err := due(ctx); err != nil || !due {
		return err
	}
	if mine, err := l.lease(ctx, s); err != nil || !mine {
		return err
	}
	defer func() { _ = l.GiveUp(context.WithoutCancel(ctx), s.Name, s.Holder) }() // else it runs out
	// Another may have done it between the two.
	if due, err := due(ctx); err != nil || !due {
		return err
	}
	working, stop := l.keepLease(ctx, s)
	defer stop()
	return work(working)
}

func (l *Ledger) lease(ctx context.Context, s Sole) (mine bool, err error) {
	now := s.Now()
	return l.Lease(ctx, s.Name, s.Holder, now, now.Add(s.Lasts))
}

// keepLease renews the lease until it is stopped.
func (l *Ledger) keepLease(ctx context.Context, s Sole) (kept context.Context, stop func()) {
	kept, lose := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ticker := time.NewTicker(cmp.Or(s.renewEvery, s.Lasts*3/10)); ; {
			select {
			case <-ticker.C:
			case <-kept.Done():
				ticker.Stop()
				return
			}
			if mine, err := l.lease(kept, s); err == nil && !mine {
				lose()
			}
		}
	}()
	return kept, func() { lose(); <-ended }
}
