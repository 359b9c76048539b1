package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/store"
	"foxflow/order"
)

// Begin puts a reference on record whose workflow runs, in state creating, and says whether
// it was this call that did: of many calls at the same time exactly one. A reference on
// record with the same content gives how it stands now, whatever its age, and leaves the
// queue; with other content a *ConflictError. NoCheck is not content.
func (l Orders) Begin(ctx context.Context, r order.Request, at time.Time) (s order.Status, created bool, err error) {
	defer l.store.Timed("begin")()
	if wrong := order.CheckReference(r.Reference); wrong != nil {
		return order.Status{}, false, fmt.Errorf("begin order %q: %w", r.Reference, wrong)
	}
	row, err := l.newRow(r, l.store.Clock.At(at))
	if err != nil {
		return order.Status{}, false, fmt.Errorf("begin order %s: %w", r.Reference, err)
	}
	var conflict *ConflictError
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		s, conflict = row.status, nil
		if created, err = insertRow(ctx, tx, row); created || err != nil {
			return err
		}
		if s, conflict, err = l.compare(ctx, tx, r, row.hash); conflict != nil || err != nil {
			return err
		}
		return leaveQueue(ctx, tx, r.Reference)
	})
	switch {
	case err != nil:
		return order.Status{}, false, fmt.Errorf("begin order %s: %w", r.Reference, err)
	case conflict != nil:
		return order.Status{}, false, conflict
	}
	return s, created, nil
}

// Opening is what is on record of a reference whose workflow begins.
type Opening struct {
	StartedAt time.Time // of the very first
	// Step is the highest on record, of whichever run; 0: none is.
	Step int
	// Cancelled says that it was once put on record as cancelled because a person asked for that.
	Cancelled bool
	// Pinned says that it has a FoxReload order.
	Pinned bool
}

var selectOpening = `SELECT snapshot, request_hash, request, (SELECT COALESCE(MAX(step), 0) FROM audit WHERE audit.reference = orders.reference),
	EXISTS (SELECT 1 FROM audit WHERE audit.reference = orders.reference AND kind = 'state' AND state = $2 AND reason = $3),
	EXISTS (SELECT 1 FROM pins WHERE pins.reference = orders.reference) FROM orders WHERE reference = $1`

// Open is Begin for a workflow that puts its first state on record next (Entry.First): what is
// there already is read, and written with that. Beside how the order stands it gives what an
// earlier run may have done.
func (l Orders) Open(ctx context.Context, r order.Request, at time.Time) (o Opening, err error) {
	var have rowOnRecord
	err = l.store.Reads().QueryRowContext(ctx, selectOpening, r.Reference, order.Cancelled, order.UserRequest).
		Scan(&have.snapshot, &have.hash, &have.sealed, &o.Step, &o.Cancelled, &o.Pinned)
	if errors.Is(err, sql.ErrNoRows) {
		s, _, err := l.Begin(ctx, r, at)
		return Opening{StartedAt: s.StartedAt}, err
	}
	var hash string
	var conflict *ConflictError
	key, missing := l.key()
	if err = cmp.Or(err, missing); err == nil {
		hash, err = requestHash(key, r)
	}
	if err == nil {
		var s order.Status
		s, conflict, err = l.hold(have, r, hash)
		o.StartedAt = s.StartedAt
	}
	switch {
	case err != nil:
		return Opening{}, fmt.Errorf("open order %s: %w", r.Reference, err)
	case conflict != nil:
		return Opening{}, conflict
	}
	return o, nil
}

// newRow is all of an order's row that needs keys.
type newRow struct {
	sealed []byte
	hash   string
	status order.Status
}

func (l Orders) newRow(r order.Request, at time.Time) (newRow, error) {
	key, err := l.key()
	if err != nil {
		return newRow{}, err
	}
	request, err := json.Marshal(r)
	if err != nil {
		return newRow{}, errors.New("the request can't be turned into JSON")
	}
	row := newRow{status: order.NewStatus(r, at)}
	if row.hash, err = requestHash(key, r); err != nil {
		return newRow{}, err
	}
	row.sealed, err = l.keys.Seal(request, requestAD(r.Reference))
	return row, err
}

func requestAD(reference string) []byte { return encode("foxflow request v1", reference) }

// compare tells the same request from another one for a reference on record.
func (l Orders) compare(ctx context.Context, tx *sql.Tx, r order.Request, hash string) (order.Status, *ConflictError, error) {
	var have rowOnRecord
	err := tx.QueryRowContext(ctx, `SELECT snapshot, request_hash, request FROM orders WHERE reference = $1`, r.Reference).
		Scan(&have.snapshot, &have.hash, &have.sealed)
	if err != nil {
		return order.Status{}, nil, err
	}
	return l.hold(have, r, hash)
}

// rowOnRecord is an order's row as far as a request is compared with it.
type rowOnRecord struct {
	snapshot, hash string
	sealed         []byte
}

// hold holds a request against what is on record of its reference.
func (l Orders) hold(have rowOnRecord, r order.Request, hash string) (order.Status, *ConflictError, error) {
	if same(have.hash, hash) {
		s, err := parseSnapshot(have.snapshot)
		return s, nil, err
	}
	before, err := l.unsealRequest(r.Reference, have.sealed)
	if err != nil {
		return order.Status{}, nil, err
	}
	return order.Status{}, conflictBetween(before, r), nil
}

// conflictBetween says what differs between two requests of one reference.
func conflictBetween(before, r order.Request) *ConflictError {
	differences := order.Differences(before, r)
	if len(differences) == 0 { // a field that Differences doesn't know yet: refuse all the same
		differences = []order.Difference{{Field: "request", Have: "(on record)", Want: "(other content)"}}
	}
	return &ConflictError{Reference: r.Reference, Differences: differences}
}

func (l Orders) unsealRequest(reference string, sealed []byte) (order.Request, error) {
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
func (l Orders) Request(ctx context.Context, reference string) (order.Request, error) {
	var sealed []byte
	err := l.store.Reads().QueryRowContext(ctx, `SELECT request FROM orders WHERE reference = $1`, reference).Scan(&sealed)
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

// Withdraw takes back a new order whose workflow whoever placed it surely did not start. One
// that has left the queue, or was claimed since, somebody else may have started: that is
// ErrInUse, as any history is. One that is not there is withdrawn already.
func (l Orders) Withdraw(ctx context.Context, reference, claim string) error {
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		last, queued, err := store.Found(tx.QueryRowContext(ctx, `SELECT COALESCE(claimed_until, '') FROM queue WHERE reference = $1`, reference))
		if err != nil {
			return err
		}
		if queued && last == claim {
			if err := takeBack(ctx, tx, reference); err != nil {
				return err
			}
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

// takeBack deletes an order that has no history.
func takeBack(ctx context.Context, tx *sql.Tx, reference string) error {
	for _, history := range []string{"audit", "heads", "pins", "create_attempts", "payments", "streaks", "codes"} {
		var used bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+history+` WHERE reference = $1)`, reference).Scan(&used); err != nil {
			return err
		}
		if used {
			return ErrInUse
		}
	}
	if err := leaveQueue(ctx, tx, reference); err != nil {
		return err
	}
	// A row that has moved on without a history was tampered with: leave it to be found.
	_, err := tx.ExecContext(ctx, `DELETE FROM orders WHERE reference = $1 AND state = $2`, reference, order.Creating)
	return err
}
