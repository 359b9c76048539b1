package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// The kinds of promises.
const (
	promiseMoney   = "money"   // the balance covers it
	promiseProbe   = "probe"   // nobody knows whether the balance covers it
	promiseRefused = "refused" // it was refused in spite of either
)

// Promise keeps money for an order and says whether it did: no, where the balance that
// was seen last does not cover it beside all that is promised, the order has a
// promise already, or was refused in spite of one.
func (l *Ledger) Promise(ctx context.Context, c Claim) (ok bool, err error) {
	err = l.remember(ctx, c.At, fmt.Sprintf("promise money to %s", c.Reference), func(tx *sql.Tx, m *memory, now time.Time) error {
		ok, c.At = false, now
		p, err := readPromise(ctx, tx, c.Reference)
		if err != nil || p.stands(c.At) || !m.knows(c.At) {
			return err
		}
		ok, err = reserve(ctx, tx, c)
		return err
	})
	return ok && err == nil, err
}

// PromiseProbe lets an order find out whether there is money, where the balance can't
// be read or does not list its currency: not one that has a promise already, or was refused just now. full says that
// two did within the last minute, so that nobody may now.
func (l *Ledger) PromiseProbe(ctx context.Context, c Claim) (ok, full bool, err error) {
	err = l.remember(ctx, c.At, fmt.Sprintf("let %s probe the balance", c.Reference), func(tx *sql.Tx, m *memory, now time.Time) error {
		c.At = now
		ok, full = false, m.probesAt(c.At) >= mostRefused
		p, err := readPromise(ctx, tx, c.Reference)
		if err != nil || p.stands(c.At) || !m.probe(c.At) {
			return err
		}
		ok = true
		return promise(ctx, tx, c, promiseProbe)
	})
	return ok && err == nil, full, err
}

// TakeBack ends a promise to an order that can't be told of it.
func (l *Ledger) TakeBack(ctx context.Context, reference string) error {
	if err := l.exec(ctx, `DELETE FROM promises WHERE reference = $1`, reference); err != nil {
		return fmt.Errorf("take back promise to %s: %w", reference, err)
	}
	return nil
}

// promised is a promise on record.
type promised struct {
	reference, kind, currency string
	amount                    *decimal.Decimal
	until                     time.Time
	settled                   bool
}

// stands says whether the promise still says something.
func (p promised) stands(at time.Time) bool { return p.kind != "" && !p.settled && p.until.After(at) }

const selectPromises = `SELECT reference, kind, currency, amount, until, settled_at IS NOT NULL FROM promises`

func readPromise(ctx context.Context, tx *sql.Tx, reference string) (promised, error) {
	p, err := scanPromise(tx.QueryRowContext(ctx, selectPromises+` WHERE reference = $1`, reference))
	if errors.Is(err, sql.ErrNoRows) {
		return promised{}, nil
	}
	return p, err
}

func scanPromise(row interface{ Scan(...any) error }) (p promised, err error) {
	var amount decimal.NullDecimal
	var until string
	if err := row.Scan(&p.reference, &p.kind, &p.currency, &amount, &until, &p.settled); err != nil {
		return promised{}, err
	}
	if amount.Valid {
		p.amount = &amount.Decimal
	}
	p.until, err = parseStamp(until)
	return p, err
}

// promise puts a promise on record, or renews it.
func promise(ctx context.Context, tx *sql.Tx, c Claim, kind string) error {
	var amount *string
	if c.Amount != nil {
		text := c.Amount.String()
		amount = &text
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO promises (reference, kind, currency, amount, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (reference) DO UPDATE SET kind = excluded.kind, currency = excluded.currency, amount = COALESCE(excluded.amount, promises.amount),
		until = excluded.until, settled_at = NULL`, c.Reference, kind, c.Currency, amount, stamp(c.At.Add(promiseLasts)))
	return err
}

// reserve promises money that the balance has beside all promises. An order of unknown
// price is promised the rest, one at a time.
func reserve(ctx context.Context, tx *sql.Tx, c Claim) (bool, error) {
	p, err := readPromise(ctx, tx, c.Reference)
	if err != nil || p.stands(c.At) {
		return false, err
	}
	r, err := rest(ctx, tx, c.Reference, c.At)
	if err != nil || !r.Covers(c) {
		return false, err
	}
	return true, promise(ctx, tx, c, promiseMoney)
}

// unlisted says whether the balance that was seen last does not list the claim's currency.
func unlisted(ctx context.Context, tx *sql.Tx, c Claim) (bool, error) {
	available, err := readBalances(ctx, tx)
	return Rest{Available: available}.Unlisted(c), err
}

// Rest is the money that nobody was promised, as the last look saw it.
type Rest struct {
	Available map[string]decimal.Decimal // by currency
	unpriced  int                        // promises to orders of unknown price
	holders   map[string]bool            // who was promised something, or refused in spite of it
}

// Rest is the money that nobody was promised.
func (l *Ledger) Rest(ctx context.Context, at time.Time) (r Rest, err error) {
	err = l.view(ctx, func(tx *sql.Tx) error {
		now, err := l.clock(ctx, tx, at)
		if err != nil {
			return err
		}
		r, err = rest(ctx, tx, "", now)
		return err
	})
	if err != nil {
		return Rest{}, fmt.Errorf("read unpromised money: %w", err)
	}
	return r, nil
}

// rest leaves out what was promised to a reference.
func rest(ctx context.Context, tx *sql.Tx, reference string, at time.Time) (r Rest, err error) {
	r.holders = map[string]bool{}
	if r.Available, err = readBalances(ctx, tx); err != nil {
		return Rest{}, err
	}
	rows, err := tx.QueryContext(ctx, selectPromises+` WHERE reference <> $1 AND until > $2`, reference, stamp(at))
	if err != nil {
		return Rest{}, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanPromise(rows)
		if err != nil {
			return Rest{}, err
		}
		r.holders[p.reference] = true
		if p.kind != promiseRefused {
			r.take(p.currency, p.amount)
		}
	}
	return r, rows.Err()
}

// Unlisted says whether the claim is in a currency that the balance does not list. That is
// no shortage: nobody knows then, and FoxReload may pay it from another one.
func (r Rest) Unlisted(c Claim) bool {
	_, listed := r.Available[c.Currency]
	return c.Currency != "" && !listed
}

// Covers says whether the claim could be promised.
func (r Rest) Covers(c Claim) bool {
	if r.holders[c.Reference] {
		return false
	}
	if c.Amount != nil && c.Currency != "" {
		have, seen := r.Available[c.Currency]
		return seen && !have.LessThan(*c.Amount)
	}
	for name, have := range r.Available {
		if r.unpriced == 0 && have.IsPositive() && (c.Currency == "" || c.Currency == name) {
			return true
		}
	}
	return false
}

// Take counts a claim as promised.
func (r *Rest) Take(c Claim) {
	r.holders[c.Reference] = true
	r.take(c.Currency, c.Amount)
}

func (r *Rest) take(currency string, amount *decimal.Decimal) {
	have, listed := r.Available[currency]
	switch {
	case amount == nil && (listed || currency == ""):
		r.unpriced++
	case amount != nil && listed:
		r.Available[currency] = have.Sub(*amount)
	}
}

// freePromises ends the promises that a look which began at a time has in it, or that
// are over, and says how much of the balance was spent by them. A promise to an order
// that has moved on without telling counts as spent now.
func freePromises(ctx context.Context, tx *sql.Tx, at time.Time) (spent map[string]decimal.Decimal, err error) {
	spent = map[string]decimal.Decimal{}
	rows, err := tx.QueryContext(ctx, selectPromises+` WHERE settled_at < $1`, stamp(at))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanPromise(rows)
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
	if _, err := tx.ExecContext(ctx, `DELETE FROM promises WHERE settled_at < $1 OR until <= $1`, stamp(at)); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE promises SET settled_at = $1 WHERE settled_at IS NULL AND kind <> $2
		AND reference NOT IN (SELECT reference FROM orders WHERE state IN ($3, $4, $5))`,
		append([]any{stamp(at), promiseRefused}, moving...)...)
	return spent, err
}

// forgive gives those another chance that were refused in spite of a promise.
func forgive(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM promises WHERE kind = $1`, promiseRefused)
	return err
}
