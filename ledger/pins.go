package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Pin ties an order id to a reference and the number of its replacement (0 is the
// first order), for ever: only a pinned order is paid. The same three again change
// nothing. A *PinnedError says which other pin is in the way: the order id
// belongs elsewhere, or another one has this place.
func (l *Ledger) Pin(ctx context.Context, reference string, replacement int, orderID string, at time.Time) error {
	defer l.timed("pin")()
	if orderID == "" {
		return fmt.Errorf("pin order (%s, replacement %d): it has no id", reference, replacement)
	}
	var refused *PinnedError
	err := l.write(ctx, func(tx *sql.Tx) error {
		refused = nil
		if _, err := stateOf(ctx, tx, reference); err != nil {
			return err
		}
		have := PinnedError{WantReference: reference, WantReplacement: replacement, WantOrderID: orderID}
		// Where two pins are in the way, that of the order id tells more.
		err := tx.QueryRowContext(ctx, `SELECT reference, replacement, order_id FROM pins
			WHERE order_id = $1 OR (reference = $2 AND replacement = $3)
			ORDER BY CASE WHEN order_id = $4 THEN 0 ELSE 1 END LIMIT 1`, orderID, reference, replacement, orderID).
			Scan(&have.Reference, &have.Replacement, &have.OrderID)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err := tx.ExecContext(ctx, `INSERT INTO pins (order_id, reference, replacement, at) VALUES ($1, $2, $3, $4)`,
				orderID, reference, replacement, stamp(l.at(at)))
			return err
		case err != nil:
			return err
		}
		if have.Reference != reference || have.Replacement != replacement || have.OrderID != orderID {
			refused = &have
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("pin order %s (%s, replacement %d): %w", orderID, reference, replacement, err)
	case refused != nil:
		return refused
	}
	return nil
}

// Pinned is the order id pinned to a reference and replacement number, if any.
func (l *Ledger) Pinned(ctx context.Context, reference string, replacement int) (orderID string, ok bool, err error) {
	orderID, ok, err = found(l.db.reads.QueryRowContext(ctx,
		`SELECT order_id FROM pins WHERE reference = $1 AND replacement = $2`, reference, replacement))
	if err != nil {
		return "", false, fmt.Errorf("read pin (%s, replacement %d): %w", reference, replacement, err)
	}
	return orderID, ok, nil
}

// OwnerOf is the reference that an order id is pinned to, if any.
func (l *Ledger) OwnerOf(ctx context.Context, orderID string) (reference string, ok bool, err error) {
	reference, ok, err = found(l.db.reads.QueryRowContext(ctx, `SELECT reference FROM pins WHERE order_id = $1`, orderID))
	if err != nil {
		return "", false, fmt.Errorf("read owner of order %s: %w", orderID, err)
	}
	return reference, ok, nil
}

// found reads one text that may not be there.
func found(row *sql.Row) (text string, ok bool, err error) {
	err = row.Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return text, err == nil, err
}

// CreateIntent puts on record that a request to create an order for a reference and
// replacement number is about to leave, and counts those that may have made one, this
// one included; the first also writes an audit entry. Call it last of all before the
// request goes out. fresh counts the fresh keys so far.
func (l *Ledger) CreateIntent(ctx context.Context, reference string, replacement int, at time.Time) (attempts, fresh int, err error) {
	defer l.timed("create_intent")()
	at = l.at(at)
	err = l.write(ctx, func(tx *sql.Tx) error {
		if _, err := l.append(ctx, tx, Entry{Reference: reference, Key: fmt.Sprintf("intent/create/%d", replacement),
			Kind: KindIntent, Reason: createReason(replacement), At: at}); err != nil {
			return err
		}
		now, err := l.clock(ctx, tx, at)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `INSERT INTO create_attempts (reference, replacement, attempts, first_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (reference, replacement) DO UPDATE SET attempts = create_attempts.attempts + 1 RETURNING attempts, fresh_keys`,
			reference, replacement, stamp(now)).Scan(&attempts, &fresh)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("write intent to create (%s, replacement %d): %w", reference, replacement, err)
	}
	return attempts, fresh, nil
}

// WithdrawCreate takes back one CreateIntent whose request surely was not carried out:
// it made no order. Where a fresh key came since, those that are counted now left later.
func (l *Ledger) WithdrawCreate(ctx context.Context, reference string, replacement, fresh int) error {
	err := l.exec(ctx, `UPDATE create_attempts SET attempts = attempts - 1 WHERE reference = $1 AND replacement = $2 AND fresh_keys = $3 AND attempts > 0`,
		reference, replacement, fresh)
	if err != nil {
		return fmt.Errorf("withdraw intent to create (%s, replacement %d): %w", reference, replacement, err)
	}
	return nil
}

// CreateAttempts counts the requests to create an order for a reference and
// replacement number that left under its present key and may have made one: where there are any, look for
// it before another. first is when the first of them was about to leave, on the ledger's
// clock; zero: none ever was.
func (l *Ledger) CreateAttempts(ctx context.Context, reference string, replacement int) (n int, first time.Time, err error) {
	var at string
	err = l.db.reads.QueryRowContext(ctx, `SELECT attempts, first_at FROM create_attempts WHERE reference = $1 AND replacement = $2`,
		reference, replacement).Scan(&n, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	if err == nil {
		first, err = parseStamp(at)
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("read attempts to create (%s, replacement %d): %w", reference, replacement, err)
	}
	return n, first, nil
}

func createReason(replacement int) string {
	if replacement == 0 {
		return "about to create the order"
	}
	return fmt.Sprintf("about to create replacement %d", replacement)
}

// FreshKeys counts how often a person had the create of a reference and
// replacement number sent under a fresh idempotency key.
func (l *Ledger) FreshKeys(ctx context.Context, reference string, replacement int) (n int, err error) {
	err = l.db.reads.QueryRowContext(ctx, `SELECT fresh_keys FROM create_attempts WHERE reference = $1 AND replacement = $2`,
		reference, replacement).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read number of fresh keys (%s, replacement %d): %w", reference, replacement, err)
	}
	return n, nil
}

// RenewKey has the next create of the entry's reference and a replacement number
// sent under a fresh idempotency key, and puts the entry on record: under that key
// none has left. The entry's key again changes nothing.
func (l *Ledger) RenewKey(ctx context.Context, e Entry, replacement int) error {
	e.At = l.at(e.At)
	err := l.write(ctx, func(tx *sql.Tx) error {
		done, err := onRecord(ctx, tx, e.Reference, e.Key)
		if err != nil || done {
			return err
		}
		if _, err := l.append(ctx, tx, e); err != nil {
			return err
		}
		now, err := l.clock(ctx, tx, e.At)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO create_attempts (reference, replacement, attempts, first_at, fresh_keys) VALUES ($1, $2, 0, $3, 1)
			ON CONFLICT (reference, replacement) DO UPDATE SET fresh_keys = create_attempts.fresh_keys + 1, attempts = 0, first_at = excluded.first_at`, e.Reference, replacement, stamp(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("renew idempotency key (%s, replacement %d): %w", e.Reference, replacement, err)
	}
	return nil
}
