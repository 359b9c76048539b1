package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/store"
	"foxflow/order"
)

// Running is an order as its workflow has it, for a ledger that may not.
type Running struct {
	Request order.Request
	Status  order.Status
	// Sent says that a request may have left which only the lost ledger knew of: to pay the
	// order, or, as long as it has no id, to create it. InFlight is how long such a payment
	// may still be on its way.
	Sent     bool
	InFlight time.Duration
	At       time.Time
}

// TakeUp makes anew what the ledger lacks of an order that runs: it was put back from a
// backup, and knows less than Temporal. Its row, with how it stands; the pin of its order
// id; and where a request may have left, that it may, so that whoever works on the order
// looks at it first. A note on the audit log says so. It says whether anything was lacking.
func (l Orders) TakeUp(ctx context.Context, r Running) (lacked bool, err error) {
	row, err := l.newRow(r.Request, r.Status.StartedAt)
	if err != nil {
		return false, fmt.Errorf("take up order %s: %w", r.Request.Reference, err)
	}
	r.At = l.store.Clock.At(r.At)
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		lacked = false
		for _, part := range []func(context.Context, *sql.Tx, Running) (bool, error){
			func(ctx context.Context, tx *sql.Tx, _ Running) (bool, error) { return insertRow(ctx, tx, row) }, takeUpPin, l.takeUpPayment, takeUpCreate,
		} {
			made, err := part(ctx, tx, r)
			if err != nil {
				return err
			}
			lacked = lacked || made
		}
		if !lacked {
			return nil
		}
		return l.noteTakenUp(ctx, tx, r)
	})
	if err != nil {
		return false, fmt.Errorf("take up order %s: %w", r.Request.Reference, err)
	}
	return lacked, nil
}

// noteTakenUp says on the log why it begins here, and puts how the order stands on record
// where nothing is yet.
func (l Orders) noteTakenUp(ctx context.Context, tx *sql.Tx, r Running) error {
	key := fmt.Sprintf("taken-up/%d", r.At.UnixNano())
	e := Entry{Reference: r.Request.Reference, Key: key, Kind: KindNote, At: r.At,
		Reason: "the order runs and the ledger did not know all of it: it was put back from a backup; what was missing is made anew from the workflow"}
	if r.Status.OrderID != nil {
		e.OrderID = *r.Status.OrderID
	}
	if _, err := l.append(ctx, tx, e); err != nil {
		return err
	}
	have, err := readWalked(ctx, tx, e)
	if err != nil || have.last != "" {
		return err
	}
	e.Key, e.Kind, e.State, e.Reason = key+"/state", KindState, r.Status.State, "as its workflow has it"
	_, err = l.record(ctx, tx, e, r.Status, have)
	return err
}

// insertRow says whether the order was not there.
func insertRow(ctx context.Context, tx *sql.Tx, row newRow) (bool, error) {
	values, err := row.values()
	if err != nil {
		return false, err
	}
	result, err := tx.ExecContext(ctx, insertInto("orders", orderColumns, 1)+` ON CONFLICT (reference) DO NOTHING`, values...)
	return store.Changed(result, err)
}

// orderColumns are those of an order that is new.
var orderColumns = []string{"reference", "request", "request_hash", "state", "mock", "snapshot", "started_at", "updated_at", "missing", "waits"}

// values are those of orderColumns.
func (row newRow) values() ([]any, error) {
	s := row.status
	text, err := snapshot(s)
	return []any{s.Reference, row.sealed, row.hash, s.State, s.Mock, text, store.Stamp(s.StartedAt), store.Stamp(s.UpdatedAt), s.Missing(), s.WaitingForCode}, err
}

// takeUpPin leaves alone what belongs to another reference or place: the order's next step
// is refused then, as ever.
func takeUpPin(ctx context.Context, tx *sql.Tx, r Running) (bool, error) {
	if r.Status.OrderID == nil {
		return false, nil
	}
	return store.Changed(tx.ExecContext(ctx, `INSERT INTO pins (order_id, reference, replacement, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		*r.Status.OrderID, r.Request.Reference, r.Status.Replacements, store.Stamp(r.At)))
}

// takenUp is the attempt that stands for all that the ledger has lost.
const takenUp = "taken up"

func (l Orders) takeUpPayment(ctx context.Context, tx *sql.Tx, r Running) (bool, error) {
	if r.Status.OrderID == nil || !r.Sent {
		return false, nil
	}
	owner, _, err := store.Found(tx.QueryRowContext(ctx, `SELECT reference FROM pins WHERE order_id = $1`, *r.Status.OrderID))
	if err != nil || owner != r.Request.Reference {
		return false, err
	}
	now, err := l.store.Clock.Now(ctx, tx, r.At)
	if err != nil {
		return false, err
	}
	cost, currency := r.Status.Cost()
	var amount *string
	if cost != nil {
		text := cost.String()
		amount = &text
	}
	return store.Changed(tx.ExecContext(ctx, `INSERT INTO payments (order_id, reference, mock, amount, currency, begun_at, in_flight_until, doubts, attempt, landing)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9) ON CONFLICT DO NOTHING`, *r.Status.OrderID, r.Request.Reference, r.Request.Mock, amount, currency,
		store.Stamp(now), store.StampIf(now.Add(r.InFlight), r.InFlight > 0), takenUp, landedUnknown))
}

func takeUpCreate(ctx context.Context, tx *sql.Tx, r Running) (bool, error) {
	if r.Status.OrderID != nil || !r.Sent {
		return false, nil
	}
	return store.Changed(tx.ExecContext(ctx, `INSERT INTO create_attempts (reference, replacement, attempts, first_at) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING`,
		r.Request.Reference, r.Status.Replacements, store.Stamp(r.Status.StartedAt)))
}

// Lacks says that a write failed for what the ledger does not know of an order that runs,
// its row or its pin: TakeUp makes that anew.
func Lacks(err error) bool {
	var unpinned *NotPinnedError
	return errors.Is(err, ErrNotFound) || errors.As(err, &unpinned) || store.LacksRow(err)
}
