package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/store"
)

const selectPause = `SELECT set_by FROM switches WHERE name = 'pause'`

// Pause stops every new payment of every worker. Paused already: who did it
// first, and when, stays.
func (l Switches) Pause(ctx context.Context, by string, at time.Time) error {
	err := l.store.Exec(ctx, `INSERT INTO switches (name, set_by, since) VALUES ('pause', $1, $2) ON CONFLICT (name) DO NOTHING`, store.Storable(by), store.Stamp(l.store.Clock.At(at)))
	if err != nil {
		return fmt.Errorf("pause payments: %w", err)
	}
	return nil
}

// Resume ends a pause, if there is one.
func (l Switches) Resume(ctx context.Context) error {
	if err := l.store.Exec(ctx, `DELETE FROM switches WHERE name = 'pause'`); err != nil {
		return fmt.Errorf("resume payments: %w", err)
	}
	return nil
}

// Paused says whether payments are switched off, by whom and since when.
func (l Switches) Paused(ctx context.Context) (by string, since time.Time, on bool, err error) {
	var text string
	err = l.store.Reads().QueryRowContext(ctx, `SELECT set_by, since FROM switches WHERE name = 'pause'`).Scan(&by, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, false, nil
	}
	if err == nil {
		since, err = store.ParseStamp(text)
	}
	if err != nil {
		return "", time.Time{}, false, fmt.Errorf("read pause: %w", err)
	}
	return by, since, true, nil
}

// Setting is a value that the workers share, if it was ever set.
func (l Switches) Setting(ctx context.Context, name string) (value string, ok bool, err error) {
	value, ok, err = store.Found(l.store.Reads().QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`, name))
	if err != nil {
		return "", false, fmt.Errorf("read setting %s: %w", name, err)
	}
	return value, ok, nil
}

// Set keeps a value for all workers. It is stored in clear: no secrets.
func (l Switches) Set(ctx context.Context, name, value string) error {
	err := l.store.Exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	if err != nil {
		return fmt.Errorf("write setting %s: %w", name, err)
	}
	return nil
}
