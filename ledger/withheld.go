package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
)

// Withheld says why a payment would be withheld now, by the switch or by the day's
// limit: ErrPaused, a *LimitError, or nil. It takes nothing up; Begin decides.
func (l Payments) Withheld(ctx context.Context, p Payment) (why, err error) {
	err = l.store.View(ctx, func(tx *sql.Tx) error {
		now, err := l.store.Clock.Now(ctx, tx, p.At)
		if err != nil {
			return err
		}
		_, paused, err := store.Found(tx.QueryRowContext(ctx, selectPause))
		if err != nil {
			return err
		}
		why, err = withheld(ctx, tx, p, paused, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read whether payments are paused: %w", err)
	}
	return why, nil
}

// withheld is why p must wait though nothing is wrong with it, or nil.
func withheld(ctx context.Context, tx *sql.Tx, p Payment, paused bool, now time.Time) (why, err error) {
	switch {
	case p.Mock:
		return nil, nil
	case paused:
		return ErrPaused, nil
	case p.Limit == nil:
		return nil, nil
	}
	day := now.UTC().Truncate(24 * time.Hour)
	over := &LimitError{Currency: p.Currency, Limit: *p.Limit, Amount: p.Amount, Until: day.Add(24 * time.Hour)}
	if over.Paid, err = paidIn(ctx, tx, p, day, over.Until); err != nil {
		return nil, err
	}
	if p.Amount == nil || over.Paid.Add(*p.Amount).GreaterThan(*p.Limit) {
		return over, nil
	}
	return nil, nil
}

// paidIn sums up the other payments in p's currency from a time until another.
func paidIn(ctx context.Context, tx *sql.Tx, p Payment, from, until time.Time) (decimal.Decimal, error) {
	sums, err := spent(ctx, tx, p.OrderID, from, until)
	return sums[p.Currency], err
}

// spent sums up, by currency, the payments from a time until another that may have gone
// through, but for one order's. A voided one surely did not, nor one whose every attempt
// was refused. Amounts are decimal texts, which no SQL adds up exactly.
func spent(ctx context.Context, tx *sql.Tx, without string, from, until time.Time) (map[string]decimal.Decimal, error) {
	rows, err := tx.QueryContext(ctx, `SELECT currency, amount FROM payments WHERE begun_at >= $1 AND begun_at < $2 AND order_id <> $3
		AND mock = $4 AND voided_at IS NULL AND doubts > 0 AND amount IS NOT NULL`, store.Stamp(from), store.Stamp(until), without, false)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sums := map[string]decimal.Decimal{}
	for rows.Next() {
		var currency string
		var amount decimal.Decimal
		if err := rows.Scan(&currency, &amount); err != nil {
			return nil, err
		}
		sums[currency] = sums[currency].Add(amount)
	}
	return sums, rows.Err()
}
