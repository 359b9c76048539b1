package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"foxflow/internal/store"
)

// KeepAnswer keeps what an external payment provider answered to the pay of an
// order whose payment was begun, sealed. An answer like the one before it adds nothing;
// that of an attempt which is not the latest takes no other's place: *OvertakenError.
func (l Payments) KeepAnswer(ctx context.Context, reference, orderID, attempt string, raw json.RawMessage, at time.Time) error {
	var refused error
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		refused = nil
		number, last, err := l.lastAnswer(ctx, tx, reference, orderID)
		if err != nil || (number > 0 && string(last) == string(raw)) {
			return err
		}
		if number > 0 {
			if refused, err = l.notLatest(ctx, tx, reference, orderID, attempt, "keep the provider's answer for", at); refused != nil || err != nil {
				return err
			}
		}
		sealed, err := l.seal(raw, answerAD(reference, orderID, number+1))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO payment_answers (order_id, number, reference, sealed, at) VALUES ($1, $2, $3, $4, $5)`,
			orderID, number+1, reference, sealed, store.Stamp(l.store.Clock.At(at)))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep answer to the payment of order %s (%s): %w", orderID, reference, err)
	}
	return refused
}

// Answer is what the provider last answered to the pay of an order, if anything
// of it was kept.
func (l Payments) Answer(ctx context.Context, reference, orderID string) (raw json.RawMessage, ok bool, err error) {
	var number int
	err = l.store.View(ctx, func(tx *sql.Tx) error {
		number, raw, err = l.lastAnswer(ctx, tx, reference, orderID)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read answer to the payment of order %s (%s): %w", orderID, reference, err)
	}
	return raw, number > 0, nil
}

func (l Payments) lastAnswer(ctx context.Context, tx *sql.Tx, reference, orderID string) (number int, raw json.RawMessage, err error) {
	var sealed []byte
	err = tx.QueryRowContext(ctx, `SELECT number, sealed FROM payment_answers WHERE order_id = $1 ORDER BY number DESC LIMIT 1`, orderID).Scan(&number, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	if err == nil {
		raw, err = l.unseal(sealed, answerAD(reference, orderID, number))
	}
	return number, raw, err
}

func answerAD(reference, orderID string, number int) []byte {
	return encode("foxflow payment answer v1", reference, orderID, strconv.Itoa(number))
}
