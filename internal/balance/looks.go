package balance

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
)

// Saw keeps what a look that began at a time of the caller's clock saw, by currency, and
// frees what was reserved for payments that are in it. It answers what was seen before.
func (a *Account) Saw(ctx context.Context, at time.Time, now map[string]decimal.Decimal) (before map[string]decimal.Decimal, err error) {
	defer a.store.Timed("saw_balances")()
	err = a.remember(ctx, at, "keep balances", func(tx *sql.Tx, m *memory, _ time.Time) error {
		at, err := a.store.Clock.Moment(ctx, tx, at)
		if err != nil {
			return err
		}
		if before, err = readBalances(ctx, tx); err != nil {
			return err
		}
		if m.lookedAt.After(at) {
			return nil // a later look was quicker
		}
		spent, err := freeReservations(ctx, tx, at)
		if err != nil {
			return err
		}
		m.lookedAt, m.stale = at, false
		if !m.askedAt.After(at) {
			m.askedAt = time.Time{}
		}
		for currency, available := range now {
			if was, seen := before[currency]; !seen || available.Add(spent[currency]).GreaterThan(was) {
				m.refused = 0
				if err := forgive(ctx, tx); err != nil {
					return err
				}
			}
		}
		return keepBalances(ctx, tx, at, now)
	})
	return before, err
}

// LookFailed says that a look that began at a time of the caller's clock saw nothing, and
// whether all the same those who asked for it were answered.
func (a *Account) LookFailed(ctx context.Context, at time.Time, answered bool) error {
	return a.remember(ctx, at, "keep failed look", func(tx *sql.Tx, m *memory, _ time.Time) error {
		at, err := a.store.Clock.Moment(ctx, tx, at)
		if err != nil {
			return err
		}
		if m.lookedAt.After(at) {
			return nil // a later look was quicker
		}
		m.lookedAt, m.stale = at, true
		if answered && !m.askedAt.After(at) {
			m.askedAt = time.Time{}
		}
		return nil
	})
}

// Balances is the money that FoxReload told of last, by currency (lower case), and
// when, on the store's clock. Nothing was told yet: nil.
func (a *Account) Balances(ctx context.Context) (available map[string]decimal.Decimal, seenAt time.Time, err error) {
	err = a.store.View(ctx, func(tx *sql.Tx) error {
		if available, err = readBalances(ctx, tx); err != nil || len(available) == 0 {
			return err
		}
		var text string
		if err := tx.QueryRowContext(ctx, `SELECT MAX(seen_at) FROM balances`).Scan(&text); err != nil {
			return err
		}
		seenAt, err = store.ParseStamp(text)
		return err
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read balances: %w", err)
	}
	return available, seenAt, nil
}

func readBalances(ctx context.Context, from store.Querier) (map[string]decimal.Decimal, error) {
	rows, err := from.QueryContext(ctx, `SELECT currency, available FROM balances`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var balances map[string]decimal.Decimal
	for rows.Next() {
		var currency string
		var available decimal.Decimal
		if err := rows.Scan(&currency, &available); err != nil {
			return nil, err
		}
		if balances == nil {
			balances = map[string]decimal.Decimal{}
		}
		balances[currency] = available
	}
	return balances, rows.Err()
}

func keepBalances(ctx context.Context, tx *sql.Tx, at time.Time, now map[string]decimal.Decimal) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM balances`); err != nil {
		return err
	}
	for currency, available := range now {
		if _, err := tx.ExecContext(ctx, `INSERT INTO balances (currency, available, seen_at) VALUES ($1, $2, $3)`,
			currency, available.String(), store.Stamp(at)); err != nil {
			return err
		}
	}
	return nil
}
