package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/store"
)

// Pin ties an order id to a reference and the number of its replacement (0 is the
// first order), for ever: only a pinned order is paid. The same three again change
// nothing. A *PinnedError says which other pin is in the way: the order id
// belongs elsewhere, or another one has this place.
func (l Pins) Pin(ctx context.Context, reference string, replacement int, orderID string, at time.Time) error {
	defer l.store.Timed("pin")()
	if orderID == "" {
		return fmt.Errorf("pin order (%s, replacement %d): it has no id", reference, replacement)
	}
	var refused error
	err := l.store.Write(ctx, func(tx *sql.Tx) (err error) {
		refused, err = l.pin(ctx, tx, reference, replacement, orderID, at)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("pin order %s (%s, replacement %d): %w", orderID, reference, replacement, err)
	case refused != nil:
		return refused
	}
	return nil
}

// pin pins an order, or says which pin is in the way.
func (l Pins) pin(ctx context.Context, tx *sql.Tx, reference string, replacement int, orderID string, at time.Time) (refused, err error) {
	if _, err := stateOf(ctx, tx, reference); err != nil {
		return nil, err
	}
	have := &PinnedError{WantReference: reference, WantReplacement: replacement, WantOrderID: orderID}
	// Where two pins are in the way, that of the order id tells more.
	err = tx.QueryRowContext(ctx, `SELECT reference, replacement, order_id FROM pins
		WHERE order_id = $1 OR (reference = $2 AND replacement = $3)
		ORDER BY CASE WHEN order_id = $4 THEN 0 ELSE 1 END LIMIT 1`, orderID, reference, replacement, orderID).
		Scan(&have.Reference, &have.Replacement, &have.OrderID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, l.store.Together(ctx, tx, store.Statement{SQL: `INSERT INTO pins (order_id, reference, replacement, at) VALUES ($1, $2, $3, $4)`,
			Args: []any{orderID, reference, replacement, store.Stamp(l.store.Clock.At(at))}})
	case err != nil:
		return nil, err
	case have.Reference != reference || have.Replacement != replacement || have.OrderID != orderID:
		return have, nil
	}
	return nil, nil
}

// Pinned is the order id pinned to a reference and replacement number, if any.
func (l Pins) Pinned(ctx context.Context, reference string, replacement int) (orderID string, ok bool, err error) {
	orderID, ok, err = store.Found(l.store.Reads().QueryRowContext(ctx,
		`SELECT order_id FROM pins WHERE reference = $1 AND replacement = $2`, reference, replacement))
	if err != nil {
		return "", false, fmt.Errorf("read pin (%s, replacement %d): %w", reference, replacement, err)
	}
	return orderID, ok, nil
}

// OwnerOf is the reference that an order id is pinned to, if any.
func (l Pins) OwnerOf(ctx context.Context, orderID string) (reference string, ok bool, err error) {
	reference, ok, err = store.Found(l.store.Reads().QueryRowContext(ctx, `SELECT reference FROM pins WHERE order_id = $1`, orderID))
	if err != nil {
		return "", false, fmt.Errorf("read owner of order %s: %w", orderID, err)
	}
	return reference, ok, nil
}
