package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// maxHold caps what a server may ask for: a slip there must not stop us for a day.
const maxHold = 5 * time.Minute

// LongestWait is the longest that a request queues in the budget.
const LongestWait = 20 * time.Second

// horizons say how long a request of each priority queues before it is turned
// away: 1 pay, 2 create, 3 poll. Beyond 4 s the queue holds no polls, beyond 10 s
// payments alone: so pay goes before create before poll when the budget is short.
var horizons = map[int]time.Duration{1: LongestWait, 2: 10 * time.Second, 3: 4 * time.Second}

const leastPriority = 3

// Budget is the request budget of one API key, shared by every process that uses
// the ledger.
type Budget struct {
	ledger *Ledger
	keyID  string
	rate   rate
}

// KeyID names an API key without giving it away: a keyed digest. It is "" when
// the ledger was opened without a keyset.
func (l *Ledger) KeyID(apiKey string) string {
	if l.chain == nil {
		return ""
	}
	return l.chain.digest("foxflow api key v1", apiKey)
}

// Budget is the budget of an API key: perMinute requests a minute, with a burst
// of a twentieth of that (at least 1).
func (l *Ledger) Budget(apiKey string, perMinute int) *Budget {
	return &Budget{ledger: l, keyID: l.KeyID(apiKey), rate: rateOf(perMinute)}
}

// Wait returns nil when a request may be sent, now. It sleeps for that as long as
// the priority's horizon (and ctx) allows; else it gives a *HeldError at once,
// and no place in the queue was taken. A place given up because ctx ends is lost.
func (b *Budget) Wait(ctx context.Context, priority int) error {
	horizon, ok := horizons[priority]
	if !ok {
		horizon = horizons[leastPriority]
	}
	for {
		slot, held, err := b.reserve(ctx, horizon)
		switch {
		case err != nil:
			return fmt.Errorf("reserve request: %w", err)
		case held != nil:
			return held
		}
		waited := false
		for left := slot.Sub(b.ledger.now()); left > 0; left = slot.Sub(b.ledger.now()) {
			if err := b.ledger.sleep(ctx, left); err != nil {
				return err
			}
			waited = true
		}
		if !waited {
			return nil
		}
		// While this one slept another may have been told to be silent: that counts
		// for all. The place is lost then, and a new one comes after the silence.
		if held, err := b.isHeld(ctx); err != nil {
			return fmt.Errorf("reserve request: %w", err)
		} else if !held {
			return nil
		}
	}
}

// isHeld says whether all requests are kept back now.
func (b *Budget) isHeld(ctx context.Context) (bool, error) {
	reads := b.ledger.db.reads
	_, heldUntil, err := b.read(ctx, reads)
	if err != nil || heldUntil == 0 {
		return false, err
	}
	now, err := b.ledger.clock(ctx, reads, b.ledger.now())
	return heldUntil > now.UnixNano(), err
}

// reserve takes the next slot, on this process's clock, unless it is too far away.
func (b *Budget) reserve(ctx context.Context, horizon time.Duration) (slot time.Time, held *HeldError, err error) {
	defer b.ledger.timed("reserve_request")()
	if b.keyID == "" {
		return time.Time{}, nil, ErrNoKeyset
	}
	err = b.ledger.write(ctx, func(tx *sql.Tx) error {
		held = nil
		tat, heldUntil, err := b.read(ctx, tx)
		if err != nil {
			return err
		}
		now, err := b.ledger.clock(ctx, tx, b.ledger.now()) // after the lock: waiting for it takes time
		if err != nil {
			return err
		}
		here, start := b.ledger.now(), now.UnixNano()
		// Beyond these the clock was set back: the row is of a time that won't come
		// for long, and must not hold everything until then.
		heldUntil = min(heldUntil, start+int64(maxHold))
		tat = min(tat, start+int64(maxHold+horizons[1]+b.rate.interval+max(0, b.rate.tolerance)))
		at, newTAT := b.rate.next(tat, max(start, heldUntil))
		wait := time.Duration(at - start)
		if deadline, ok := ctx.Deadline(); wait > horizon || ok && wait > 0 && here.Add(wait).After(deadline) {
			held = &HeldError{For: wait}
			return nil
		}
		slot = here.Add(wait)
		_, err = tx.ExecContext(ctx, `INSERT INTO budget (key_id, tat, held_until) VALUES ($1, $2, 0)
			ON CONFLICT (key_id) DO UPDATE SET tat = excluded.tat`, b.keyID, newTAT)
		return err
	})
	return slot, held, err
}

func (b *Budget) read(ctx context.Context, from querier) (tat, heldUntil int64, err error) {
	err = from.QueryRowContext(ctx, `SELECT tat, held_until FROM budget WHERE key_id = $1`, b.keyID).Scan(&tat, &heldUntil)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return tat, heldUntil, err
}

// Hold keeps back every request of this API key, in every process, for d from now
// (5 minutes at most): the server said 429. It never shortens a hold.
func (b *Budget) Hold(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if b.keyID == "" {
		return fmt.Errorf("hold requests: %w", ErrNoKeyset)
	}
	err := b.ledger.write(ctx, func(tx *sql.Tx) error {
		now, err := b.ledger.clock(ctx, tx, b.ledger.now())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO budget (key_id, tat, held_until) VALUES ($1, 0, $2) ON CONFLICT (key_id) DO UPDATE
			SET held_until = CASE WHEN excluded.held_until > budget.held_until THEN excluded.held_until ELSE budget.held_until END`,
			b.keyID, now.Add(min(d, maxHold)).UnixNano())
		return err
	})
	if err != nil {
		return fmt.Errorf("hold requests: %w", err)
	}
	return nil
}
