package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"foxflow/order"
)

// Append writes an audit entry. An entry whose key is on record for the reference
// is there already: nothing changes. ErrNotFound without a Begin of the reference.
func (l *Ledger) Append(ctx context.Context, e Entry) error {
	defer l.timed("append")()
	if err := e.check(); err != nil {
		return err
	}
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := l.append(ctx, tx, e)
		return err
	})
	if err != nil {
		return fmt.Errorf("append audit entry %s (%s): %w", e.Key, e.Reference, err)
	}
	return nil
}

// Record puts a state on the log and makes s the order's row, in one transaction.
//
// The log stays one legal walk through the states, whatever is repeated. A key
// that is on record changes nothing: it is a repeat, or comes from an attempt that
// was thought dead. The state that the order is in already is not entered again:
// the row becomes s, and another reason to wait in it is noted. A step that no order can take means that the order's
// workflow was taken up again from an earlier point: a note says so first.
//
// An activity of an earlier run that ends after all does not take the end back:
// *OvertakenError.
//
// With unpaid, a *PaymentInFlightError says that the look came too early, and an
// *UnseenPaymentError that one which sees the order is needed.
func (l *Ledger) Record(ctx context.Context, e Entry, s order.Status, unpaid ...Unpaid) error {
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
		step = nil
		for _, ground := range unpaid {
			if refused, err = ground.refuse(ctx, tx, s.Reference); refused != nil || err != nil {
				return err
			}
		}
		step, err = l.record(ctx, tx, e, s)
		return err
	})
	if refused != nil && err == nil {
		return refused
	}
	if err != nil {
		return fmt.Errorf("record order %s as %s: %w", e.Reference, s.State, err)
	}
	l.entered(step)
	return nil
}

// refuse says why the look is no ground to call the reference's order unpaid, or nil.
func (u Unpaid) refuse(ctx context.Context, tx *sql.Tx, reference string) (refused, err error) {
	flying, err := inFlightAfter(ctx, tx, reference, u.LookedAt)
	switch {
	case err != nil:
		return nil, err
	case flying != nil:
		return flying, nil
	case u.Seen:
		return nil, nil
	}
	doubtful, there, err := found(tx.QueryRowContext(ctx, selectDoubt, reference))
	if err != nil || !there {
		return nil, err
	}
	return &UnseenPaymentError{Reference: reference, OrderID: doubtful}, nil
}

// record gives the step that it wrote down; nil: the state is no new one.
func (l *Ledger) record(ctx context.Context, tx *sql.Tx, e Entry, s order.Status) (step *Step, err error) {
	known, err := onRecord(ctx, tx, e.Reference, e.Key)
	if err != nil || known {
		return nil, err
	}
	last, key, err := lastEntered(ctx, tx, e.Reference)
	if err != nil {
		return nil, err
	}
	if last.Ended() && e.Run != "" && !strings.HasPrefix(key, e.Run) {
		earlier, err := hasWritten(ctx, tx, e.Reference, e.Run)
		if err != nil {
			return nil, err
		}
		if earlier {
			return nil, &OvertakenError{Reference: e.Reference, State: last}
		}
	}
	switch {
	case last == e.State && e.State.Waits() && e.Reason != "":
		// No new state, but another reason to wait in it.
		e.Kind = KindNote
		if _, err := l.append(ctx, tx, e); err != nil {
			return nil, err
		}
	case last != e.State:
		if step, err = l.step(ctx, tx, e, s, last); err != nil {
			return nil, err
		}
		if last != "" && !last.CanBecome(e.State) {
			again := e
			again.Kind, again.State, again.Key = KindNote, last, "again/"+e.Key
			again.Reason = "the order's workflow was taken up again from an earlier point"
			if _, err := l.append(ctx, tx, again); err != nil {
				return nil, err
			}
		}
		if _, err := l.append(ctx, tx, e); err != nil {
			return nil, err
		}
	}
	return step, updateOrder(ctx, tx, s)
}

func onRecord(ctx context.Context, tx *sql.Tx, reference, key string) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM audit WHERE reference = $1 AND key = $2`, reference, key).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Recorded says whether an entry of this key is on record, and how the order
// stands.
func (l *Ledger) Recorded(ctx context.Context, reference, key string) (s order.Status, there bool, err error) {
	_, there, err = found(l.db.reads.QueryRowContext(ctx, `SELECT key FROM audit WHERE reference = $1 AND key = $2`, reference, key))
	if err != nil {
		return s, false, fmt.Errorf("read audit entry %s (%s): %w", key, reference, err)
	}
	if there {
		s, err = l.Status(ctx, reference)
	}
	return s, there && err == nil, err
}

// lastEntered is the state of the newest state entry, "" before the first.
func lastEntered(ctx context.Context, tx *sql.Tx, reference string) (state order.State, key string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT state, key FROM audit WHERE reference = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1`,
		reference, KindState).Scan(&state, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return state, key, err
}

// hasWritten says whether a run has entries on record.
func hasWritten(ctx context.Context, tx *sql.Tx, reference, run string) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit WHERE reference = $1 AND substr(key, 1, $2) = $3)`,
		reference, len(run), run).Scan(&yes)
	return yes, err
}

var kinds = map[Kind]bool{KindState: true, KindIntent: true, KindLook: true, KindNote: true}

func (e Entry) check() error {
	switch {
	case e.Reference == "":
		return errors.New("append audit entry: it has no reference")
	case e.Key == "":
		return fmt.Errorf("append audit entry (%s): it has no key", e.Reference)
	case !kinds[e.Kind]:
		return fmt.Errorf("append audit entry %s (%s): %q is not a kind", e.Key, e.Reference, e.Kind)
	case e.State != "" && !e.State.Known():
		return fmt.Errorf("append audit entry %s (%s): %q is not a state", e.Key, e.Reference, e.State)
	}
	return nil
}

// append adds e to the chain and gives the order id of the entry that now bears
// its key: e's own, unless the key was on record before.
func (l *Ledger) append(ctx context.Context, tx *sql.Tx, e Entry) (orderID string, err error) {
	key, err := l.key()
	if err != nil {
		return "", err
	}
	state, err := stateOf(ctx, tx, e.Reference)
	if err != nil {
		return "", err
	}
	err = tx.QueryRowContext(ctx, `SELECT order_id FROM audit WHERE reference = $1 AND key = $2`, e.Reference, e.Key).Scan(&orderID)
	if !errors.Is(err, sql.ErrNoRows) {
		return orderID, err
	}
	tip, err := readTip(ctx, tx, key, e.Reference, state)
	if err != nil {
		return "", err
	}
	entry := link{reference: e.Reference, seq: tip.seq + 1, number: tip.number + 1, key: e.Key, kind: string(e.Kind),
		state: string(cmp.Or(e.State, state)), reason: storable(e.Reason), orderID: e.OrderID, at: stamp(l.at(e.At))}
	entry.hash = key.hashOf(tip.hash, entry)
	return e.OrderID, tip.extend(ctx, tx, key, entry)
}

func stateOf(ctx context.Context, tx *sql.Tx, reference string) (state order.State, err error) {
	err = tx.QueryRowContext(ctx, `SELECT state FROM orders WHERE reference = $1`, reference).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	return state, err
}

// tip is where the next entry goes, and whether the seals found there were good.
type tip struct {
	seq, number         int64
	hash                string
	headTorn, countTorn bool
}

// readTip trusts neither head: where it does not fit the entries, the next entry
// follows the newest there is, and the head stays torn.
func readTip(ctx context.Context, tx *sql.Tx, key chainKey, reference string, state order.State) (tip, error) {
	var t tip
	err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM audit WHERE reference = $1 ORDER BY seq DESC LIMIT 1`, reference).
		Scan(&t.seq, &t.hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return tip{}, err
	}
	h, err := readHead(ctx, tx, reference)
	switch {
	case err != nil:
		return tip{}, err
	case h == nil:
		t.headTorn = t.seq > 0 || state != order.Creating
	default:
		t.headTorn = !same(key.headMAC(reference, *h), h.mac) || h.seq < t.seq
		if h.seq > t.seq { // entries were cut off: leave the gap open, to be found
			t.seq, t.hash = h.seq, h.hash
		}
	}
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(number), 0) FROM audit`).Scan(&t.number); err != nil {
		return tip{}, err
	}
	entries, mac, err := readCount(ctx, tx)
	if err != nil {
		return tip{}, err
	}
	if none := entries == 0 && mac == "" && t.number == 0; !none {
		t.countTorn = !same(key.ledgerMAC(entries), mac) || entries < t.number
	}
	t.number = max(t.number, entries)
	return t, nil
}

// extend writes the entry and moves both heads to it.
func (t tip) extend(ctx context.Context, tx *sql.Tx, key chainKey, e link) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO audit (reference, seq, number, key, kind, state, reason, order_id, at, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.reference, e.seq, e.number, e.key, e.kind, e.state, e.reason, e.orderID, e.at, e.hash); err != nil {
		return err
	}
	h := head{seq: e.seq, hash: e.hash}
	if h.mac = key.headMAC(e.reference, h); t.headTorn {
		h.mac = torn
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO heads (reference, seq, hash, mac) VALUES ($1, $2, $3, $4)
		ON CONFLICT (reference) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, mac = excluded.mac`,
		e.reference, h.seq, h.hash, h.mac); err != nil {
		return err
	}
	mac := key.ledgerMAC(e.number)
	if t.countTorn {
		mac = torn
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO ledger_head (id, entries, mac) VALUES (1, $1, $2)
		ON CONFLICT (id) DO UPDATE SET entries = excluded.entries, mac = excluded.mac`, e.number, mac)
	return err
}

// readHead gives nil when there is none.
func readHead(ctx context.Context, tx *sql.Tx, reference string) (*head, error) {
	var h head
	err := tx.QueryRowContext(ctx, `SELECT seq, hash, mac FROM heads WHERE reference = $1`, reference).Scan(&h.seq, &h.hash, &h.mac)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &h, nil
}

// readCount gives how many entries the ledger has written, 0 and "" before the
// first.
func readCount(ctx context.Context, tx *sql.Tx) (entries int64, mac string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT entries, mac FROM ledger_head WHERE id = 1`).Scan(&entries, &mac)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return entries, mac, err
}
