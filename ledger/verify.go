package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"foxflow/order"
)

// Verify checks the audit log of a reference: nil, or a *BrokenChainError that
// names the first bad entry. It also fails when the ledger has lost an entry and
// no reference's chain shows whose, for then it may have been this one's newest.
func (l Log) Verify(ctx context.Context, reference string) error {
	key, err := l.key()
	if err != nil {
		return err
	}
	var broken *BrokenChainError
	err = l.store.View(ctx, func(tx *sql.Tx) (err error) {
		broken, err = verifyOne(ctx, tx, key, reference)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("verify audit log %s: %w", reference, err)
	case broken != nil:
		return broken
	}
	return nil
}

func verifyOne(ctx context.Context, tx *sql.Tx, key chainKey, reference string) (*BrokenChainError, error) {
	ends, err := readEnds(ctx, tx, `WHERE reference = $1`, reference)
	if err != nil {
		return nil, err
	}
	w := walk{key: key, reference: reference}
	if err := eachLink(ctx, tx, func(e link) error { w.step(e); return nil },
		linkColumns+`WHERE reference = $1 ORDER BY seq`, reference); err != nil {
		return nil, err
	}
	end, known := ends[reference]
	if !known && w.last == 0 {
		return nil, ErrNotFound
	}
	if broken := w.end(end.head, end.state); broken != nil {
		return broken, nil
	}
	lost, err := verifyCount(ctx, tx, key)
	if lost == nil || err != nil {
		return nil, err
	}
	// Somewhere an entry is missing. If another chain shows where, this one is whole.
	if _, _, others, err := verifyChains(ctx, tx, key); err != nil || len(others) > 0 {
		return nil, err
	}
	return &BrokenChainError{Reference: reference, Seq: w.last + 1,
		Problem: fmt.Sprintf("can't be ruled out: entry %d of the whole ledger %s, and no chain shows whose it was", lost.Seq, lost.Problem)}, nil
}

// VerifyAll checks every reference and gives how many orders and entries it has
// seen. When all chains look whole but an entry is missing from the ledger (a
// reference was removed without a trace, or cut off together with an old copy of
// its head), the break bears no reference.
//
// What no file can tell of itself: that all of it was put back as it once was.
// An export kept elsewhere shows that.
func (l Log) VerifyAll(ctx context.Context) (orders, entries int, broken []*BrokenChainError, err error) {
	defer l.store.Timed("verify_all")()
	key, err := l.key()
	if err != nil {
		return 0, 0, nil, err
	}
	err = l.store.View(ctx, func(tx *sql.Tx) (err error) {
		orders, entries, broken, err = verifyLedger(ctx, tx, key)
		return err
	})
	if err != nil {
		return 0, 0, nil, fmt.Errorf("verify ledger: %w", err)
	}
	return orders, entries, broken, nil
}

func verifyLedger(ctx context.Context, tx *sql.Tx, key chainKey) (orders, entries int, broken []*BrokenChainError, err error) {
	if orders, entries, broken, err = verifyChains(ctx, tx, key); err != nil || len(broken) > 0 {
		return orders, entries, broken, err
	}
	lost, err := verifyCount(ctx, tx, key)
	if lost != nil {
		broken = append(broken, lost)
	}
	return orders, entries, broken, err
}

func verifyChains(ctx context.Context, tx *sql.Tx, key chainKey) (orders, entries int, broken []*BrokenChainError, err error) {
	ends, err := readEnds(ctx, tx, ``)
	if err != nil {
		return 0, 0, nil, err
	}
	for _, end := range ends {
		if end.state != "" {
			orders++
		}
	}
	finish := func(w *walk) {
		end := ends[w.reference]
		delete(ends, w.reference)
		if b := w.end(end.head, end.state); b != nil {
			broken = append(broken, b)
		}
	}
	var w *walk
	if err := eachLink(ctx, tx, func(e link) error {
		if w == nil || w.reference != e.reference {
			if w != nil {
				finish(w)
			}
			w = &walk{key: key, reference: e.reference}
		}
		entries++
		w.step(e)
		return nil
	}, linkColumns+`ORDER BY reference, seq`); err != nil {
		return 0, 0, nil, err
	}
	if w != nil {
		finish(w)
	}
	for _, reference := range slices.Collect(maps.Keys(ends)) { // those without any entry
		finish(&walk{key: key, reference: reference})
	}
	slices.SortFunc(broken, func(a, b *BrokenChainError) int { return cmp.Compare(a.Reference, b.Reference) })
	return orders, entries, broken, nil
}

// chainEnd is what stands beside a chain: its head, and the state of its order.
type chainEnd struct {
	head  *head
	state order.State
}

func readEnds(ctx context.Context, tx *sql.Tx, where string, args ...any) (map[string]chainEnd, error) {
	ends := map[string]chainEnd{}
	read := func(query string, scan func(*sql.Rows) error) error {
		rows, err := tx.QueryContext(ctx, query+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	if err := read(`SELECT reference, state FROM orders `, func(rows *sql.Rows) error {
		var reference string
		var end chainEnd
		err := rows.Scan(&reference, &end.state)
		ends[reference] = end
		return err
	}); err != nil {
		return nil, err
	}
	err := read(`SELECT reference, seq, hash, mac FROM heads `, func(rows *sql.Rows) error {
		var reference string
		var h head
		err := rows.Scan(&reference, &h.seq, &h.hash, &h.mac)
		ends[reference] = chainEnd{head: &h, state: ends[reference].state}
		return err
	})
	return ends, err
}

// verifyCount compares the entries there are with the number that the ledger says
// it has written: numbers run without a gap over all references.
func verifyCount(ctx context.Context, tx *sql.Tx, key chainKey) (*BrokenChainError, error) {
	entries, mac, err := readCount(ctx, tx)
	if err != nil {
		return nil, err
	}
	var count, newest int64
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(MAX(number), 0) FROM audit`).Scan(&count, &newest); err != nil {
		return nil, err
	}
	switch {
	case entries == 0 && mac == "" && count == 0:
		return nil, nil // nothing written yet
	case count == entries && newest == entries && same(key.ledgerMAC(entries), mac):
		return nil, nil
	}
	missing, err := firstMissing(ctx, tx)
	switch {
	case err != nil:
		return nil, err
	case missing > newest && missing > entries:
		return &BrokenChainError{Seq: missing, Problem: "can't be ruled out: the count of entries was changed"}, nil
	case missing > entries:
		return &BrokenChainError{Seq: missing, Problem: "can't be ruled out: the count of entries was set back"}, nil
	}
	return &BrokenChainError{Seq: missing, Problem: "is missing"}, nil
}

// firstMissing is the first number that no entry bears.
func firstMissing(ctx context.Context, tx *sql.Tx) (int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT number FROM audit ORDER BY number`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	next := int64(1)
	for rows.Next() {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return 0, err
		}
		if number != next {
			break
		}
		next++
	}
	return next, rows.Err()
}
