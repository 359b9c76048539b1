package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const selectPause = `SELECT set_by FROM switches WHERE name = 'pause'`

// Pause stops every new payment of every worker. Paused already: who did it
// first, and when, stays.
func (l *Ledger) Pause(ctx context.Context, by string, at time.Time) error {
	err := l.exec(ctx, `INSERT INTO switches (name, set_by, since) VALUES ('pause', $1, $2) ON CONFLICT (name) DO NOTHING`, storable(by), stamp(l.at(at)))
	if err != nil {
		return fmt.Errorf("pause payments: %w", err)
	}
	return nil
}

// Resume ends a pause, if there is one.
func (l *Ledger) Resume(ctx context.Context) error {
	if err := l.exec(ctx, `DELETE FROM switches WHERE name = 'pause'`); err != nil {
		return fmt.Errorf("resume payments: %w", err)
	}
	return nil
}

// Paused says whether payments are switched off, by whom and since when.
func (l *Ledger) Paused(ctx context.Context) (by string, since time.Time, on bool, err error) {
	var text string
	err = l.db.reads.QueryRowContext(ctx, `SELECT set_by, since FROM switches WHERE name = 'pause'`).Scan(&by, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, false, nil
	}
	if err == nil {
		since, err = parseStamp(text)
	}
	if err != nil {
		return "", time.Time{}, false, fmt.Errorf("read pause: %w", err)
	}
	return by, since, true, nil
}

// Setting is a value that the workers share, if it was ever set.
func (l *Ledger) Setting(ctx context.Context, name string) (value string, ok bool, err error) {
	value, ok, err = found(l.db.reads.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`, name))
	if err != nil {
		return "", false, fmt.Errorf("read setting %s: %w", name, err)
	}
	return value, ok, nil
}

// SetSetting keeps a value for all workers. It is stored in clear: no secrets.
func (l *Ledger) SetSetting(ctx context.Context, name, value string) error {
	err := l.exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	if err != nil {
		return fmt.Errorf("write setting %s: %w", name, err)
	}
	return nil
}

func (l *Ledger) exec(ctx context.Context, statement string, args ...any) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
}
