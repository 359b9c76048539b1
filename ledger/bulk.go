package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"foxflow/order"
)

// atOnceRead is how many references one query asks for.
const atOnceRead = 500

// Comparison is what a request came to that was held against the ledger.
type Comparison struct {
	// Known: the reference is on record. The rest is empty where it is not.
	Known  bool
	Status order.Status
	// Conflict says what differs; nil: it is the same request.
	Conflict *ConflictError
}

// Compare holds many requests against what is on record, and visits them in their order. It
// reads some hundred rows at a time, and opens a sealed request only where it is another one.
func (l Orders) Compare(ctx context.Context, requests []order.Request, visit func(i int, c Comparison) error) error {
	key, err := l.key()
	if err != nil {
		return fmt.Errorf("compare %d orders: %w", len(requests), err)
	}
	referenceOf := func(i int) string { return requests[i].Reference }
	return l.eachRow(ctx, len(requests), referenceOf, func(i int, row bulkRow, known bool) error {
		c := Comparison{Known: known, Status: row.status}
		if known {
			if c.Conflict, err = l.conflict(ctx, key, requests[i], row.hash); err != nil {
				return fmt.Errorf("compare order %s: %w", requests[i].Reference, err)
			}
		}
		return visit(i, c)
	})
}

// Statuses visits how many orders stand, in the order of their references; known is false
// for one that is not on record. It reads some hundred rows at a time.
func (l Orders) Statuses(ctx context.Context, references []string, visit func(i int, s order.Status, known bool) error) error {
	referenceOf := func(i int) string { return references[i] }
	return l.eachRow(ctx, len(references), referenceOf, func(i int, row bulkRow, known bool) error { return visit(i, row.status, known) })
}

// eachRow visits the rows of n orders in their order. Between queries no statement is open.
func (b *book) eachRow(ctx context.Context, n int, referenceOf func(i int) string, visit func(i int, row bulkRow, known bool) error) error {
	for first := 0; first < n; first += atOnceRead {
		references := make([]any, min(atOnceRead, n-first))
		for i := range references {
			references[i] = referenceOf(first + i)
		}
		rows, err := b.rowsOf(ctx, references)
		if err != nil {
			return fmt.Errorf("read %d orders: %w", n, err)
		}
		for i := range references {
			row, known := rows[referenceOf(first+i)]
			if err := visit(first+i, row, known); err != nil {
				return err
			}
		}
	}
	return nil
}

// conflict says what differs from the request on record, whose hash is have.
func (l Orders) conflict(ctx context.Context, key chainKey, r order.Request, have string) (*ConflictError, error) {
	hash, err := requestHash(key, r)
	if err != nil || same(have, hash) {
		return nil, err
	}
	before, err := l.Request(ctx, r.Reference)
	if err != nil {
		return nil, err
	}
	return conflictBetween(before, r), nil
}

// requestHash is the request_hash of a request's row. Go writes the keys of a note sorted and
// prices without trailing zeros, so the same content is the same text.
func requestHash(key chainKey, r order.Request) (string, error) {
	r.NoCheck = false // how, not what
	content, err := json.Marshal(r)
	if err != nil {
		return "", errors.New("the request can't be turned into JSON")
	}
	return key.digest("foxflow request v1", string(content)), nil
}

// bulkRow is what is read of each of many orders.
type bulkRow struct {
	status order.Status
	hash   string
}

// selectBulk is the query for n references.
func selectBulk(n int) string {
	return `SELECT reference, request_hash, snapshot, ` + doubtNow + ` FROM orders WHERE reference IN ` + placeholders(n)
}

// rowsOf reads the rows of at most atOnceRead orders in one query, by reference.
func (b *book) rowsOf(ctx context.Context, references []any) (map[string]bulkRow, error) {
	rows, err := b.store.Reads().QueryContext(ctx, selectBulk(len(references)), references...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[string]bulkRow, len(references))
	for rows.Next() {
		var reference, text string
		var doubt bool
		var row bulkRow
		if err := rows.Scan(&reference, &row.hash, &text, &doubt); err != nil {
			return nil, err
		}
		if row.status, err = parseSnapshot(text); err != nil {
			return nil, fmt.Errorf("order %s: %w", reference, err)
		}
		row.status.PaymentInDoubt = row.status.PaymentInDoubt || doubt
		found[reference] = row
	}
	return found, rows.Err()
}

// selectSince is the query for what was written since.
const selectSince = `SELECT reference, number FROM audit WHERE number > $1`

// Since are the orders of which something was written into the log after the entry of a
// number, each once, and the number of the newest entry. Entries are numbered in the order
// in which they are put on record, over all orders.
func (l Log) Since(ctx context.Context, number int64) (references []string, newest int64, err error) {
	rows, err := l.store.Reads().QueryContext(ctx, selectSince, number)
	if err != nil {
		return nil, 0, fmt.Errorf("read what was written since: %w", err)
	}
	defer rows.Close()
	seen := map[string]bool{}
	newest = number
	for rows.Next() {
		var reference string
		var of int64
		if err := rows.Scan(&reference, &of); err != nil {
			return nil, 0, fmt.Errorf("read what was written since: %w", err)
		}
		newest = max(newest, of)
		if !seen[reference] {
			seen[reference], references = true, append(references, reference)
		}
	}
	return references, newest, rows.Err()
}

// Newest is the number of the newest entry over all orders; 0: there is none.
func (l Log) Newest(ctx context.Context) (number int64, err error) {
	if err := l.store.Reads().QueryRowContext(ctx, `SELECT COALESCE(MAX(number), 0) FROM audit`).Scan(&number); err != nil {
		return 0, fmt.Errorf("read the newest entry: %w", err)
	}
	return number, nil
}
