package ledger

import (
	"context"
	"database/sql"
	"time"

	"foxflow/internal/store"
)

// A worker may stand still for as long as it likes between what it saw and what it writes
// of that, and go on then as if nothing had been: others have taken over its step, or a
// reset the whole run. So a later step has the higher number, over all runs of an order,
// and a write that would take something back says whose it is: the ledger refuses it to
// whoever was overtaken. What stays true whoever comes late is written all the same: a
// code, a pin, a note.

// overtaken is the refusal of what an attempt that was overtaken wanted, once it is noted.
func (b *book) overtaken(ctx context.Context, tx *sql.Tx, e Entry, wanted string) (refused, err error) {
	state, err := stateOf(ctx, tx, e.Reference)
	if err == nil {
		_, err = b.append(ctx, tx, Entry{Reference: e.Reference, Key: "overtaken/" + e.Key, Kind: KindNote, State: state, OrderID: e.OrderID, At: e.At,
			Reason: "an attempt that was overtaken wanted to " + wanted})
	}
	return &OvertakenError{Reference: e.Reference, State: state}, err
}

// notLatest refuses what is said of an attempt to pay an order once another has begun.
func (l Payments) notLatest(ctx context.Context, tx *sql.Tx, reference, orderID, attempt, wanted string, at time.Time) (refused, err error) {
	latest, there, err := store.Found(tx.QueryRowContext(ctx, `SELECT attempt FROM payments WHERE order_id = $1`, orderID))
	if err != nil || !there || latest == attempt {
		return nil, err
	}
	wanted += " order " + orderID
	return l.overtaken(ctx, tx, Entry{Reference: reference, Key: wanted + "/" + attempt, OrderID: orderID, At: at}, wanted)
}
