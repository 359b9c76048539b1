package balance

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
	"foxflow/order"
)

// The kinds of reservations.
const (
	reservedMoney   = "money"   // the balance covers it
	reservedProbe   = "probe"   // nobody knows whether the balance covers it
	reservedRefused = "refused" // it was refused in spite of either
)

// Reserve keeps money for orders, in their order, and says for which it did: for none that the
// balance that was seen last does not cover beside all that is reserved, nor one that has a
// reservation already, or was refused in spite of one. They are of one moment.
func (a *Account) Reserve(ctx context.Context, claims ...Claim) (reserved []bool, err error) {
	if len(claims) == 0 {
		return nil, nil
	}
	err = a.remember(ctx, claims[0].At, fmt.Sprintf("reserve money for %d orders", len(claims)), func(tx *sql.Tx, m *memory, now time.Time) error {
		reserved = make([]bool, len(claims))
		if !m.knows(now) {
			return nil
		}
		left, err := rest(ctx, tx, "", now)
		if err != nil {
			return err
		}
		var kept []store.Statement
		for i, c := range claims {
			if c.At = now; !left.Covers(c) {
				continue
			}
			reserved[i] = true
			left.Take(c)
			kept = append(kept, reservationOf(c, reservedMoney))
		}
		return a.store.Together(ctx, tx, kept...)
	})
	return reserved, err
}

// ReserveProbe lets an order find out whether there is money, where the balance can't
// be read or does not list its currency: not one that has a reservation already, or was
// refused just now. full says that two did within the last minute, so that nobody may now.
func (a *Account) ReserveProbe(ctx context.Context, c Claim) (ok, full bool, err error) {
	err = a.remember(ctx, c.At, fmt.Sprintf("let %s probe the balance", c.Reference), func(tx *sql.Tx, m *memory, now time.Time) error {
		c.At = now
		ok, full = false, m.probesAt(c.At) >= mostRefused
		p, err := readReservation(ctx, tx, c.Reference)
		if err != nil || p.stands(c.At) || !m.probe(c.At) {
			return err
		}
		ok = true
		return keep(ctx, tx, c, reservedProbe)
	})
	return ok && err == nil, full, err
}

// Release ends the reservations of orders that can't be told of them.
func (a *Account) Release(ctx context.Context, references ...string) error {
	if len(references) == 0 {
		return nil
	}
	var ended []store.Statement
	for _, reference := range references {
		ended = append(ended, store.Statement{SQL: `DELETE FROM promises WHERE reference = $1`, Args: []any{reference}})
	}
	if err := a.store.Write(ctx, func(tx *sql.Tx) error { return a.store.Together(ctx, tx, ended...) }); err != nil {
		return fmt.Errorf("release reservations of %q: %w", references, err)
	}
	return nil
}

// reservation is one on record.
type reservation struct {
	reference, kind, currency string
	amount                    *decimal.Decimal
	until                     time.Time
	settled                   bool
}

// stands says whether the reservation still says something.
func (r reservation) stands(at time.Time) bool {
	return r.kind != "" && !r.settled && r.until.After(at)
}

const selectReservations = `SELECT reference, kind, currency, amount, until, settled_at IS NOT NULL FROM promises`

func readReservation(ctx context.Context, tx *sql.Tx, reference string) (reservation, error) {
	p, err := scanReservation(tx.QueryRowContext(ctx, selectReservations+` WHERE reference = $1`, reference))
	if errors.Is(err, sql.ErrNoRows) {
		return reservation{}, nil
	}
	return p, err
}

func scanReservation(row interface{ Scan(...any) error }) (p reservation, err error) {
	var amount decimal.NullDecimal
	var until string
	if err := row.Scan(&p.reference, &p.kind, &p.currency, &amount, &until, &p.settled); err != nil {
		return reservation{}, err
	}
	if amount.Valid {
		p.amount = &amount.Decimal
	}
	p.until, err = store.ParseStamp(until)
	return p, err
}

// keep puts a reservation on record, or renews it.
func keep(ctx context.Context, tx *sql.Tx, c Claim, kind string) error {
	kept := reservationOf(c, kind)
	_, err := tx.ExecContext(ctx, kept.SQL, kept.Args...)
	return err
}

func reservationOf(c Claim, kind string) store.Statement {
	var amount *string
	if c.Amount != nil {
		text := c.Amount.String()
		amount = &text
	}
	return store.Statement{SQL: `INSERT INTO promises (reference, kind, currency, amount, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (reference) DO UPDATE SET kind = excluded.kind, currency = excluded.currency, amount = COALESCE(excluded.amount, promises.amount),
		until = excluded.until, settled_at = NULL`, Args: []any{c.Reference, kind, c.Currency, amount, store.Stamp(c.At.Add(reservationLasts))}}
}

// freeReservations ends the reservations that a look which began at a time has in it, or
// that are over, and says how much of the balance was spent by them. The money of an order
// that has moved on without telling counts as spent now.
func freeReservations(ctx context.Context, tx *sql.Tx, at time.Time) (spent map[string]decimal.Decimal, err error) {
	spent = map[string]decimal.Decimal{}
	rows, err := tx.QueryContext(ctx, selectReservations+` WHERE settled_at < $1`, store.Stamp(at))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanReservation(rows)
		if err != nil {
			return nil, err
		}
		if p.amount != nil {
			spent[p.currency] = spent[p.currency].Add(*p.amount)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM promises WHERE settled_at < $1 OR until <= $1`, store.Stamp(at)); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE promises SET settled_at = $1 WHERE settled_at IS NULL AND kind <> $2
		AND reference NOT IN (SELECT reference FROM orders WHERE state IN `+store.List(order.StatesThat(order.State.Funded))+`)`,
		store.Stamp(at), reservedRefused)
	return spent, err
}

// forgive gives those another chance that were refused in spite of a reservation.
func forgive(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM promises WHERE kind = $1`, reservedRefused)
	return err
}
