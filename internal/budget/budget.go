package budget

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foxflow/foxreload"
	"foxflow/internal/store"
)

// maxSilence caps what a server may ask for: a slip there must not stop us for a day.
const maxSilence = 5 * time.Minute

// LongestWait is the longest that a request queues in the budget.
const LongestWait = 20 * time.Second

// horizons say how long a request of each priority queues before it is turned away.
// Beyond 4 s the queue holds no polls, beyond 10 s payments alone: so pay goes before
// create before poll when the budget is short.
var horizons = map[foxreload.Priority]time.Duration{
	foxreload.PriorityPay:    LongestWait,
	foxreload.PriorityCreate: 10 * time.Second,
	foxreload.PriorityPoll:   4 * time.Second,
}

const leastPriority = foxreload.PriorityPoll

// Budget is the request budget of one API key, shared by every process that uses
// the ledger.
type Budget struct {
	store *store.Store
	keyID string
	rate  rate
	line  line
}

// New is the budget of the API key that the ledger names by keyID: perMinute requests a
// minute, with a burst of a twentieth of that (at least 1).
func New(s *store.Store, keyID string, perMinute int) *Budget {
	return &Budget{store: s, keyID: keyID, rate: rateOf(perMinute)}
}

// ErrNoKeyID: the ledger was opened without a keyset, so the API key has no name in it.
var ErrNoKeyID = errors.New("the API key has no name: the ledger was opened without a keyset")

// Wait returns nil when a request may be sent, now. It sleeps for that as long as
// the priority's horizon (and ctx) allows; else it returns a *foxreload.ThrottledError at once,
// and no place in the queue was taken. A place given up because ctx ends is lost.
func (b *Budget) Wait(ctx context.Context, priority foxreload.Priority) error {
	horizon, ok := horizons[priority]
	if !ok {
		horizon = horizons[leastPriority]
	}
	for {
		slot, throttled, err := b.reserve(ctx, horizon)
		switch {
		case err != nil:
			return fmt.Errorf("reserve request: %w", err)
		case throttled != nil:
			return throttled
		}
		waited := false
		for left := slot.Sub(b.store.Clock.Here()); left > 0; left = slot.Sub(b.store.Clock.Here()) {
			if err := b.store.Clock.Sleep(ctx, left); err != nil {
				return err
			}
			waited = true
		}
		if !waited {
			return nil
		}
		// While this one slept another may have been told to be silent: that counts
		// for all. The place is lost then, and a new one comes after the silence.
		if silent, err := b.isSilent(ctx); err != nil {
			return fmt.Errorf("reserve request: %w", err)
		} else if !silent {
			return nil
		}
	}
}

// isSilent says whether all requests of the key are kept back now.
func (b *Budget) isSilent(ctx context.Context) (bool, error) {
	reads := b.store.Reads()
	_, silentUntil, err := b.read(ctx, reads)
	if err != nil || silentUntil == 0 {
		return false, err
	}
	now, err := b.store.Clock.Now(ctx, reads, b.store.Clock.Here())
	return silentUntil > now.UnixNano(), err
}

func (b *Budget) read(ctx context.Context, from store.Querier) (tat, silentUntil int64, err error) {
	err = from.QueryRowContext(ctx, `SELECT tat, held_until FROM budget WHERE key_id = $1`, b.keyID).Scan(&tat, &silentUntil)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return tat, silentUntil, err
}

// Throttle keeps back every request of this API key, in every process, for d from now
// (5 minutes at most): the server said 429. It never shortens a silence.
func (b *Budget) Throttle(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if b.keyID == "" {
		return fmt.Errorf("throttle requests: %w", ErrNoKeyID)
	}
	err := b.store.Write(ctx, func(tx *sql.Tx) error {
		now, err := b.store.Clock.Now(ctx, tx, b.store.Clock.Here())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO budget (key_id, tat, held_until) VALUES ($1, 0, $2) ON CONFLICT (key_id) DO UPDATE
			SET held_until = CASE WHEN excluded.held_until > budget.held_until THEN excluded.held_until ELSE budget.held_until END`,
			b.keyID, now.Add(min(d, maxSilence)).UnixNano())
		return err
	})
	if err != nil {
		return fmt.Errorf("throttle requests: %w", err)
	}
	return nil
}
