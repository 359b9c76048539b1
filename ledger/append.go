package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"foxflow/internal/store"
	"foxflow/order"
)

// Append writes an audit entry. An entry whose key is on record for the reference
// is there already: nothing changes. ErrNotFound without a Begin of the reference.
func (l Log) Append(ctx context.Context, e Entry) error {
	defer l.store.Timed("append")()
	if err := e.check(); err != nil {
		return err
	}
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
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
func (l Log) Entered(ctx context.Context, reference, keys string) (s order.Status, there bool, err error) {
	key, there, err := store.Found(l.store.Reads().QueryRowContext(ctx, `SELECT key FROM audit WHERE reference = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1`,
		reference, KindState))
	if err != nil {
		return s, false, fmt.Errorf("read last state entry (%s): %w", reference, err)
	}
	if there = there && strings.HasPrefix(key, keys); there {
		s, err = Orders(l).Status(ctx, reference)
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

// append adds e to the chain, and runs further statements with it. It gives the order id of
// the entry that now bears its key: e's own, unless the key was on record before.
func (b *book) append(ctx context.Context, tx *sql.Tx, e Entry, with ...store.Statement) (orderID string, err error) {
	key, err := b.key()
	if err != nil {
		return "", err
	}
	end, err := readTip(ctx, tx, key, e)
	switch {
	case err != nil:
		return "", err
	case end.known != nil:
		return *end.known, b.store.Together(ctx, tx, with...)
	}
	entry := link{reference: e.Reference, seq: end.seq + 1, number: end.number + 1, key: e.Key, kind: string(e.Kind),
		state: string(cmp.Or(e.State, end.state)), reason: store.Storable(e.Reason), orderID: e.OrderID, at: store.Stamp(b.store.Clock.At(e.At)), step: int64(e.Step)}
	entry.hash = key.hashOf(end.hash, entry)
	return e.OrderID, b.store.Together(ctx, tx, append(end.extend(key, entry), with...)...)
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
	state               order.State // of the order's row
	known               *string     // the order id of the entry that bears the key already; nil: none does
	seq, number         int64
	hash                string
	headTorn, countTorn bool
}

const selectTip = `SELECT orders.state, (SELECT order_id FROM audit WHERE reference = $1 AND key = $2),
	COALESCE(newest.seq, 0), COALESCE(newest.hash, ''), heads.seq, heads.hash, heads.mac,
	(SELECT COALESCE(MAX(number), 0) FROM audit), COALESCE(ledger_head.entries, 0), COALESCE(ledger_head.mac, '')
	FROM orders LEFT JOIN audit newest ON newest.reference = $1 AND newest.seq = (SELECT MAX(seq) FROM audit WHERE reference = $1)
	LEFT JOIN heads ON heads.reference = $1 LEFT JOIN ledger_head ON ledger_head.id = 1 WHERE orders.reference = $1`

// readTip trusts neither head: where it does not fit the entries, the next entry
// follows the newest there is, and the head stays torn. ErrNotFound without the order's row.
func readTip(ctx context.Context, tx *sql.Tx, key chainKey, e Entry) (t tip, err error) {
	var (
		entries   int64
		mac       string
		headSeq   sql.NullInt64
		hash, sum sql.NullString
	)
	err = tx.QueryRowContext(ctx, selectTip, e.Reference, e.Key).Scan(&t.state, &t.known, &t.seq, &t.hash, &headSeq, &hash, &sum, &t.number, &entries, &mac)
	if errors.Is(err, sql.ErrNoRows) {
		return tip{}, ErrNotFound
	}
	if err != nil {
		return tip{}, err
	}
	if h := (head{seq: headSeq.Int64, hash: hash.String, mac: sum.String}); headSeq.Valid {
		t.headTorn = !same(key.headMAC(e.Reference, h), h.mac) || h.seq < t.seq
		if h.seq > t.seq { // entries were cut off: leave the gap open, to be found
			t.seq, t.hash = h.seq, h.hash
		}
	} else {
		t.headTorn = t.seq > 0 || t.state != order.Creating
	}
	t.number, t.countTorn = key.lastOf(t.number, entries, mac)
	return t, nil
}

// lastOf is the number of the ledger's newest entry, by the entries and by their sealed count,
// and whether that seal is not good.
func (k chainKey) lastOf(number, entries int64, mac string) (last int64, isTorn bool) {
	if none := entries == 0 && mac == "" && number == 0; !none {
		isTorn = !same(k.ledgerMAC(entries), mac) || entries < number
	}
	return max(number, entries), isTorn
}

// extend is what writes the entry and moves both heads to it.
func (t tip) extend(key chainKey, e link) []store.Statement {
	h := head{seq: e.seq, hash: e.hash}
	if h.mac = key.headMAC(e.reference, h); t.headTorn {
		h.mac = torn
	}
	return []store.Statement{
		{SQL: insertInto("audit", auditColumns, 1),
			Args: []any{e.reference, e.seq, e.number, e.key, e.kind, e.state, e.reason, e.orderID, e.at, e.step, e.hash}},
		{SQL: `INSERT INTO heads (reference, seq, hash, mac) VALUES ($1, $2, $3, $4)
			ON CONFLICT (reference) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, mac = excluded.mac`,
			Args: []any{e.reference, h.seq, h.hash, h.mac}},
		key.count(e.number, t.countTorn),
	}
}

// count is the statement that says how many entries the ledger has written.
func (k chainKey) count(number int64, isTorn bool) store.Statement {
	mac := k.ledgerMAC(number)
	if isTorn {
		mac = torn
	}
	return store.Statement{SQL: `INSERT INTO ledger_head (id, entries, mac) VALUES (1, $1, $2)
		ON CONFLICT (id) DO UPDATE SET entries = excluded.entries, mac = excluded.mac`, Args: []any{number, mac}}
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
