package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ProductAsk is what the ledger knows of a product, and whose it is to ask for it.
type ProductAsk struct {
	// Mine says that the caller is to ask the catalogue now, and to tell KeepProduct;
	// nobody else does before that, or before a minute has passed.
	Mine bool
	// Asking says that somebody else is asking right now.
	Asking bool
	// Answer is what the catalogue said, as it was kept; empty: it could not say.
	Answer string
}

// productEvery is how often the catalogue is asked for a product, over all workers;
// askTakes is how long an answer is waited for. Whoever asks may have died, and orders
// must move again within 15 s of that: no longer than the heartbeat that tells Temporal.
const (
	productEvery = time.Minute
	askTakes     = 10 * time.Second
)

// AskProduct looks what is known of a product. An answer counts when it was asked for
// within the last minute, or since the given time.
func (l *Ledger) AskProduct(ctx context.Context, id string, now, since time.Time) (ask ProductAsk, err error) {
	err = l.write(ctx, func(tx *sql.Tx) error {
		ask = ProductAsk{}
		now, err := l.clock(ctx, tx, now)
		if err != nil {
			return err
		}
		var asked string
		var answer *string
		err = tx.QueryRowContext(ctx, `SELECT asked_at, answer FROM products WHERE id = $1`, id).Scan(&asked, &answer)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil {
			at, err := parseStamp(asked)
			switch {
			case err != nil:
				return err
			case answer != nil && (!at.Before(since) || now.Sub(at) < productEvery):
				ask.Answer = *answer
				return nil
			case answer == nil && now.Sub(at) < askTakes:
				ask.Asking = true
				return nil
			case answer == nil && now.Sub(at) < productEvery:
				return nil // whoever asked never told
			}
		}
		ask.Mine = true
		_, err = tx.ExecContext(ctx, `INSERT INTO products (id, asked_at, answer) VALUES ($1, $2, NULL)
			ON CONFLICT (id) DO UPDATE SET asked_at = excluded.asked_at, answer = NULL`, id, stamp(now))
		return err
	})
	if err != nil {
		return ProductAsk{}, fmt.Errorf("look for product %s: %w", id, err)
	}
	return ask, nil
}

// KeepProduct keeps what the catalogue said; empty: it could not say. It is stored in
// clear: no secrets.
func (l *Ledger) KeepProduct(ctx context.Context, id, answer string, now time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		now, err := l.clock(ctx, tx, now)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO products (id, asked_at, answer) VALUES ($1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET answer = excluded.answer`, id, stamp(now), answer)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep product %s: %w", id, err)
	}
	return nil
}

// ForgetProduct takes back an AskProduct that was Mine, for a request that was never
// sent.
func (l *Ledger) ForgetProduct(ctx context.Context, id string) error {
	if err := l.exec(ctx, `DELETE FROM products WHERE id = $1`, id); err != nil {
		return fmt.Errorf("forget product %s: %w", id, err)
	}
	return nil
}
