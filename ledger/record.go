package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"foxflow/order"
)

// Record puts a state on the log and makes s the order's row, in one transaction.
//
// The log stays one legal walk through the states, whatever is repeated. A key
// that is on record changes nothing: it is a repeat. The state that the order is in already
// is not entered again: the row becomes s, and another reason to wait in it is noted. A
// step that no order can take means that the order's workflow was taken up again from an
// earlier point: a note says so first.
//
// What a later attempt has put on record is never taken back by one that was thought dead:
// *OvertakenError. That is a state of a step that is not above every step on record, of
// whichever run (a note says so); and what came of an unresolved order, other than by a
// recheck. The row of an order that has ended is renewed by a recheck alone, whose reason
// is noted.
//
// A run that is itself behind what it has seen and put on record gets an *AheadError.
//
// With e.Unpaid, a *PaymentInDoubtError says that a payment may have gone through.
func (l *Ledger) Record(ctx context.Context, e Entry, s order.Status) error {
	defer l.timed("record")()
	e.State = cmp.Or(e.State, s.State)
	switch {
	case s.Reference != e.Reference:
		return fmt.Errorf("record order %s: the status is of %s", e.Reference, s.Reference)
	case !s.State.Known():
		return fmt.Errorf("record order %s: %q is not a state", e.Reference, s.State)
	}
	if err := e.check(); err != nil {
		return err
	}
	if s.UpdatedAt.IsZero() {
		s.UpdatedAt = l.at(e.At)
	}
	var refused error
	var step *Step
	err := l.write(ctx, func(tx *sql.Tx) (err error) {
		step, refused = nil, nil
		known, err := onRecord(ctx, tx, e.Reference, e.Key)
		if err != nil || known {
			return err
		}
		have, err := readWalked(ctx, tx, e)
		if err != nil {
			return err
		}
		if e.First && have.wrote {
			return nil // it has begun, and may have gone on
		}
		if refused, err = l.refuseRecord(ctx, tx, e, have); refused != nil || err != nil {
			return err
		}
		step, err = l.record(ctx, tx, e, s, have)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("record order %s as %s: %w", e.Reference, s.State, err)
	case refused != nil:
		return refused
	}
	l.entered(step)
	return nil
}

// walked is how far an order has come on record, before an entry.
type walked struct {
	last order.State // that was entered; "": none was
	step int         // the highest on record, of whichever run
	// wrote says that the entry's run has entries on record.
	wrote bool
}

func readWalked(ctx context.Context, tx *sql.Tx, e Entry) (w walked, err error) {
	err = tx.QueryRowContext(ctx, `SELECT state FROM audit WHERE reference = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1`,
		e.Reference, KindState).Scan(&w.last)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err != nil || e.Run == "" {
		return w, err
	}
	if w.step, err = lastStep(ctx, tx, e.Reference); err != nil {
		return w, err
	}
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM audit WHERE reference = $1 AND substr(key, 1, $2) = $3`,
		e.Reference, len(e.Run), e.Run).Scan(&w.wrote)
	return w, err
}

// revisable is what may turn out to have come of an order that was given up.
var revisable = []order.State{order.Completed, order.Failed, order.Cancelled}

// seen are the states that are entered on FoxReload's word alone: no run takes them back.
var seen = []order.State{order.Paid, order.Processing, order.Completed}

// refuseRecord says why the entry must not be put on record, or nil.
func (l *Ledger) refuseRecord(ctx context.Context, tx *sql.Tx, e Entry, have walked) (refused, err error) {
	overtaken := &OvertakenError{Reference: e.Reference, State: have.last}
	revises := have.last == order.Unresolved && slices.Contains(revisable, e.State)
	switch {
	case e.Step > 0 && e.Step <= have.step:
		return l.overtaken(ctx, tx, e, fmt.Sprintf("put state %s on record", e.State))
	case e.Recheck && !revises && e.State != have.last:
		return fmt.Errorf("recheck order %s: it is on record as %s, which a recheck can't change to %s", e.Reference, have.last, e.State), nil
	case e.Recheck && !have.last.Ended():
		return fmt.Errorf("recheck order %s: it has not ended: %s", e.Reference, have.last), nil
	case !e.Recheck && revises:
		return overtaken, nil
	case !e.Recheck && have.wrote && slices.Contains(seen, have.last) && e.State != have.last && !have.last.CanBecome(e.State):
		return &AheadError{Reference: e.Reference, State: have.last}, nil
	case !e.Unpaid:
		return nil, nil
	}
	doubtful, there, err := found(tx.QueryRowContext(ctx, selectDoubt, e.Reference))
	if err != nil || !there {
		return nil, err
	}
	return &PaymentInDoubtError{Reference: e.Reference, OrderID: doubtful}, nil
}

// record gives the step that it wrote down; nil: the state is no new one.
func (l *Ledger) record(ctx context.Context, tx *sql.Tx, e Entry, s order.Status, have walked) (step *Step, err error) {
	if have.last == e.State {
		if err := l.noteSame(ctx, tx, e, have); err != nil || e.State.Ended() && !e.Recheck {
			return nil, err
		}
		return nil, updateOrder(ctx, tx, s)
	}
	if step, err = l.step(ctx, tx, e, s, have.last); err != nil {
		return nil, err
	}
	if have.last != "" && !have.last.CanBecome(e.State) && !e.Recheck {
		if _, err := l.append(ctx, tx, Entry{Reference: e.Reference, Key: "again/" + e.Key, Kind: KindNote, State: have.last, OrderID: e.OrderID, At: e.At,
			Reason: "the order's workflow was taken up again from an earlier point"}); err != nil {
			return nil, err
		}
	}
	if _, err := l.append(ctx, tx, e); err != nil {
		return nil, err
	}
	return step, updateOrder(ctx, tx, s)
}

// noteSame notes what there is to say of a state that is no new one: another reason to
// wait in it, what a recheck is for, or that another run takes the order up, whose step
// must be on record.
func (l *Ledger) noteSame(ctx context.Context, tx *sql.Tx, e Entry, have walked) error {
	e.Kind = KindNote
	switch {
	case e.Reason != "" && (e.State.Waits() || e.Recheck):
	case e.Step > 0 && e.Run != "" && !have.wrote:
		e.Reason = cmp.Or(e.Reason, "the order's workflow was taken up again")
	default:
		return nil
	}
	_, err := l.append(ctx, tx, e)
	return err
}
