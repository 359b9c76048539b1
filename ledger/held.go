package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// PaymentHeld says why a payment would be held now, by the switch or by the day's
// limit: ErrPaused, a *LimitError, or nil. It takes nothing up; BeginPayment decides.
func (l *Ledger) PaymentHeld(ctx context.Context, p Payment) (why, err error) {
	p.At = l.at(p.At)
	err = l.view(ctx, func(tx *sql.Tx) error {
		why, err = held(ctx, tx, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read whether payments are held: %w", err)
	}
	return why, nil
}

// held is why p must wait though nothing is wrong with it, or nil.
func held(ctx context.Context, tx *sql.Tx, p Payment) (why, err error) {
	if p.Mock {
		return nil, nil
	}
	_, paused, err := found(tx.QueryRowContext(ctx, selectPause))
	switch {
	case err != nil:
		return nil, err
	case paused:
		return ErrPaused, nil
	case p.Limit == nil:
		return nil, nil
	}
	day := p.At.UTC().Truncate(24 * time.Hour)
	over := &LimitError{Currency: p.Currency, Limit: *p.Limit, Amount: p.Amount, Until: day.Add(24 * time.Hour)}
	if over.Paid, err = paidIn(ctx, tx, p, day, over.Until); err != nil {
		return nil, err
	}
	if p.Amount == nil || over.Paid.Add(*p.Amount).GreaterThan(*p.Limit) {
		return over, nil
	}
	return nil, nil
}

// paidIn sums up the other payments in p's currency from a time until another. One
// whose outcome is not known counts; a voided one doesn't. Amounts are decimal texts,
// which no SQL adds up exactly.
func paidIn(ctx context.Context, tx *sql.Tx, p Payment, from, until time.Time) (sum decimal.Decimal, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT amount FROM payments WHERE begun_at >= $1 AND begun_at < $2 AND currency = $3 AND order_id <> $4
		AND mock = $5 AND voided_at IS NULL AND amount IS NOT NULL`, stamp(from), stamp(until), p.Currency, p.OrderID, false)
	if err != nil {
		return sum, err
	}
	defer rows.Close()
	for rows.Next() {
		var amount decimal.Decimal
		if err := rows.Scan(&amount); err != nil {
			return sum, err
		}
		sum = sum.Add(amount)
	}
	return sum, rows.Err()
}
