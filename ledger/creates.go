package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/store"
)

// Intend puts on record that a request to create an order for a reference and
// replacement number is about to leave, and counts those that may have made one, this
// one included; the first also writes an audit entry. Call it last of all before the
// request goes out. fresh counts the fresh keys so far.
func (l Creates) Intend(ctx context.Context, reference string, replacement int, at time.Time) (attempts, fresh int, err error) {
	defer l.store.Timed("create_intent")()
	at = l.store.Clock.At(at)
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := l.append(ctx, tx, Entry{Reference: reference, Key: fmt.Sprintf("intent/create/%d", replacement),
			Kind: KindIntent, Reason: createReason(replacement), At: at}); err != nil {
			return err
		}
		now, err := l.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `INSERT INTO create_attempts (reference, replacement, attempts, first_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (reference, replacement) DO UPDATE SET attempts = create_attempts.attempts + 1 RETURNING attempts, fresh_keys`,
			reference, replacement, store.Stamp(now)).Scan(&attempts, &fresh)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("write intent to create (%s, replacement %d): %w", reference, replacement, err)
	}
	return attempts, fresh, nil
}

// Withdraw takes back one Intend whose request surely was not carried out:
// it made no order. Where a fresh key came since, those that are counted now left later.
func (l Creates) Withdraw(ctx context.Context, reference string, replacement, fresh int) error {
	err := l.store.Exec(ctx, `UPDATE create_attempts SET attempts = attempts - 1 WHERE reference = $1 AND replacement = $2 AND fresh_keys = $3 AND attempts > 0`,
		reference, replacement, fresh)
	if err != nil {
		return fmt.Errorf("withdraw intent to create (%s, replacement %d): %w", reference, replacement, err)
	}
	return nil
}

// Begun is what is on record of the create of a reference's order.
type Begun struct {
	OrderID string // pinned; empty: none
	// Attempts counts the requests that left under the present key and may have made an order:
	// where there are any, look for it before another.
	Attempts int
	// First is when the first of them was about to leave, on the ledger's clock; zero: none ever
	// was.
	First     time.Time
	FreshKeys int // as the method of this name gives it
}

// Begun is what is on record of the create for a reference and replacement number.
func (l Creates) Begun(ctx context.Context, reference string, replacement int) (b Begun, err error) {
	var first string
	err = l.store.Reads().QueryRowContext(ctx, `SELECT COALESCE(pins.order_id, ''), COALESCE(made.attempts, 0), COALESCE(made.first_at, ''), COALESCE(made.fresh_keys, 0)
		FROM (SELECT 1 AS one) AS given LEFT JOIN pins ON pins.reference = $1 AND pins.replacement = $2
		LEFT JOIN create_attempts made ON made.reference = $1 AND made.replacement = $2`, reference, replacement).Scan(&b.OrderID, &b.Attempts, &first, &b.FreshKeys)
	if err == nil && first != "" {
		b.First, err = store.ParseStamp(first)
	}
	if err != nil {
		return Begun{}, fmt.Errorf("read what was begun of the create (%s, replacement %d): %w", reference, replacement, err)
	}
	return b, nil
}

func createReason(replacement int) string {
	if replacement == 0 {
		return "about to create the order"
	}
	return fmt.Sprintf("about to create replacement %d", replacement)
}

// FreshKeys counts how often a person had the create of a reference and
// replacement number sent under a fresh idempotency key.
func (l Creates) FreshKeys(ctx context.Context, reference string, replacement int) (n int, err error) {
	err = l.store.Reads().QueryRowContext(ctx, `SELECT fresh_keys FROM create_attempts WHERE reference = $1 AND replacement = $2`,
		reference, replacement).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read number of fresh keys (%s, replacement %d): %w", reference, replacement, err)
	}
	return n, nil
}

// RenewKey has the next create of the entry's reference and a replacement number
// sent under a fresh idempotency key, and puts the entry on record: under that key
// none has left. The entry's key again changes nothing.
func (l Creates) RenewKey(ctx context.Context, e Entry, replacement int) error {
	e.At = l.store.Clock.At(e.At)
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		done, err := onRecord(ctx, tx, e.Reference, e.Key)
		if err != nil || done {
			return err
		}
		if _, err := l.append(ctx, tx, e); err != nil {
			return err
		}
		now, err := l.store.Clock.Now(ctx, tx, e.At)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO create_attempts (reference, replacement, attempts, first_at, fresh_keys) VALUES ($1, $2, 0, $3, 1)
			ON CONFLICT (reference, replacement) DO UPDATE SET fresh_keys = create_attempts.fresh_keys + 1, attempts = 0, first_at = excluded.first_at`, e.Reference, replacement, store.Stamp(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("renew idempotency key (%s, replacement %d): %w", e.Reference, replacement, err)
	}
	return nil
}
