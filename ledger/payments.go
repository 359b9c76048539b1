package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/rules"
	"foxflow/internal/store"
)

// Begin writes down that an order is about to be paid; call it before
// every attempt. Where Intent knows of an earlier one, the order may have been
// paid: look at it before paying again.
//
// The same attempt again, before anything was said of its landing, is that attempt: it is
// in nobody's way, counts once, and is in flight from then on. So after an error, which
// leaves open whether the intent is on record, it may be begun again. Whoever does not,
// and whoever was refused then, sends nothing: Land says so of the attempt.
//
// Refusals: *OvertakenError when a later step is on record, or an attempt to pay the order
// that p.After does not know of; *EndedError, *NotPinnedError, *OtherPaymentError when another order of the
// reference has an intent that stands, *PaymentInFlightError while the request of
// another attempt may be on its way; and, for what is no mock, ErrPaused when payments
// are switched off and *LimitError when it would exceed the day's limit. These two may
// come where an earlier attempt went out: Intent tells.
//
// An order that was voided and is begun again has a standing intent once more, so
// that no second order can be paid beside it.
func (l Payments) Begin(ctx context.Context, p Payment) error {
	defer l.store.Timed("begin_payment")()
	if p.Attempt == "" {
		return fmt.Errorf("write intent to pay %s (%s): the attempt has no id", p.OrderID, p.Reference)
	}
	p.At = l.store.Clock.At(p.At)
	p.Key = cmp.Or(p.Key, "intent/pay/"+p.OrderID)
	var refused error
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		now, err := l.store.Clock.Now(ctx, tx, p.At)
		if err != nil {
			return err
		}
		if refused, err = l.leave(ctx, tx, p, now); refused != nil || err != nil {
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
		return l.intend(ctx, tx, p, now)
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

// intend puts the intent on record.
func (l Payments) intend(ctx context.Context, tx *sql.Tx, p Payment, now time.Time) error {
	var amount *string
	if p.Amount != nil {
		text := p.Amount.String()
		amount = &text
	}
	// It counts to the day of its latest attempt, at the price of then. An attempt that
	// meets itself is no second one.
	return l.store.Together(ctx, tx, store.Statement{SQL: `INSERT INTO payments (order_id, reference, mock, amount, currency, begun_at, in_flight_until, doubts, attempt, landing)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, 0) ON CONFLICT (order_id) DO UPDATE SET
		doubts = CASE WHEN payments.voided_at IS NOT NULL THEN 1
			WHEN payments.attempt = excluded.attempt AND payments.landing = 0 THEN payments.doubts ELSE payments.doubts + 1 END,
		voided_at = NULL, void_reason = NULL, in_flight_until = excluded.in_flight_until, begun_at = excluded.begun_at,
		amount = COALESCE(excluded.amount, payments.amount), currency = excluded.currency, attempt = excluded.attempt, landing = 0`,
		Args: []any{p.OrderID, p.Reference, p.Mock, amount, p.Currency, store.Stamp(now), store.StampIf(now.Add(p.InFlight), p.InFlight > 0), p.Attempt}})
}

// Land says what is known of the request of an attempt to pay an order. Of any
// other attempt it says nothing, nor of one that surely was not carried out.
func (l Payments) Land(ctx context.Context, orderID, attempt string, landing Landing) error {
	defer l.store.Timed("land_payment")()
	spared, landed := 0, landedUnknown
	if landing.Spared {
		spared, landed = 1, landedSpared
	}
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		now, err := l.store.Clock.Now(ctx, tx, landing.At)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE payments SET in_flight_until = $1, doubts = doubts - $2, landing = $3
			WHERE order_id = $4 AND attempt = $5 AND landing < $6`,
			store.StampIf(now.Add(landing.Quiet), !landing.Spared && landing.Quiet > 0), spared, landed, orderID, attempt, landedSpared)
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

// Void says that nothing was paid of what was sent for an order, surely: another one may be
// paid for its reference from now on. Without an intent there is nothing to void. attempt is
// the latest that the caller knows of: where another was begun since, *OvertakenError.
func (l Payments) Void(ctx context.Context, reference, orderID, attempt, reason string, at time.Time) error {
	return l.void(ctx, reference, orderID, attempt, reason, at, false)
}

// End is Void for an order that has ended unpaid, whether anything was sent for it or not: no
// attempt that has seen it before, and stood still since, pays it any more.
func (l Payments) End(ctx context.Context, reference, orderID, attempt, reason string, at time.Time) error {
	return l.void(ctx, reference, orderID, attempt, reason, at, true)
}

// overKey is the key of the entry that says that an order has ended unpaid.
func overKey(orderID string) string { return "over/" + orderID }

func (l Payments) void(ctx context.Context, reference, orderID, attempt, reason string, at time.Time, ended bool) error {
	defer l.store.Timed("void_payment")()
	at = l.store.Clock.At(at)
	var refused error
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		have, owner, err := readUnpaid(ctx, tx, reference, orderID, attempt, ended)
		if err != nil {
			return err
		}
		refused = nil
		if have.Begun && owner != reference {
			refused = &NotPinnedError{Reference: reference, OrderID: orderID}
			return nil
		}
		void, over, overtaken := have.Void()
		if overtaken {
			refused, err = l.notLatest(ctx, tx, reference, orderID, attempt, "void the payment of", at)
			return err
		}
		if void {
			if void, err = store.Changed(tx.ExecContext(ctx, `UPDATE payments SET voided_at = $1, void_reason = $2 WHERE order_id = $3 AND voided_at IS NULL`,
				store.Stamp(at), store.Storable(reason), orderID)); err != nil {
				return err
			}
		}
		key := "void/" + orderID
		switch {
		case over:
			key = overKey(orderID)
		case !void:
			return nil
		}
		_, err = l.append(ctx, tx, Entry{Reference: reference, Key: key, Kind: KindNote,
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

// readUnpaid is what there is of the payments of an order, and the reference that they are for.
func readUnpaid(ctx context.Context, tx *sql.Tx, reference, orderID, attempt string, ended bool) (have rules.Unpaid, owner string, err error) {
	if _, err := stateOf(ctx, tx, reference); err != nil {
		return have, "", err
	}
	have.Ended = ended
	err = tx.QueryRowContext(ctx, `SELECT reference, attempt = $1 FROM payments WHERE order_id = $2`, attempt, orderID).Scan(&owner, &have.Latest)
	if errors.Is(err, sql.ErrNoRows) {
		return have, "", nil
	}
	have.Begun = true
	return have, owner, err
}

// InFlight is until when, on the ledger's clock, the request of an attempt to pay
// one of the reference's orders may be on its way; zero: none is.
func (l Payments) InFlight(ctx context.Context, reference string) (until time.Time, err error) {
	text, there, err := store.Found(l.store.Reads().QueryRowContext(ctx, selectInFlight, reference))
	if err == nil && there {
		until, err = store.ParseStamp(text)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read payment in flight (%s): %w", reference, err)
	}
	return until, nil
}

// InDoubt is the order of the reference an attempt to pay which may have gone through, for
// all that is known; there is false where none may. There is one at most: one payment of a
// reference stands.
func (l Payments) InDoubt(ctx context.Context, reference string) (d Doubted, there bool, err error) {
	if d, there, err = readDoubt(ctx, l.store.Reads(), reference); err != nil {
		return Doubted{}, false, fmt.Errorf("read payments in doubt (%s): %w", reference, err)
	}
	return d, there, nil
}

// Doubted is an order of a reference whose payment is in doubt.
type Doubted struct {
	OrderID     string
	Replacement int // its number among the reference's
}

const selectDoubt = `SELECT payments.order_id, pins.replacement FROM payments JOIN pins ON pins.order_id = payments.order_id
	WHERE payments.reference = $1 AND payments.voided_at IS NULL AND payments.doubts > 0`

func readDoubt(ctx context.Context, from store.Querier, reference string) (d Doubted, there bool, err error) {
	err = from.QueryRowContext(ctx, selectDoubt, reference).Scan(&d.OrderID, &d.Replacement)
	if errors.Is(err, sql.ErrNoRows) {
		return Doubted{}, false, nil
	}
	return d, err == nil, err
}

const (
	latestFirst    = ` ORDER BY in_flight_until DESC LIMIT 1`
	selectInFlight = `SELECT in_flight_until FROM payments WHERE reference = $1 AND in_flight_until IS NOT NULL` + latestFirst
)

// Holds is what the ledger holds of a FoxReload order: the latest attempt to pay it, as Intent
// gives it, and how many codes, as Vault.Count does.
func (l Payments) Holds(ctx context.Context, orderID string) (i Intent, codes map[int]int, err error) {
	codes = map[int]int{}
	rows, err := l.store.Reads().QueryContext(ctx, `SELECT -1, attempt, begun_at, doubts, doubt_since, CASE WHEN voided_at IS NULL THEN 0 ELSE 1 END FROM payments WHERE order_id = $1
		UNION ALL SELECT item_index, '', '', COUNT(*), NULL, 0 FROM codes WHERE order_id = $1 GROUP BY item_index`, orderID)
	if err == nil {
		defer rows.Close()
		for err == nil && rows.Next() {
			err = scanHeld(rows, &i, codes)
		}
		err = cmp.Or(err, rows.Err())
	}
	if err != nil {
		return Intent{}, nil, fmt.Errorf("read payment and codes of order %s: %w", orderID, err)
	}
	return i, codes, nil
}

func scanHeld(rows *sql.Rows, i *Intent, codes map[int]int) error {
	var item, count, voided int
	var attempt, at string
	var since sql.NullString
	if err := rows.Scan(&item, &attempt, &at, &count, &since, &voided); err != nil {
		return err
	}
	if item >= 0 {
		codes[item] = count
		return nil
	}
	i.Attempt, i.Doubts, i.Voided = attempt, count, voided == 1
	return i.times(at, since)
}

// times reads when the attempt was begun, and since when there is doubt.
func (i *Intent) times(begun string, since sql.NullString) (err error) {
	if i.Begun, err = store.ParseStamp(begun); err == nil && since.Valid {
		i.DoubtSince, err = store.ParseStamp(since.String)
	}
	return err
}

// Intent is the latest attempt to pay an order, as the intent on record has it;
// zero: none was ever begun.
func (l Payments) Intent(ctx context.Context, orderID string) (i Intent, err error) {
	var at string
	var since sql.NullString
	err = l.store.Reads().QueryRowContext(ctx, `SELECT attempt, begun_at, doubts, doubt_since, voided_at IS NOT NULL FROM payments WHERE order_id = $1`, orderID).
		Scan(&i.Attempt, &at, &i.Doubts, &since, &i.Voided)
	if errors.Is(err, sql.ErrNoRows) {
		return Intent{}, nil
	}
	if err == nil {
		err = i.times(at, since)
	}
	if err != nil {
		return Intent{}, fmt.Errorf("read payment of order %s: %w", orderID, err)
	}
	return i, nil
}
