package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"foxflow/internal/store"
	"foxflow/order"
)

// Crowd is how many orders are on their way to their payment, and who waits behind them.
type Crowd struct {
	// Starting counts the orders that are on their way to their payment; Fresh those of them
	// that are so since a time.
	Starting, Fresh int
	// Short counts the orders that wait for a top-up, and Paused those that are paused, mock
	// ones apart; neither beyond MostParked.
	Short, Paused int
	// Waits says of which payers orders wait for their turn.
	Waits map[order.Payer]bool
}

// MostParked is how far parked orders are counted.
const MostParked = 100

// Crowd counts the orders that are on their way, apart those that are so since a time on the
// ledger's clock, and looks who waits.
func (l Queue) Crowd(ctx context.Context, since time.Time) (c Crowd, err error) {
	err = l.store.View(ctx, func(tx *sql.Tx) error {
		c = Crowd{Waits: map[order.Payer]bool{}}
		if err := tx.QueryRowContext(ctx, selectCrowd, store.Stamp(since)).Scan(&c.Starting, &c.Fresh); err != nil {
			return err
		}
		for state, count := range map[order.State]*int{order.AwaitingTopUp: &c.Short, order.Paused: &c.Paused} {
			if err := tx.QueryRowContext(ctx, selectParked, state, false, MostParked).Scan(count); err != nil {
				return err
			}
		}
		for _, payer := range order.Payers {
			waits, err := anyWaits(ctx, tx, payer)
			if err != nil {
				return err
			}
			if waits {
				c.Waits[payer] = true
			}
		}
		return nil
	})
	if err != nil {
		return Crowd{}, fmt.Errorf("count the orders that begin: %w", err)
	}
	return c, nil
}

var (
	starting     = store.List(order.StatesThat(order.State.Starting))
	selectCrowd  = `SELECT COUNT(*), COUNT(CASE WHEN updated_at >= $1 THEN 1 END) FROM orders WHERE state IN ` + starting
	selectBusy   = `SELECT EXISTS (SELECT 1 FROM queue WHERE ` + waitsForTurn + `) OR EXISTS (SELECT 1 FROM queue WHERE claimed_until <= $1)`
	selectWaits  = `SELECT EXISTS (SELECT 1 FROM queue WHERE ` + waitsForTurn + ` AND payer = $1)`
	selectFirst  = `SELECT orders.updated_at FROM (SELECT reference FROM queue WHERE ` + waitsForTurn + ` AND payer = $1 ORDER BY number LIMIT 1) AS first JOIN orders ON orders.reference = first.reference`
	selectParked = `SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE state = $1 AND mock = $2 LIMIT $3) AS counted`
	// It counts no further than it has to.
	selectStarting = `SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE state IN ` + starting + ` LIMIT $1) AS counted`
	selectBefore   = `SELECT COUNT(*) FROM queue WHERE ` + waitsForTurn + ` AND number < $1`
)

// Busy says whether any order waits for its turn, or for somebody to start it, at a time on
// the ledger's clock.
func (l Queue) Busy(ctx context.Context, now time.Time) (busy bool, err error) {
	if err := l.store.Reads().QueryRowContext(ctx, selectBusy, store.Stamp(now)).Scan(&busy); err != nil {
		return false, fmt.Errorf("look whether orders wait for their turn: %w", err)
	}
	return busy, nil
}

// Waited is how long the order whose turn comes next has waited for it, at a time on the ledger's
// clock; 0: none waits.
func (l Queue) Waited(ctx context.Context, now time.Time) (waited time.Duration, err error) {
	for _, payer := range order.Payers {
		text, there, err := store.Found(l.store.Reads().QueryRowContext(ctx, selectFirst, payer))
		var since time.Time
		if err == nil && there {
			since, err = store.ParseStamp(text)
		}
		if err != nil {
			return 0, fmt.Errorf("look how long orders wait for their turn: %w", err)
		}
		if there {
			waited = max(waited, now.Sub(since))
		}
	}
	return waited, nil
}

func anyWaits(ctx context.Context, tx *sql.Tx, payer order.Payer) (waits bool, err error) {
	err = tx.QueryRowContext(ctx, selectWaits, payer).Scan(&waits)
	return waits, err
}

// Position is where an order is in the queue.
type Position struct {
	Before int // orders whose turn comes before
	Payer  order.Payer
	Begun  bool // its turn has come, and somebody starts it
}

// Position is where an order is in the queue; there is false where it is not in it.
func (l Queue) Position(ctx context.Context, reference string) (p Position, there bool, err error) {
	err = l.store.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT number, payer, claimed_until IS NOT NULL FROM queue WHERE reference = $1`, reference)
		if err != nil {
			return err
		}
		defer rows.Close()
		var number int64
		if there = rows.Next(); !there {
			return rows.Err()
		}
		if err := rows.Scan(&number, &p.Payer, &p.Begun); err != nil {
			return err
		}
		if err := rows.Close(); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, selectBefore, number).Scan(&p.Before)
	})
	if err != nil {
		return Position{}, false, fmt.Errorf("read place of order %s in the queue: %w", reference, err)
	}
	return p, there, nil
}
