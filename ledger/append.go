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

func onRecord(ctx context.Context, tx *sql.Tx, reference, key string) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM audit WHERE reference = $1 AND key = $2`, reference, key).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Entered is how the order stands, if the key of its last state entry begins so.
func (l *Ledger) Entered(ctx context.Context, reference, keys string) (s order.Status, there bool, err error) {
	key, there, err := found(l.db.reads.QueryRowContext(ctx, `SELECT key FROM audit WHERE reference = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1`,
		reference, KindState))
	if err != nil {
		return s, false, fmt.Errorf("read last state entry (%s): %w", reference, err)
	}
	if there = there && strings.HasPrefix(key, keys); there {
		s, err = l.Status(ctx, reference)
	}
	return s, there && err == nil, err
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
	case e.Step < 0:
		return fmt.Errorf("append audit entry %s (%s): steps count from 1, not %d", e.Key, e.Reference, e.Step)
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
		state: string(cmp.Or(e.State, state)), reason: storable(e.Reason), orderID: e.OrderID, at: stamp(l.at(e.At)), step: int64(e.Step)}
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
	if _, err := tx.ExecContext(ctx, `INSERT INTO audit (reference, seq, number, key, kind, state, reason, order_id, at, step, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.reference, e.seq, e.number, e.key, e.kind, e.state, e.reason, e.orderID, e.at, e.step, e.hash); err != nil {
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
