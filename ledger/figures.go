package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
	"foxflow/order"
)

// Figures is what a look at the whole ledger shows, for those who watch it. Money
// is by currency, lower case; "" is one that is not known.
type Figures struct {
	At     time.Time // when they were read, on the ledger's clock, as all times in here are
	Orders map[order.State]int
	// Oldest is when the oldest order of each state that is no end was placed; a
	// state without orders is left out.
	Oldest map[order.State]time.Time
	Paused bool
	// PaidToday is what counts towards the daily limits of the UTC day.
	PaidToday map[string]decimal.Decimal
	// InDoubt counts the payments that were sent and whose outcome nobody knows;
	// DoubtSince is since when the oldest is; zero: there is none.
	InDoubt    int
	DoubtSince time.Time
	// MissingCodes counts the orders whose codes did not all come: those that completed
	// so in the last 24 hours, and those that are stalled for it.
	MissingCodes map[order.State]int
}

// Figures reads all of them at a time. It costs a walk through the index of
// states, and reads the rows of today's payments, of the orders that may have been
// paid, and of those whose codes are missing.
func (l *Ledger) Figures(ctx context.Context, at time.Time) (Figures, error) {
	defer l.store.Timed("figures")()
	f := Figures{Orders: map[order.State]int{}, Oldest: map[order.State]time.Time{},
		PaidToday: map[string]decimal.Decimal{}, MissingCodes: map[order.State]int{}}
	err := l.store.View(ctx, func(tx *sql.Tx) error {
		if err := f.readOrders(ctx, tx); err != nil {
			return err
		}
		if err := f.readDoubts(ctx, tx); err != nil {
			return err
		}
		now, err := l.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		f.At = now
		if err := f.readMissing(ctx, tx, now); err != nil {
			return err
		}
		return f.readPaid(ctx, tx, now)
	})
	if err != nil {
		return Figures{}, fmt.Errorf("read figures: %w", err)
	}
	if _, _, f.Paused, err = l.Switches.Paused(ctx); err != nil {
		return Figures{}, err
	}
	return f, nil
}

func (f *Figures) readOrders(ctx context.Context, tx *sql.Tx) error {
	clear(f.Orders)
	clear(f.Oldest)
	rows, err := tx.QueryContext(ctx, `SELECT state, COUNT(*), MIN(started_at) FROM orders GROUP BY state`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var state order.State
		var count int
		var oldest string
		if err := rows.Scan(&state, &count, &oldest); err != nil {
			return err
		}
		f.Orders[state] = count
		if state.Ended() {
			continue
		}
		if f.Oldest[state], err = store.ParseStamp(oldest); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (f *Figures) readPaid(ctx context.Context, tx *sql.Tx, at time.Time) (err error) {
	day := at.UTC().Truncate(24 * time.Hour)
	f.PaidToday, err = spent(ctx, tx, "", day, day.Add(24*time.Hour))
	return err
}

// readDoubts looks at the orders that may turn out to be paid, and are not known to be. One whose payment link
// is out is none of them: that nobody has paid yet is what it waits for.
func (f *Figures) readDoubts(ctx context.Context, tx *sql.Tx) error {
	f.DoubtSince = time.Time{}
	var since sql.NullString
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*), MIN(payments.doubt_since) FROM orders JOIN payments ON payments.reference = orders.reference
		WHERE orders.state IN `+store.List(order.StatesThat(order.State.Payable))+` AND payments.voided_at IS NULL AND payments.doubts > 0`).Scan(&f.InDoubt, &since)
	if err == nil && since.Valid {
		f.DoubtSince, err = store.ParseStamp(since.String)
	}
	return err
}

const selectMissing = `SELECT (SELECT COUNT(*) FROM orders WHERE missing > 0 AND state = $1 AND updated_at > $2),
	(SELECT COUNT(*) FROM orders WHERE state = $3 AND waits = $4)`

func (f *Figures) readMissing(ctx context.Context, tx *sql.Tx, at time.Time) error {
	var completed, stalled int
	err := tx.QueryRowContext(ctx, selectMissing,
		order.Completed, store.Stamp(at.Add(-24*time.Hour)), order.Stalled, order.WaitCodes).Scan(&completed, &stalled)
	f.MissingCodes[order.Completed], f.MissingCodes[order.Stalled] = completed, stalled
	return err
}
