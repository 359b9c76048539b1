package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// BeginPayment writes down that an order is about to be paid; call it before
// every attempt. Where PaymentIntent knows of an earlier one, the order may have been
// paid: look at it before paying again.
//
// The same attempt again, before anything was said of its landing, is that attempt: it is
// in nobody's way, counts once, and is in flight from then on. So after an error, which
// leaves open whether the intent is on record, it may be begun again. Whoever does not,
// and whoever was refused then, sends nothing: LandPayment says so of the attempt.
//
// Refusals: *OvertakenError when a later step is on record, or an attempt to pay the order
// that p.After does not know of; *EndedError, *NotPinnedError, *OtherPaymentError when another order of the
// reference has an intent that stands, *PaymentInFlightError while the request of
// another attempt may be on its way; and, for what is no mock, ErrPaused when payments
// are switched off and *LimitError when it would exceed the day's limit. These two may
// come where an earlier attempt went out: PaymentIntent tells.
//
// An order that was voided and is begun again has a standing intent once more, so
// that no second order can be paid beside it.
func (l *Ledger) BeginPayment(ctx context.Context, p Payment) error {
	defer l.timed("begin_payment")()
	if p.Attempt == "" {
		return fmt.Errorf("write intent to pay %s (%s): the attempt has no id", p.OrderID, p.Reference)
	}
	p.At = l.at(p.At)
	p.Key = cmp.Or(p.Key, "intent/pay/"+p.OrderID)
	var refused error
	err := l.write(ctx, func(tx *sql.Tx) error {
		now, err := l.clock(ctx, tx, p.At)
		if err != nil {
			return err
		}
		if refused, err = l.payOvertaken(ctx, tx, p); refused != nil || err != nil {
			return err
		}
		if refused, err = refusal(ctx, tx, p, now); refused != nil || err != nil {
			return err
		}
		// The entry first: a payment without one must not be on record.
		orderID, err := l.append(ctx, tx, Entry{Reference: p.Reference, Key: p.Key, Kind: KindIntent, State: p.State,
			Reason: payReason(p), OrderID: p.OrderID, At: p.At})
		if err != nil {
			return err
		}
		if orderID != p.OrderID {
			return &KeyReusedError{Reference: p.Reference, Key: p.Key, OrderID: orderID, WantOrderID: p.OrderID}
		}
		return intend(ctx, tx, p, now)
	})
	var reused *KeyReusedError
	switch {
	case errors.As(err, &reused):
		return reused
	case err != nil:
		return fmt.Errorf("write intent to pay %s (%s): %w", p.OrderID, p.Reference, err)
	case errors.Is(refused, ErrPaused):
		return fmt.Errorf("pay order %s (%s): %w", p.OrderID, p.Reference, refused)
	}
	return refused
}

// refusal is why p must not be paid now, or nil.
func refusal(ctx context.Context, tx *sql.Tx, p Payment, now time.Time) (refused, err error) {
	state, err := stateOf(ctx, tx, p.Reference)
	switch {
	case err != nil:
		return nil, err
	case state.Ended():
		return &EndedError{Reference: p.Reference, State: state}, nil
	}
	owner, _, err := found(tx.QueryRowContext(ctx, `SELECT reference FROM pins WHERE order_id = $1`, p.OrderID))
	switch {
	case err != nil:
		return nil, err
	case owner != p.Reference:
		return &NotPinnedError{Reference: p.Reference, OrderID: p.OrderID}, nil
	}
	standing, ok, err := found(tx.QueryRowContext(ctx, `SELECT order_id FROM payments WHERE reference = $1 AND voided_at IS NULL`, p.Reference))
	switch {
	case err != nil:
		return nil, err
	case ok && standing != p.OrderID:
		return &OtherPaymentError{Reference: p.Reference, OrderID: standing, WantOrderID: p.OrderID}, nil
	}
	// Of any order of the reference: a request to pay the one before may be on its way.
	flying, err := readInFlight(tx.QueryRowContext(ctx, selectInFlight+` AND NOT (attempt = $2 AND landing = 0)`+latestFirst, p.Reference, p.Attempt), p.Reference)
	switch {
	case err != nil:
		return nil, err
	case flying != nil && flying.Until.After(now):
		flying.For = flying.Until.Sub(now)
		return flying, nil
	}
	return held(ctx, tx, p, now)
}

// intend puts the intent on record.
func intend(ctx context.Context, tx *sql.Tx, p Payment, now time.Time) error {
	var amount *string
	if p.Amount != nil {
		text := p.Amount.String()
		amount = &text
	}
	// It counts to the day of its latest attempt, at the price of then. An attempt that
	// meets itself is no second one.
	_, err := tx.ExecContext(ctx, `INSERT INTO payments (order_id, reference, mock, amount, currency, begun_at, in_flight_until, doubts, attempt, landing)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, 0) ON CONFLICT (order_id) DO UPDATE SET
		doubts = CASE WHEN payments.voided_at IS NOT NULL THEN 1
			WHEN payments.attempt = excluded.attempt AND payments.landing = 0 THEN payments.doubts ELSE payments.doubts + 1 END,
		voided_at = NULL, void_reason = NULL, in_flight_until = excluded.in_flight_until, begun_at = excluded.begun_at,
		amount = COALESCE(excluded.amount, payments.amount), currency = excluded.currency, attempt = excluded.attempt, landing = 0`,
		p.OrderID, p.Reference, p.Mock, amount, p.Currency, stamp(now), stampIf(now.Add(p.InFlight), p.InFlight > 0), p.Attempt)
	return err
}

func stampIf(at time.Time, on bool) *string {
	if !on {
		return nil
	}
	text := stamp(at)
	return &text
}

// LandPayment says what is known of the request of an attempt to pay an order. Of any
// other attempt it says nothing, nor of one that surely was not carried out.
func (l *Ledger) LandPayment(ctx context.Context, orderID, attempt string, landing Landing) error {
	defer l.timed("land_payment")()
	spared, landed := 0, landedUnknown
	if landing.Spared {
		spared, landed = 1, landedSpared
	}
	err := l.write(ctx, func(tx *sql.Tx) error {
		now, err := l.clock(ctx, tx, landing.At)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE payments SET in_flight_until = $1, doubts = doubts - $2, landing = $3
			WHERE order_id = $4 AND attempt = $5 AND landing < $6`,
			stampIf(now.Add(landing.Quiet), !landing.Spared && landing.Quiet > 0), spared, landed, orderID, attempt, landedSpared)
		return err
	})
	if err != nil {
		return fmt.Errorf("land payment of order %s: %w", orderID, err)
	}
	return nil
}

// What is known of the latest attempt: 0 until it has landed.
const (
	landedUnknown = 1 // it may have been carried out
	landedSpared  = 2 // it surely was not
)

func payReason(p Payment) string {
	reason := "about to pay"
	if p.Amount != nil {
		reason += " " + p.Amount.String()
		if p.Currency != "" {
			reason += " " + p.Currency
		}
	}
	if p.Mock {
		reason += " (mock)"
	}
	return reason
}

// VoidPayment says that an order ended unpaid, surely: another one may be paid
// for its reference from now on. Without an intent there is nothing to void. attempt is
// the latest that the caller knows of: where another was begun since, *OvertakenError.
func (l *Ledger) VoidPayment(ctx context.Context, reference, orderID, attempt, reason string, at time.Time) error {
	defer l.timed("void_payment")()
	at = l.at(at)
	var refused error
	err := l.write(ctx, func(tx *sql.Tx) error {
		refused = nil
		if _, err := stateOf(ctx, tx, reference); err != nil {
			return err
		}
		owner, ok, err := found(tx.QueryRowContext(ctx, `SELECT reference FROM payments WHERE order_id = $1`, orderID))
		switch {
		case err != nil || !ok:
			return err
		case owner != reference:
			refused = &NotPinnedError{Reference: reference, OrderID: orderID}
			return nil
		}
		if refused, err = l.notLatest(ctx, tx, reference, orderID, attempt, "void the payment of", at); refused != nil || err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE payments SET voided_at = $1, void_reason = $2 WHERE order_id = $3 AND voided_at IS NULL`,
			stamp(at), storable(reason), orderID)
		if err != nil {
			return err
		}
		if voided, err := result.RowsAffected(); err != nil || voided == 0 {
			return err
		}
		_, err = l.append(ctx, tx, Entry{Reference: reference, Key: "void/" + orderID, Kind: KindNote,
			Reason: "not paid: " + reason, OrderID: orderID, At: at})
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("void payment of order %s (%s): %w", orderID, reference, err)
	case refused != nil:
		return refused
	}
	return nil
}

// PaymentInFlight is until when, on the ledger's clock, the request of an attempt to pay
// one of the reference's orders may be on its way; zero: none is.
func (l *Ledger) PaymentInFlight(ctx context.Context, reference string) (until time.Time, err error) {
	flying, err := readInFlight(l.db.reads.QueryRowContext(ctx, selectInFlight+latestFirst, reference), reference)
	if err != nil {
		return time.Time{}, fmt.Errorf("read payment in flight (%s): %w", reference, err)
	}
	if flying == nil {
		return time.Time{}, nil
	}
	return flying.Until, nil
}

// PaymentInDoubt says whether an attempt to pay one of the reference's orders may have
// gone through, for all that is known.
func (l *Ledger) PaymentInDoubt(ctx context.Context, reference string) (bool, error) {
	_, doubt, err := found(l.db.reads.QueryRowContext(ctx, selectDoubt, reference))
	if err != nil {
		return false, fmt.Errorf("read payments in doubt (%s): %w", reference, err)
	}
	return doubt, nil
}

const selectDoubt = `SELECT order_id FROM payments WHERE reference = $1 AND voided_at IS NULL AND doubts > 0`

func readInFlight(row *sql.Row, reference string) (*PaymentInFlightError, error) {
	e := &PaymentInFlightError{Reference: reference}
	var text string
	switch err := row.Scan(&text, &e.OrderID); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	until, err := parseStamp(text)
	e.Until = until
	return e, err
}

const (
	selectInFlight = `SELECT in_flight_until, order_id FROM payments WHERE reference = $1 AND in_flight_until IS NOT NULL`
	latestFirst    = ` ORDER BY in_flight_until DESC LIMIT 1`
)

// PaymentIntent is the latest attempt to pay an order, as the intent on record has it;
// zero: none was ever begun.
func (l *Ledger) PaymentIntent(ctx context.Context, orderID string) (i Intent, err error) {
	var at string
	var since sql.NullString
	err = l.db.reads.QueryRowContext(ctx, `SELECT attempt, begun_at, doubts, doubt_since, voided_at IS NOT NULL FROM payments WHERE order_id = $1`, orderID).
		Scan(&i.Attempt, &at, &i.Doubts, &since, &i.Voided)
	if errors.Is(err, sql.ErrNoRows) {
		return Intent{}, nil
	}
	if err == nil {
		i.Begun, err = parseStamp(at)
	}
	if err == nil && since.Valid {
		i.DoubtSince, err = parseStamp(since.String)
	}
	if err != nil {
		return Intent{}, fmt.Errorf("read payment of order %s: %w", orderID, err)
	}
	return i, nil
}
