package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"foxflow/internal/store"
	"foxflow/order"
)

// Placing says how orders are placed.
type Placing struct {
	// Most is how many orders may be on their way to their payment. Those that are placed
	// begin at once where all of them have room, and nobody waits who is to be paid the same
	// way. Else all of them wait for their turn. 0: they wait.
	Most int
	// Input is what the workflow is started with beside the request.
	Input string
	// Claim is how long whoever places them has for starting those that begin.
	Claim time.Duration
	At    time.Time
}

// Placed is what placing an order came to on record.
type Placed struct {
	// Status is how it stands: of a new one, creating where it begins, else queued.
	Status order.Status
	New    bool
	// Claim names the claim of a new one that begins: Withdraw takes it back while that is the last.
	Claim string
	// Conflict: the reference is on record with other content, and Status is empty.
	Conflict *ConflictError
}

// MostPlaced is how many orders can be placed at a time.
const MostPlaced = 500

// Put puts orders on record, all in one transaction: their rows, and their places in the
// queue, in their order. A reference that is on record with the same content, or twice among
// the orders, gives how it stands; with other content a conflict, which keeps none of the
// others back. NoCheck is not content.
func (l Queue) Put(ctx context.Context, requests []order.Request, p Placing) ([]Placed, error) {
	defer l.store.Timed("place")()
	if len(requests) > MostPlaced {
		return nil, fmt.Errorf("place %d orders: %d can be placed at a time", len(requests), MostPlaced)
	}
	p.At = l.store.Clock.At(p.At)
	rows := make([]newRow, len(requests))
	for i, r := range requests {
		if wrong := order.CheckReference(r.Reference); wrong != nil {
			return nil, fmt.Errorf("place order %q: %w", r.Reference, wrong)
		}
		row, err := Orders(l).newRow(r, p.At)
		if err != nil {
			return nil, fmt.Errorf("place order %s: %w", r.Reference, err)
		}
		rows[i] = row
	}
	var placed []Placed
	var steps []Transition
	err := l.store.Write(ctx, func(tx *sql.Tx) (err error) {
		placed, steps, err = l.put(ctx, tx, requests, rows, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("place %d orders: %w", len(requests), err)
	}
	for i := range steps {
		l.entered(&steps[i])
	}
	return placed, nil
}

func (l Queue) put(ctx context.Context, tx *sql.Tx, requests []order.Request, rows []newRow, p Placing) (placed []Placed, steps []Transition, err error) {
	have, err := readOnRecord(ctx, tx, rows)
	if err != nil {
		return nil, nil, err
	}
	var fresh []int // those that are new
	first := map[string]int{}
	for i, r := range requests {
		_, known := have[r.Reference]
		if _, twice := first[r.Reference]; known || twice {
			continue
		}
		first[r.Reference] = i
		fresh = append(fresh, i)
	}
	begins, err := l.room(ctx, tx, requests, fresh, p.Most)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range fresh {
		if !begins {
			turn := order.WaitTurn
			rows[i].status.State, rows[i].status.WaitingForCode = order.Queued, &turn
			steps = append(steps, Transition{To: order.Queued, Mock: rows[i].status.Mock})
		}
		text, err := snapshot(rows[i].status)
		if err != nil {
			return nil, nil, err
		}
		have[requests[i].Reference] = rowOnRecord{snapshot: text, hash: rows[i].hash, sealed: rows[i].sealed}
	}
	claim, err := l.write(ctx, tx, requests, rows, fresh, begins, p)
	if err != nil {
		return nil, nil, err
	}
	placed = make([]Placed, len(requests))
	for i, r := range requests {
		placed[i].Status, placed[i].Conflict, err = Orders(l).hold(have[r.Reference], r, rows[i].hash)
		if err != nil {
			return nil, nil, fmt.Errorf("order %s: %w", r.Reference, err)
		}
		at, isFirst := first[r.Reference]
		placed[i].New = isFirst && at == i
		if placed[i].New {
			placed[i].Claim = claim
		}
	}
	return placed, steps, nil
}

// readOnRecord reads what there is of the references.
func readOnRecord(ctx context.Context, tx *sql.Tx, rows []newRow) (map[string]rowOnRecord, error) {
	references := make([]any, len(rows))
	for i, row := range rows {
		references[i] = row.status.Reference
	}
	have := make(map[string]rowOnRecord, len(rows))
	if len(rows) == 0 {
		return have, nil
	}
	found, err := tx.QueryContext(ctx, `SELECT reference, snapshot, request_hash, request FROM orders WHERE reference IN `+placeholders(len(rows)), references...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var reference string
		var one rowOnRecord
		if err := found.Scan(&reference, &one.snapshot, &one.hash, &one.sealed); err != nil {
			return nil, err
		}
		have[reference] = one
	}
	return have, found.Err()
}

// room says whether the new orders may begin at once.
func (l Queue) room(ctx context.Context, tx *sql.Tx, requests []order.Request, fresh []int, most int) (bool, error) {
	if len(fresh) == 0 || len(fresh) > most {
		return false, nil
	}
	var starting int
	if err := tx.QueryRowContext(ctx, selectStarting, most).Scan(&starting); err != nil || starting+len(fresh) > most {
		return false, err
	}
	asked := map[order.Payer]bool{}
	for _, i := range fresh {
		payer := requests[i].Payer()
		if asked[payer] {
			continue
		}
		asked[payer] = true
		if waits, err := anyWaits(ctx, tx, payer); err != nil || waits {
			return false, err
		}
	}
	return true, nil
}

// write writes the rows of new orders, those of the queue, and on the log that they wait. It
// names the claim of those that begin.
func (l Queue) write(ctx context.Context, tx *sql.Tx, requests []order.Request, rows []newRow, fresh []int, begins bool, p Placing) (claim string, err error) {
	var number int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(number), 0) FROM queue`).Scan(&number); err != nil {
		return "", err
	}
	var claimed *string
	if begins {
		now, err := l.store.Clock.Now(ctx, tx, p.At)
		if err != nil {
			return "", err
		}
		claim = store.Stamp(now.Add(p.Claim))
		claimed = &claim
	}
	var orders, queue [][]any
	var log []Entry
	for _, i := range fresh {
		values, err := rows[i].values()
		if err != nil {
			return "", err
		}
		number++
		orders = append(orders, values)
		queue = append(queue, []any{number, requests[i].Reference, requests[i].Payer(), p.Input, claimed})
		if !begins {
			log = append(log, Entry{Reference: requests[i].Reference, Key: "queue/placed", Kind: KindState, State: order.Queued, At: p.At,
				Reason: "more orders are placed than can be begun"})
		}
	}
	if err := insertMany(ctx, tx, "orders", orderColumns, orders); err != nil {
		return "", err
	}
	if err := insertMany(ctx, tx, "queue", []string{"number", "reference", "payer", "input", "claimed_until"}, queue); err != nil {
		return "", err
	}
	return claim, l.appendFirst(ctx, tx, log)
}

// appendFirst writes the first entries of orders that are new.
func (b *book) appendFirst(ctx context.Context, tx *sql.Tx, log []Entry) error {
	if len(log) == 0 {
		return nil
	}
	key, err := b.key()
	if err != nil {
		return err
	}
	var number int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(number), 0) FROM audit`).Scan(&number); err != nil {
		return err
	}
	sealed, mac, err := readCount(ctx, tx)
	if err != nil {
		return err
	}
	number, isTorn := key.lastOf(number, sealed, mac)
	var entries, heads [][]any
	for _, e := range log {
		number++
		one := link{reference: e.Reference, seq: 1, number: number, key: e.Key, kind: string(e.Kind), state: string(e.State), reason: e.Reason, at: store.Stamp(e.At)}
		one.hash = key.hashOf("", one)
		entries = append(entries, []any{one.reference, one.seq, one.number, one.key, one.kind, one.state, one.reason, one.orderID, one.at, one.step, one.hash})
		h := head{seq: one.seq, hash: one.hash}
		heads = append(heads, []any{one.reference, h.seq, h.hash, key.headMAC(one.reference, h)})
	}
	if err := insertMany(ctx, tx, "audit", auditColumns, entries); err != nil {
		return err
	}
	if err := insertMany(ctx, tx, "heads", []string{"reference", "seq", "hash", "mac"}, heads); err != nil {
		return err
	}
	return b.store.Together(ctx, tx, key.count(number, isTorn))
}

var auditColumns = []string{"reference", "seq", "number", "key", "kind", "state", "reason", "order_id", "at", "step", "hash"}
