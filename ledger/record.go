package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"foxflow/internal/rules"
	"foxflow/internal/store"
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
// With e.Unpaid, a *PaymentInDoubtError says that a payment may have gone through; with e.Pin a
// *PinnedError what keeps the order from being pinned.
func (l Orders) Record(ctx context.Context, e Entry, s order.Status) error {
	defer l.store.Timed("record")()
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
		s.UpdatedAt = l.store.Clock.At(e.At)
	}
	var refused error
	var step *Transition
	err := l.store.Write(ctx, func(tx *sql.Tx) (err error) {
		step, refused = nil, nil
		if refused, err = l.before(ctx, tx, e); refused != nil || err != nil {
			return err
		}
		have, err := readWalked(ctx, tx, e)
		if err != nil || have.known {
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

// before does what is to be done before the state is put on record, whatever is there already.
func (l Orders) before(ctx context.Context, tx *sql.Tx, e Entry) (refused, err error) {
	if e.First {
		left := store.Statement{SQL: `DELETE FROM queue WHERE reference = $1`, Args: []any{e.Reference}}
		if err := l.store.Together(ctx, tx, left); err != nil {
			return nil, err
		}
	}
	if e.Pin == nil {
		return nil, nil
	}
	if refused, err = Pins(l).pin(ctx, tx, e.Reference, *e.Pin, e.OrderID, e.At); refused != nil || err != nil {
		return refused, err
	}
	return nil, l.store.Together(ctx, tx, endStreak(e.Reference))
}

// walked is how far an order has come on record, before an entry.
type walked struct {
	known bool        // the entry is on record already
	last  order.State // that was entered; "": none was
	since string      // when that was
	step  int         // the highest on record, of whichever run
	// wrote says that the entry's run has entries on record, paid that the entry's order was
	// seen paid.
	wrote, paid bool
	// startedAt is when the order began, by its row.
	startedAt string
}

var selectWalked = `SELECT EXISTS (SELECT 1 FROM audit WHERE reference = $1 AND key = $2), COALESCE(newest.state, ''), COALESCE(newest.at, ''),
	(SELECT COALESCE(MAX(step), 0) FROM audit WHERE reference = $1), EXISTS (SELECT 1 FROM audit WHERE reference = $1 AND substr(key, 1, $3) = $4),
	EXISTS (SELECT 1 FROM audit WHERE reference = $1 AND kind = 'state' AND order_id = $5 AND state IN ` + store.List(order.StatesThat(order.State.ReportedPaid)) + `),
	orders.started_at FROM orders LEFT JOIN audit newest ON newest.reference = $1 AND newest.seq = (SELECT MAX(seq) FROM audit WHERE reference = $1 AND kind = 'state')
	WHERE orders.reference = $1`

func readWalked(ctx context.Context, tx *sql.Tx, e Entry) (w walked, err error) {
	err = tx.QueryRowContext(ctx, selectWalked, e.Reference, e.Key, len(e.Run), e.Run, e.OrderID).
		Scan(&w.known, &w.last, &w.since, &w.step, &w.wrote, &w.paid, &w.startedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return w, ErrNotFound
	}
	if e.Run == "" {
		w.step, w.wrote = 0, false
	}
	return w, err
}

// refuseRecord says why the entry must not be put on record, or nil.
func (l Orders) refuseRecord(ctx context.Context, tx *sql.Tx, e Entry, have walked) (refused, err error) {
	var doubt Doubted
	state := rules.Record{From: have.last, To: e.State, Late: e.Step > 0 && e.Step <= have.step, Wrote: have.wrote, Recheck: e.Recheck, Unpaid: e.Unpaid}
	if e.Unpaid {
		if doubt, state.Doubt, err = readDoubt(ctx, tx, e.Reference); err != nil {
			return nil, err
		}
	}
	switch state.Entry() {
	case rules.Overtaken:
		if state.Late {
			return l.overtaken(ctx, tx, e, fmt.Sprintf("put state %s on record", e.State))
		}
		return &OvertakenError{Reference: e.Reference, State: have.last}, nil
	case rules.Ahead:
		return &AheadError{Reference: e.Reference, State: have.last}, nil
	case rules.InDoubt:
		return &PaymentInDoubtError{Reference: e.Reference, Doubted: doubt}, nil
	case rules.NotRevised:
		return fmt.Errorf("recheck order %s: it is on record as %s, which a recheck can't change to %s", e.Reference, have.last, e.State), nil
	case rules.NotEnded:
		return fmt.Errorf("recheck order %s: it has not ended: %s", e.Reference, have.last), nil
	}
	return nil, nil
}

// record gives the step that it wrote down; nil: the state is no new one.
func (l Orders) record(ctx context.Context, tx *sql.Tx, e Entry, s order.Status, have walked) (step *Transition, err error) {
	// Whoever placed the order was told when it began: its workflow starts later, and anew
	// after a reset.
	if s.StartedAt, err = store.ParseStamp(have.startedAt); err != nil {
		return nil, err
	}
	row, err := updateOrder(s)
	if err != nil {
		return nil, err
	}
	if have.last == e.State {
		if e.State.Ended() && !e.Recheck {
			return nil, l.noteSame(ctx, tx, e, have)
		}
		return nil, l.noteSame(ctx, tx, e, have, row)
	}
	if step, err = l.transition(e, s, have); err != nil {
		return nil, err
	}
	if have.last != "" && !have.last.CanBecome(e.State) && !e.Recheck {
		if _, err := l.append(ctx, tx, Entry{Reference: e.Reference, Key: "again/" + e.Key, Kind: KindNote, State: have.last, OrderID: e.OrderID, At: e.At,
			Reason: "the order's workflow was taken up again from an earlier point"}); err != nil {
			return nil, err
		}
	}
	_, err = l.append(ctx, tx, e, row)
	return step, err
}

// noteSame notes what there is to say of a state that is no new one: another reason to
// wait in it, what a recheck is for, or that another run takes the order up, whose step
// must be on record. Further statements run with it.
func (l Orders) noteSame(ctx context.Context, tx *sql.Tx, e Entry, have walked, with ...store.Statement) error {
	e.Kind = KindNote
	switch {
	case e.Reason != "" && (e.State.Waits() || e.Recheck):
	case e.Step > 0 && e.Run != "" && !have.wrote:
		e.Reason = cmp.Or(e.Reason, "the order's workflow was taken up again")
	default:
		return l.store.Together(ctx, tx, with...)
	}
	_, err := l.append(ctx, tx, e, with...)
	return err
}
