package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"foxflow/keyset"
)

// Ledger is an open ledger. Use it from any number of goroutines.
type Ledger struct {
	db    pools
	id    string
	keys  *keyset.Keyset // nil: opened without
	chain chainKey       // nil: opened without a keyset
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	observer Observer // nil: nobody is told
}

// Open opens the ledger at a path, makes it when it is missing and brings its
// tables up to date. Another keyset than the one that made the ledger gives
// ErrWrongKeyset. Without a keyset (nil) the ledger can be read as far as nothing
// is sealed (Status, List, Audit, Pinned, …); all else gives ErrNoKeyset.
func Open(ctx context.Context, url string, keys *keyset.Keyset) (*Ledger, error) {
	path, err := sqlitePath(url)
	if err != nil {
		return nil, err
	}
	db, err := openSQLite(path)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", path, err)
	}
	l := &Ledger{db: db, keys: keys, now: time.Now, sleep: sleep}
	if err := l.prepare(ctx); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", path, errors.Join(err, db.Close()))
	}
	return l, nil
}

func (l *Ledger) prepare(ctx context.Context) error {
	// Two processes may meet over a new file. Each migration is one transaction,
	// so the one that comes second fails whole, and finds the work done when it
	// looks again. Any failure is worth a second look, then.
	if err := persist(ctx, func(error) bool { return true }, func() error { return l.migrate(ctx) }); err != nil {
		return err
	}
	if err := l.identify(ctx); err != nil {
		return err
	}
	return l.openChainKey(ctx)
}

//go:embed migrations/*.sql
var migrations embed.FS

func (l *Ledger) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, l.db.writes, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// identify reads the ledger's id, or draws one for a new ledger.
func (l *Ledger) identify(ctx context.Context) error {
	err := l.db.reads.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'id'`).Scan(&l.id)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return l.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('id', $1) ON CONFLICT (name) DO NOTHING`,
			uuid.NewString()); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'id'`).Scan(&l.id)
	})
}

// ID tells this ledger from every other: it is drawn at random when the ledger is
// made. A workflow carries it in its memo.
func (l *Ledger) ID() string { return l.id }

// Close ends all use of the ledger.
func (l *Ledger) Close() error { return l.db.Close() }

// Ping says whether the ledger can be written, by writing: a disk that is full or
// was remounted read-only still reads well.
func (l *Ledger) Ping(ctx context.Context) error {
	defer l.timed("ping")()
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('pinged', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, stamp(l.now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("write to ledger: %w", err)
	}
	return nil
}

// at is t, or the ledger's own clock where the caller gave no time.
func (l *Ledger) at(t time.Time) time.Time {
	if t.IsZero() {
		return l.now().UTC()
	}
	return t.UTC()
}
