package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"

	"foxflow/internal/store"
	"foxflow/order"
)

const linkColumns = `SELECT reference, seq, number, key, kind, state, reason, order_id, at, step, hash FROM audit `

// Entries is the log of a reference, oldest entry first. It needs no keyset.
func (l Log) Entries(ctx context.Context, reference string) (entries []AuditEntry, err error) {
	err = l.store.View(ctx, func(tx *sql.Tx) error {
		entries = []AuditEntry{}
		if err := eachLink(ctx, tx, func(e link) error {
			entry, err := e.audit()
			entries = append(entries, entry)
			return err
		}, linkColumns+`WHERE reference = $1 ORDER BY seq`, reference); err != nil || len(entries) > 0 {
			return err
		}
		_, err := stateOf(ctx, tx, reference)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read audit log %s: %w", reference, err)
	}
	return entries, nil
}

// SeenPaid says whether a FoxReload order of the reference was ever on record as paid, on
// its way or delivered.
func (l Log) SeenPaid(ctx context.Context, reference, orderID string) (yes bool, err error) {
	err = l.store.Reads().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit WHERE reference = $1 AND order_id = $2 AND kind = $3 AND state IN `+store.List(order.StatesThat(order.State.WasPaid))+`)`,
		reference, orderID, KindState).Scan(&yes)
	if err != nil {
		return false, fmt.Errorf("read whether order %s of %s was paid: %w", orderID, reference, err)
	}
	return yes, nil
}

// Export writes every entry of the ledger in the order in which they were
// written, a line of JSON each: an audit entry with its reference.
func (l Log) Export(ctx context.Context, w io.Writer) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	// One statement sees one state of the ledger, and must not be repeated on a
	// failure: its lines are out.
	err := l.store.ViewOnce(ctx, func(tx *sql.Tx) error {
		return eachLink(ctx, tx, func(e link) error {
			entry, err := e.audit()
			if err != nil {
				return err
			}
			return lines.Encode(struct {
				Reference string `json:"reference"`
				AuditEntry
			}{e.reference, entry})
		}, linkColumns+`ORDER BY number`)
	})
	if err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	return nil
}

func (e link) audit() (AuditEntry, error) {
	at, err := store.ParseStamp(e.at)
	if err != nil {
		return AuditEntry{}, fmt.Errorf("entry %d of %s has no sound time", e.seq, e.reference)
	}
	entry := AuditEntry{Seq: e.seq, Kind: Kind(e.kind), State: order.State(e.state), Reason: e.reason, At: at, Hash: e.hash}
	if e.orderID != "" {
		entry.OrderID = &e.orderID
	}
	return entry, nil
}

func eachLink(ctx context.Context, tx *sql.Tx, visit func(link) error, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e link
		if err := rows.Scan(&e.reference, &e.seq, &e.number, &e.key, &e.kind, &e.state, &e.reason, &e.orderID, &e.at, &e.step, &e.hash); err != nil {
			return err
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return rows.Err()
}
