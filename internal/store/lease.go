package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Leases are of work that one process at a time does for all that use the store. A schema
// has the table leases for them (name, holder, until).
type Leases struct{ store *Store }

// Take gives work that one worker at a time does to holder, from now until a time, both
// on the caller's clock: whoever held it before keeps it until theirs has run out, and
// may renew it. It says whether holder has it now.
func (l Leases) Take(ctx context.Context, name, holder string, now, until time.Time) (mine bool, err error) {
	lasts := until.Sub(now)
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		now, err := l.store.Clock.Now(ctx, tx, now)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE leases.holder = excluded.holder OR leases.until <= $4`, name, holder, Stamp(now.Add(lasts)), Stamp(now))
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		mine = changed == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("lease %s: %w", name, err)
	}
	return mine, nil
}

// GiveUp ends a lease before its time, if it is holder's.
func (l Leases) GiveUp(ctx context.Context, name, holder string) error {
	if err := l.store.Exec(ctx, `DELETE FROM leases WHERE name = $1 AND holder = $2`, name, holder); err != nil {
		return fmt.Errorf("give up lease %s: %w", name, err)
	}
	return nil
}
