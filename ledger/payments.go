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
// every attempt. first says that no attempt was begun before: when false, the
// order may have been paid, so look at it before paying again.
//
// Refusals: *EndedError, *NotPinnedError, *OtherPaymentError when another order of the
// reference has an intent that stands, *PaymentInFlightError while the request of
// another attempt may be on its way; and, for what is no mock, ErrPaused when payments
// are switched off and *LimitError when it would exceed the day's limit. These two may
// come where an earlier attempt went out: PaymentIntent tells.
//
// An order that was voided and is begun again has a standing intent once more, so
// that no second order can be paid beside it.
func (l *Ledger) BeginPayment(ctx context.Context, p Payment) (first bool, err error) {
	defer l.timed("begin_payment")()
	p.At = l.at(p.At)
	p.Key = cmp.Or(p.Key, "intent/pay/"+p.OrderID)
	var refused error
	err = l.write(ctx, func(tx *sql.Tx) error {
		first = false
		if refused, err = refusal(ctx, tx, p); refused != nil || err != nil {
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
		first, err = intend(ctx, tx, p)
		return err
	})
	var reused *KeyReusedError
	switch {
	case errors.As(err, &reused):
		return false, reused
	case err != nil:
		return false, fmt.Errorf("write intent to pay %s (%s): %w", p.OrderID, p.Reference, err)
	case errors.Is(refused, ErrPaused):
		return false, fmt.Errorf("pay order %s (%s): %w", p.OrderID, p.Reference, refused)
	case refused != nil:
		return false, refused
	}
	return first, nil
}

// refusal is why p must not be paid, or nil.
func refusal(ctx context.Context, tx *sql.Tx, p Payment) (refused, err error) {
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
	flying, err := inFlightAfter(ctx, tx, p.Reference, p.At)
	switch {
	case err != nil:
		return nil, err
	case flying != nil:
		return flying, nil
	}
	return held(ctx, tx, p)
}

// intend puts the intent on record and says whether it is the order's first.
func intend(ctx context.Context, tx *sql.Tx, p Payment) (first bool, err error) {
	var amount *string
	if p.Amount != nil {
		text := p.Amount.String()
		amount = &text
	}
	until := inFlightUntil(p.At.Add(p.InFlight), p.InFlight > 0)
	result, err := tx.ExecContext(ctx, `INSERT INTO payments (order_id, reference, mock, amount, currency, begun_at, in_flight_until, doubts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT (order_id) DO NOTHING`,
		p.OrderID, p.Reference, p.Mock, amount, p.Currency, stamp(p.At), until)
	if err != nil {
		return false, err
	}
	inserted, err := result.RowsAffected()
	if err != nil || inserted == 1 {
		return inserted == 1, err
	}
	// It counts to the day of its latest attempt, at the price of then.
	_, err = tx.ExecContext(ctx, `UPDATE payments SET doubts = CASE WHEN voided_at IS NULL THEN doubts + 1 ELSE 1 END, voided_at = NULL, void_reason = NULL, in_flight_until = $1, begun_at = $2,
		amount = COALESCE($3, amount), currency = $4 WHERE order_id = $5`, until, stamp(p.At), amount, p.Currency, p.OrderID)
	return false, err
}

func inFlightUntil(at time.Time, on bool) *string {
	if !on {
		return nil
	}
	text := stamp(at)
	return &text
}

// LandPayment says that the request of the attempt that could be in flight until
// then was surely not carried out, or, where its outcome is not known, that it has
// landed by quietUntil at the latest. Of any other attempt it says nothing.
func (l *Ledger) LandPayment(ctx context.Context, orderID string, until, quietUntil time.Time) error {
	defer l.timed("land_payment")()
	cleared := 0
	if quietUntil.IsZero() {
		cleared = 1
	}
	err := l.exec(ctx, `UPDATE payments SET in_flight_until = $1, doubts = doubts - $2 WHERE order_id = $3 AND in_flight_until = $4`,
		inFlightUntil(quietUntil, cleared == 0), cleared, orderID, stamp(until))
	if err != nil {
		return fmt.Errorf("land payment of order %s: %w", orderID, err)
	}
	return nil
}

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
// for its reference from now on. Without an intent there is nothing to void.
func (l *Ledger) VoidPayment(ctx context.Context, reference, orderID, reason string, at time.Time) error {
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

// PaymentInFlight is until when the request of an attempt to pay one of the
// reference's orders may be on its way; zero: none is.
func (l *Ledger) PaymentInFlight(ctx context.Context, reference string) (until time.Time, err error) {
	flying, err := readInFlight(l.db.reads.QueryRowContext(ctx, selectInFlight, reference), reference)
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

// inFlightAfter is the request to pay, if any, that may be on its way after at.
func inFlightAfter(ctx context.Context, tx *sql.Tx, reference string, at time.Time) (*PaymentInFlightError, error) {
	flying, err := readInFlight(tx.QueryRowContext(ctx, selectInFlight, reference), reference)
	if err != nil || flying == nil || !flying.Until.After(at) {
		return nil, err
	}
	return flying, nil
}

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

const selectInFlight = `SELECT in_flight_until, order_id FROM payments WHERE reference = $1 AND in_flight_until IS NOT NULL
	ORDER BY in_flight_until DESC LIMIT 1`

// PaymentIntent is when the latest attempt to pay the order was begun, as the intent on
// record has it, and whether that was voided; zero: none was ever begun.
func (l *Ledger) PaymentIntent(ctx context.Context, orderID string) (begun time.Time, voided bool, err error) {
	var at string
	err = l.db.reads.QueryRowContext(ctx, `SELECT begun_at, voided_at IS NOT NULL FROM payments WHERE order_id = $1`, orderID).Scan(&at, &voided)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	if err == nil {
		begun, err = parseStamp(at)
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read payment of order %s: %w", orderID, err)
	}
	return begun, voided, nil
}
