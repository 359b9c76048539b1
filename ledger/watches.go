package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"foxflow/internal/store"
	"foxflow/order"
)

// Register is an order that is looked at until there is news. Its times are on the ledger's
// clock.
type Watch struct {
	Reference, OrderID string
	// Step numbers the attempt that waits for the news, as Entry's does.
	Step int
	// Token completes that attempt in Temporal.
	Token []byte
	// Input is what a look has to know: sealed in the ledger. It is nil where the keyset can't
	// open it.
	Input []byte
	Since time.Time // registered
	Next  time.Time // look
	// Looked is when it was last looked at; zero: not yet.
	Looked time.Time
	// Looks counts those that showed nothing new, Failures those that failed in a row.
	Looks, Failures int
	// Status is what FoxReload showed last; empty: nothing yet.
	Status string
	// Recorded is the highest step of the order on record.
	Recorded int
}

// Over says that a later step has put something on record: nobody waits any more.
func (w Watch) Over() bool { return w.Recorded > w.Step }

// watchAD binds what is sealed to its order.
func watchAD(reference string) []byte { return encode("foxflow watch v1", reference) }

// Register registers an order to be looked at from w.Next on, or takes the place of what an
// earlier step has registered. One of a later step stays: registered is false then.
// ErrNotFound without a Begin of the reference.
func (l Watches) Register(ctx context.Context, w Watch) (registered bool, err error) {
	sealed, err := l.seal(w.Input, watchAD(w.Reference))
	if err != nil {
		return false, fmt.Errorf("watch order %s: %w", w.Reference, err)
	}
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := stateOf(ctx, tx, w.Reference); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO watches (reference, order_id, step, token, input, since, next_at, looks, failures, status)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (reference) DO UPDATE SET order_id = excluded.order_id, step = excluded.step, token = excluded.token, input = excluded.input,
				since = excluded.since, next_at = excluded.next_at, looked_at = NULL, looks = excluded.looks, failures = excluded.failures, status = excluded.status
			WHERE watches.step < excluded.step`,
			w.Reference, w.OrderID, w.Step, w.Token, sealed, store.Stamp(w.Since), store.Stamp(w.Next), w.Looks, w.Failures, store.Storable(w.Status))
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		registered = changed == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("watch order %s: %w", w.Reference, err)
	}
	return registered, nil
}

// Keep keeps what looks have come to: when the next one is due, and what was counted and
// seen. Where another step has registered the order since, nothing changes.
func (l Watches) Keep(ctx context.Context, looked ...Watch) error {
	if len(looked) == 0 {
		return nil
	}
	var kept []store.Statement
	for _, w := range looked {
		kept = append(kept, store.Statement{SQL: `UPDATE watches SET next_at = $1, looked_at = $2, looks = $3, failures = $4, status = $5 WHERE reference = $6 AND step = $7`,
			Args: []any{store.Stamp(w.Next), stampOrNull(w.Looked), w.Looks, w.Failures, store.Storable(w.Status), w.Reference, w.Step}})
	}
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		return l.store.Together(ctx, tx, kept...)
	})
	if err != nil {
		return fmt.Errorf("keep looks at %d orders: %w", len(looked), err)
	}
	return nil
}

func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := store.Stamp(t)
	return &text
}

// End ends the registration of a step: nobody waits for its news any more. That of a
// later step stays.
func (l Watches) End(ctx context.Context, reference string, step int) error {
	if err := l.store.Exec(ctx, `DELETE FROM watches WHERE reference = $1 AND step <= $2`, reference, step); err != nil {
		return fmt.Errorf("end watch of order %s: %w", reference, err)
	}
	return nil
}

// Count is how many orders are watched.
type Watching struct {
	All int
	Due int // now
	// Next is when a look is due next, or has been due longest; zero: no order is watched.
	Next time.Time
}

// Count counts the orders that are watched, and those that are due at a time on the
// ledger's clock.
func (l Watches) Count(ctx context.Context, now time.Time) (n Watching, err error) {
	var next *string
	err = l.store.Reads().QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN next_at <= $1 THEN 1 END), MIN(next_at) FROM watches`, store.Stamp(now)).Scan(&n.All, &n.Due, &next)
	if err == nil && next != nil {
		n.Next, err = store.ParseStamp(*next)
	}
	if err != nil {
		return Watching{}, fmt.Errorf("count watched orders: %w", err)
	}
	return n, nil
}

const selectWatch = `SELECT reference, order_id, step, token, input, since, next_at, looked_at, looks, failures, status,
	(SELECT COALESCE(MAX(step), 0) FROM audit WHERE audit.reference = watches.reference) FROM watches`

// Due are the orders that are to be looked at, at a time on the ledger's clock: those
// that have waited longest first, most of them at most.
func (l Watches) Due(ctx context.Context, now time.Time, most int) ([]Watch, error) {
	due, err := l.watches(ctx, selectWatch+` WHERE next_at <= $1 ORDER BY next_at LIMIT $2`, store.Stamp(now), most)
	if err != nil {
		return nil, fmt.Errorf("read orders to look at: %w", err)
	}
	return due, nil
}

// Of are the watches of FoxReload's orders, of those that are watched.
func (l Watches) Of(ctx context.Context, orderIDs []string) ([]Watch, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	places, args := make([]string, len(orderIDs)), make([]any, len(orderIDs))
	for i, id := range orderIDs {
		places[i], args[i] = fmt.Sprintf("$%d", i+1), id
	}
	watches, err := l.watches(ctx, selectWatch+` WHERE order_id IN (`+strings.Join(places, ", ")+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read watches of %d orders: %w", len(orderIDs), err)
	}
	return watches, nil
}

// Find is the watch of an order; there is false where it is not watched.
func (l Watches) Find(ctx context.Context, reference string) (w Watch, there bool, err error) {
	watches, err := l.watches(ctx, selectWatch+` WHERE reference = $1`, reference)
	switch {
	case err != nil:
		return Watch{}, false, fmt.Errorf("read watch of order %s: %w", reference, err)
	case len(watches) == 0:
		return Watch{}, false, nil
	}
	return watches[0], true, nil
}

func (l Watches) watches(ctx context.Context, query string, args ...any) (watches []Watch, err error) {
	rows, err := l.store.Reads().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var w Watch
		var sealed []byte
		var since, next string
		var looked *string
		if err := rows.Scan(&w.Reference, &w.OrderID, &w.Step, &w.Token, &sealed, &since, &next, &looked, &w.Looks, &w.Failures, &w.Status, &w.Recorded); err != nil {
			return nil, err
		}
		if w.Input, err = l.unseal(sealed, watchAD(w.Reference)); err != nil {
			w.Input = nil // one order must not keep the others from being looked at
		}
		if w.Since, err = store.ParseStamp(since); err != nil {
			return nil, err
		}
		if w.Next, err = store.ParseStamp(next); err != nil {
			return nil, err
		}
		if looked != nil {
			if w.Looked, err = store.ParseStamp(*looked); err != nil {
				return nil, err
			}
		}
		watches = append(watches, w)
	}
	return watches, rows.Err()
}

// Unwatched are open orders that nobody has registered, and that stand as they do since before
// a time, on the ledger's clock: likely where they are in a state in which they are looked at,
// other where they are not, as far as the ledger knows. The likely ones come first.
func (l Watches) Unwatched(ctx context.Context, likely, other time.Time, most int) (references []string, err error) {
	names := map[bool][]string{}
	for _, s := range order.States() {
		if s.Carried() {
			names[s.LookedAt()] = append(names[s.LookedAt()], "'"+string(s)+"'")
		}
	}
	rows, err := l.store.Reads().QueryContext(ctx, `SELECT reference FROM (
		SELECT reference, updated_at, 0 AS rank FROM orders WHERE state IN (`+strings.Join(names[true], ", ")+`) AND updated_at <= $1
		UNION ALL SELECT reference, updated_at, 1 FROM orders WHERE state IN (`+strings.Join(names[false], ", ")+`) AND updated_at <= $2) AS open
		WHERE NOT EXISTS (SELECT 1 FROM watches WHERE watches.reference = open.reference) ORDER BY rank, updated_at DESC LIMIT $3`, store.Stamp(likely), store.Stamp(other), most)
	if err != nil {
		return nil, fmt.Errorf("read orders that nobody looks at: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var reference string
		if err := rows.Scan(&reference); err != nil {
			return nil, fmt.Errorf("read orders that nobody looks at: %w", err)
		}
		references = append(references, reference)
	}
	return references, rows.Err()
}
