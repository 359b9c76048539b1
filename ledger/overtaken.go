package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// A worker may stand still for as long as it likes between what it saw and what it writes
// of that, and go on then as if nothing had been: others have taken over its step, or a
// reset the whole run. So a later step has the higher number, over all runs of an order,
// and a write that would take something back says whose it is: the ledger refuses it to
// whoever was overtaken. What stays true whoever comes late is written all the same: a
// code, a pin, a note.

// LastStep is the highest step of an order on record, of whichever run; 0: none is.
func (l *Ledger) LastStep(ctx context.Context, reference string) (int, error) {
	step, err := lastStep(ctx, l.db.reads, reference)
	if err != nil {
		return 0, fmt.Errorf("read last step (%s): %w", reference, err)
	}
	return step, nil
}

func lastStep(ctx context.Context, from querier, reference string) (step int, err error) {
	err = from.QueryRowContext(ctx, `SELECT COALESCE(MAX(step), 0) FROM audit WHERE reference = $1`, reference).Scan(&step)
	return step, err
}

// overtaken is the refusal of what an attempt that was overtaken wanted, once it is noted.
func (l *Ledger) overtaken(ctx context.Context, tx *sql.Tx, e Entry, wanted string) (refused, err error) {
	state, err := stateOf(ctx, tx, e.Reference)
	if err == nil {
		_, err = l.append(ctx, tx, Entry{Reference: e.Reference, Key: "overtaken/" + e.Key, Kind: KindNote, State: state, OrderID: e.OrderID, At: e.At,
			Reason: "an attempt that was overtaken wanted to " + wanted})
	}
	return &OvertakenError{Reference: e.Reference, State: state}, err
}

// payOvertaken refuses a payment of a step below one on record, and one that does not know
// of the latest attempt to pay the order: what it looked at was from before that.
func (l *Ledger) payOvertaken(ctx context.Context, tx *sql.Tx, p Payment) (refused, err error) {
	step, err := lastStep(ctx, tx, p.Reference)
	if err != nil {
		return nil, err
	}
	latest, _, err := found(tx.QueryRowContext(ctx, `SELECT attempt FROM payments WHERE order_id = $1`, p.OrderID))
	if err != nil {
		return nil, err
	}
	late := p.Step > 0 && p.Step < step
	if unseen := p.After != nil && latest != *p.After && latest != p.Attempt; !late && !unseen {
		return nil, nil
	}
	return l.overtaken(ctx, tx, Entry{Reference: p.Reference, Key: p.Key + "/" + p.Attempt, OrderID: p.OrderID, At: p.At}, "pay order "+p.OrderID)
}

// notLatest refuses what is said of an attempt to pay an order once another has begun.
func (l *Ledger) notLatest(ctx context.Context, tx *sql.Tx, reference, orderID, attempt, wanted string, at time.Time) (refused, err error) {
	latest, there, err := found(tx.QueryRowContext(ctx, `SELECT attempt FROM payments WHERE order_id = $1`, orderID))
	if err != nil || !there || latest == attempt {
		return nil, err
	}
	wanted += " order " + orderID
	return l.overtaken(ctx, tx, Entry{Reference: reference, Key: wanted + "/" + attempt, OrderID: orderID, At: at}, wanted)
}
