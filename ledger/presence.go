package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"foxflow/internal/store"
)

const (
	presence = "worker/"
	// PresenceLasts is how long a worker that says nothing counts as one of this ledger's. A
	// copy of the ledger holds those of the original for as long.
	PresenceLasts = time.Minute
)

// Present puts on record that a worker, of an id that no other has, uses this ledger.
func (l *Ledger) Present(ctx context.Context, worker string, at time.Time) error {
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		now, err := l.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM leases WHERE name LIKE $1 AND until < $2`, presence+"%", store.Stamp(now)); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET until = excluded.until`,
			presence+worker, worker, store.Stamp(now.Add(PresenceLasts)))
		return err
	})
	if err != nil {
		return fmt.Errorf("put worker %s on record: %w", worker, err)
	}
	return nil
}

// Workers are those that use this ledger.
func (l *Ledger) Workers(ctx context.Context, at time.Time) (map[string]bool, error) {
	now, err := l.store.Clock.Now(ctx, l.store.Reads(), at)
	var names []string
	if err == nil {
		names, err = store.Texts(ctx, l.store.Reads(), `SELECT name FROM leases WHERE name LIKE $1 AND until >= $2`, presence+"%", store.Stamp(now))
	}
	if err != nil {
		return nil, fmt.Errorf("read the workers of ledger %s: %w", l.store.Name(), err)
	}
	workers := map[string]bool{}
	for _, name := range names {
		workers[strings.TrimPrefix(name, presence)] = true
	}
	return workers, nil
}
