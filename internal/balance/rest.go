package balance

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
)

// unlisted says whether the balance that was seen last does not list the claim's currency.
func unlisted(ctx context.Context, from store.Querier, c Claim) (bool, error) {
	available, err := readBalances(ctx, from)
	return Rest{Available: available}.Unlisted(c), err
}

// Rest is the money that is reserved for nobody, as the last look saw it.
type Rest struct {
	Available map[string]decimal.Decimal // by currency
	unpriced  int                        // reservations of unknown price
	holders   map[string]bool            // who has a reservation, or was refused in spite of one
}

// Rest is the money that is reserved for nobody.
func (a *Account) Rest(ctx context.Context, at time.Time) (r Rest, err error) {
	err = a.store.View(ctx, func(tx *sql.Tx) error {
		now, err := a.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		r, err = rest(ctx, tx, "", now)
		return err
	})
	if err != nil {
		return Rest{}, fmt.Errorf("read money that is left: %w", err)
	}
	return r, nil
}

// rest leaves out what is reserved for a reference.
func rest(ctx context.Context, tx *sql.Tx, reference string, at time.Time) (r Rest, err error) {
	r.holders = map[string]bool{}
	if r.Available, err = readBalances(ctx, tx); err != nil {
		return Rest{}, err
	}
	rows, err := tx.QueryContext(ctx, selectReservations+` WHERE reference <> $1 AND until > $2`, reference, store.Stamp(at))
	if err != nil {
		return Rest{}, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanReservation(rows)
		if err != nil {
			return Rest{}, err
		}
		r.holders[p.reference] = true
		if p.kind != reservedRefused {
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

// Covers says whether money could be reserved for the claim.
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

// Take counts a claim as reserved.
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
