package budget

import (
	"context"
	"fmt"
	"time"
)

// Standing is how an API key's request budget stands, over all processes.
type Standing struct {
	// SilentUntil is when the silence ends that FoxReload asked for (429); zero or
	// past: none.
	SilentUntil time.Time
	// Queue is how long a request that comes now would wait for its turn.
	Queue time.Duration
}

// Standing reads how the budget stands; it takes nothing up.
func (b *Budget) Standing(ctx context.Context) (Standing, error) {
	tat, silentUntil, err := b.read(ctx, b.store.Reads())
	if err != nil {
		return Standing{}, fmt.Errorf("read request budget: %w", err)
	}
	here := b.store.Clock.Here()
	at, err := b.store.Clock.Now(ctx, b.store.Reads(), here)
	if err != nil {
		return Standing{}, fmt.Errorf("read request budget: %w", err)
	}
	now := at.UnixNano()
	silentUntil = min(silentUntil, now+int64(maxSilence)) // as reserve sees it
	slot, _ := b.rate.next(tat, max(now, silentUntil))
	s := Standing{Queue: time.Duration(slot - now)}
	if silentUntil > 0 {
		s.SilentUntil = here.Add(time.Duration(silentUntil - now)).UTC()
	}
	return s, nil
}
