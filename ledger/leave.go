package ledger

import (
	"context"
	"database/sql"
	"time"

	"foxflow/internal/rules"
	"foxflow/internal/store"
	"foxflow/order"
)

// leaving is what is on record that says whether a request to pay may leave.
type leaving struct {
	state    *order.State // of the reference; nil: it is not on record
	step     int          // the highest on record, of whichever run
	latest   string       // attempt to pay the order; empty: none
	over     bool         // the order has ended unpaid
	owner    string       // the reference that the order is pinned to
	standing string       // the order of the reference whose payment stands; empty: none
	// flying is until when another request to pay one of the reference's orders may be on its
	// way, and flies which; nil: none was sent.
	flying, flies *string
	paused        bool
}

const (
	selectFlying  = ` FROM payments WHERE reference = $1 AND in_flight_until IS NOT NULL AND NOT (attempt = $4 AND landing = 0)` + latestFirst
	selectLeaving = `SELECT (SELECT state FROM orders WHERE reference = $1), (SELECT COALESCE(MAX(step), 0) FROM audit WHERE reference = $1),
		COALESCE((SELECT attempt FROM payments WHERE order_id = $2), ''), EXISTS (SELECT 1 FROM audit WHERE reference = $1 AND key = $3),
		COALESCE((SELECT reference FROM pins WHERE order_id = $2), ''), COALESCE((SELECT order_id FROM payments WHERE reference = $1 AND voided_at IS NULL), ''),
		(SELECT in_flight_until` + selectFlying + `), (SELECT order_id` + selectFlying + `), EXISTS (` + selectPause + `)`
)

func readLeaving(ctx context.Context, tx *sql.Tx, p Payment) (have leaving, err error) {
	err = tx.QueryRowContext(ctx, selectLeaving, p.Reference, p.OrderID, overKey(p.OrderID), p.Attempt).
		Scan(&have.state, &have.step, &have.latest, &have.over, &have.owner, &have.standing, &have.flying, &have.flies, &have.paused)
	if err == nil && have.state == nil {
		err = ErrNotFound
	}
	return have, err
}

// inFlight is the request that may be on its way at now, of whichever order of the reference: one
// to pay the order before may be. Nil: none.
func (l leaving) inFlight(p Payment, now time.Time) (*PaymentInFlightError, error) {
	if l.flying == nil {
		return nil, nil
	}
	until, err := store.ParseStamp(*l.flying)
	if err != nil || !until.After(now) {
		return nil, err
	}
	return &PaymentInFlightError{Reference: p.Reference, OrderID: *l.flies, Until: until, For: until.Sub(now)}, nil
}

// leave says why the request of p must not leave now, or nil.
func (l Payments) leave(ctx context.Context, tx *sql.Tx, p Payment, now time.Time) (refused, err error) {
	have, err := readLeaving(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	flying, err := have.inFlight(p, now)
	if err != nil {
		return nil, err
	}
	request := rules.Payment{
		Over:   have.over,
		Late:   p.Step > 0 && p.Step < have.step,
		Unseen: p.After != nil && have.latest != *p.After && have.latest != p.Attempt,
		State:  *have.state,
		Pinned: have.owner == p.Reference,
		Other:  have.standing != "" && have.standing != p.OrderID,
		Flying: flying != nil,
	}
	switch request.Leave() {
	case rules.LateToPay:
		return l.overtaken(ctx, tx, Entry{Reference: p.Reference, Key: p.Key + "/" + p.Attempt, OrderID: p.OrderID, At: p.At}, "pay order "+p.OrderID)
	case rules.HasEnded:
		return &EndedError{Reference: p.Reference, State: *have.state}, nil
	case rules.NotPinned:
		return &NotPinnedError{Reference: p.Reference, OrderID: p.OrderID}, nil
	case rules.OtherPayment:
		return &OtherPaymentError{Reference: p.Reference, OrderID: have.standing, WantOrderID: p.OrderID}, nil
	case rules.InFlight:
		return flying, nil
	}
	return withheld(ctx, tx, p, have.paused, now)
}
