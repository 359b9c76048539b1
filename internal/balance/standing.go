package balance

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"foxflow/order"
)

// Standing is how the desk stands: what there is to look at the balance for.
type Standing struct {
	Waits    bool      // an order waits for a top-up
	Queued   bool      // one waits for its turn that is to be paid from the balance
	Watched  bool      // a top-up waits for the balance to rise
	Asked    bool      // somebody wants the balance looked at now
	LookedAt time.Time // when the last look began, on the store's clock; zero: never
}

// Standing is how the desk stands.
func (a *Account) Standing(ctx context.Context) (Standing, error) {
	var d Standing
	err := a.store.View(ctx, func(tx *sql.Tx) error {
		m, err := readMemory(ctx, tx)
		if err != nil {
			return err
		}
		d.Asked, d.LookedAt = !m.askedAt.IsZero(), m.lookedAt
		if d.Waits, err = othersWait(ctx, tx, ""); err != nil {
			return err
		}
		if d.Queued, err = queued(ctx, tx); err != nil {
			return err
		}
		d.Watched, err = topUpWaits(ctx, tx)
		return err
	})
	if err != nil {
		return Standing{}, fmt.Errorf("read balance desk: %w", err)
	}
	return d, nil
}

// Hint says that the balance may have been raised: the desk looks at once, the
// balance it saw is no longer taken for true, and whoever was refused in spite of it
// gets another chance.
func (a *Account) Hint(ctx context.Context, at time.Time) error {
	return a.remember(ctx, at, "hint at a top-up", func(tx *sql.Tx, m *memory, now time.Time) error {
		m.stale, m.refused = true, 0
		m.ask(now)
		return forgive(ctx, tx)
	})
}

// Ask has the desk look at the balance at once.
func (a *Account) Ask(ctx context.Context, at time.Time) error {
	return a.remember(ctx, at, "ask balance desk", func(_ *sql.Tx, m *memory, now time.Time) error {
		m.ask(now)
		return nil
	})
}

// queued says whether any order waits for its turn that is to be paid from the balance.
func queued(ctx context.Context, tx *sql.Tx) (waits bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM queue WHERE claimed_until IS NULL AND payer = $1)`, order.PaidByBalance).Scan(&waits)
	return waits, err
}

// topUpWaits says whether the balance is watched for any top-up.
func topUpWaits(ctx context.Context, tx *sql.Tx) (waits bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM topups WHERE state = $1)`, order.TopUpWaiting).Scan(&waits)
	return waits, err
}
