package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"foxflow/order"
)

// Begin puts a reference on record, in state creating, and says whether it was
// this call that did: of many calls at the same time exactly one. A reference on
// record with the same content gives how it stands now, whatever its age; with
// other content a *ConflictError. NoCheck is not content.
func (l *Ledger) Begin(ctx context.Context, r order.Request, at time.Time) (s order.Status, created bool, err error) {
	defer l.timed("begin")()
	if wrong := order.CheckReference(r.Reference); wrong != nil {
		return order.Status{}, false, fmt.Errorf("begin order %q: %w", r.Reference, wrong)
	}
	row, err := l.newRow(r, l.at(at))
	if err != nil {
		return order.Status{}, false, fmt.Errorf("begin order %s: %w", r.Reference, err)
	}
	var conflict *ConflictError
	err = l.write(ctx, func(tx *sql.Tx) error {
		s, conflict = row.status, nil
		if created, err = insertRow(ctx, tx, row); created || err != nil {
			return err
		}
		s, conflict, err = l.compare(ctx, tx, r, row.hash)
		return err
	})
	switch {
	case err != nil:
		return order.Status{}, false, fmt.Errorf("begin order %s: %w", r.Reference, err)
	case conflict != nil:
		return order.Status{}, false, conflict
	}
	return s, created, nil
}

// newRow is all of an order's row that needs keys.
type newRow struct {
	sealed         []byte
	hash, snapshot string
	status         order.Status
}

func (l *Ledger) newRow(r order.Request, at time.Time) (newRow, error) {
	key, err := l.key()
	if err != nil {
		return newRow{}, err
	}
	request, err := json.Marshal(r)
	if err != nil {
		return newRow{}, errors.New("the request can't be turned into JSON")
	}
	row := newRow{status: order.NewStatus(r, at)}
	r.NoCheck = false // how, not what
	content, err := json.Marshal(r)
	if err != nil {
		return newRow{}, errors.New("the request can't be turned into JSON")
	}
	// Go writes the keys of a note sorted and prices without trailing zeros, so
	// the same content is the same text.
	row.hash = key.digest("foxflow request v1", string(content))
	if row.sealed, err = l.keys.Seal(request, requestAD(r.Reference)); err != nil {
		return newRow{}, err
	}
	row.snapshot, err = snapshot(row.status)
	return row, err
}

func requestAD(reference string) []byte { return encode("foxflow request v1", reference) }

// compare tells the same request from another one for a reference on record.
func (l *Ledger) compare(ctx context.Context, tx *sql.Tx, r order.Request, hash string) (order.Status, *ConflictError, error) {
	var text, have string
	var sealed []byte
	err := tx.QueryRowContext(ctx, `SELECT snapshot, request_hash, request FROM orders WHERE reference = $1`, r.Reference).
		Scan(&text, &have, &sealed)
	if err != nil {
		return order.Status{}, nil, err
	}
	if same(have, hash) {
		s, err := parseSnapshot(text)
		return s, nil, err
	}
	onRecord, err := l.unsealRequest(r.Reference, sealed)
	if err != nil {
		return order.Status{}, nil, err
	}
	conflict := &ConflictError{Reference: r.Reference, Differences: order.Differences(onRecord, r)}
	if len(conflict.Differences) == 0 { // a field that Differences doesn't know yet: refuse all the same
		conflict.Differences = []order.Difference{{Field: "request", Have: "(on record)", Want: "(other content)"}}
	}
	return order.Status{}, conflict, nil
}

func (l *Ledger) unsealRequest(reference string, sealed []byte) (order.Request, error) {
	if l.keys == nil {
		return order.Request{}, ErrNoKeyset
	}
	text, err := l.keys.Open(sealed, requestAD(reference))
	if err != nil {
		return order.Request{}, err
	}
	var r order.Request
	if err := json.Unmarshal(text, &r); err != nil {
		return order.Request{}, errors.New("the request on record is not whole") // never the cause: it may quote the text
	}
	return r, nil
}

// Request is what the partner asked for.
func (l *Ledger) Request(ctx context.Context, reference string) (order.Request, error) {
	var sealed []byte
	err := l.db.reads.QueryRowContext(ctx, `SELECT request FROM orders WHERE reference = $1`, reference).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	var r order.Request
	if err == nil {
		r, err = l.unsealRequest(reference, sealed)
	}
	if err != nil {
		return order.Request{}, fmt.Errorf("read request %s: %w", reference, err)
	}
	return r, nil
}

// Withdraw takes back a Begin whose workflow was surely never started. A
// reference with any history gives ErrInUse; one that is not there is withdrawn
// already.
func (l *Ledger) Withdraw(ctx context.Context, reference string) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		for _, history := range []string{"audit", "heads", "pins", "create_attempts", "payments", "streaks", "codes"} {
			var used bool
			if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+history+` WHERE reference = $1)`, reference).Scan(&used); err != nil {
				return err
			}
			if used {
				return ErrInUse
			}
		}
		// A row that has moved on without a history was tampered with: leave it to be found.
		if _, err := tx.ExecContext(ctx, `DELETE FROM orders WHERE reference = $1 AND state = $2`, reference, order.Creating); err != nil {
			return err
		}
		switch _, err := stateOf(ctx, tx, reference); {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return ErrInUse
	})
	if err != nil {
		return fmt.Errorf("withdraw order %s: %w", reference, err)
	}
	return nil
}
