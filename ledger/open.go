package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"foxflow/keyset"
)

// Ledger is an open ledger. Use it from any number of goroutines.
type Ledger struct {
	db    database
	id    string
	keys  *keyset.Keyset // nil: opened without
	chain chainKey       // nil: opened without a keyset
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	observer Observer // nil: nobody is told
}

// Open opens the ledger at an address, the path of a SQLite file or postgres://…, makes
// one where nothing is and brings the tables up to date. What is refused gives a *Refusal.
// Without a keyset (nil) the ledger can be read as far as nothing is sealed (Status, List,
// Audit, Pinned, …); all else gives ErrNoKeyset. No error repeats a password.
func Open(ctx context.Context, address string, keys *keyset.Keyset) (*Ledger, error) {
	return open(ctx, address, keys, true)
}

// OpenExisting is Open for all that must not make a ledger: where there is none, a slip in
// its name would look like an empty one. It gives ErrNoLedger then.
func OpenExisting(ctx context.Context, address string, keys *keyset.Keyset) (*Ledger, error) {
	return open(ctx, address, keys, false)
}

func open(ctx context.Context, address string, keys *keyset.Keyset, makes bool) (*Ledger, error) {
	db, err := openDatabase(address)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", Name(address), err)
	}
	l := &Ledger{db: db, keys: keys, now: time.Now, sleep: sleep}
	err = l.prepare(ctx, makes)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, ErrNoLedger):
		return nil, errors.Join(fmt.Errorf("%w at %s", ErrNoLedger, db.name), db.Close())
	}
	return nil, fmt.Errorf("open ledger %s: %w", db.name, errors.Join(db.explain(err), db.Close()))
}

func (l *Ledger) prepare(ctx context.Context, makes bool) error {
	if err := l.db.prepare(ctx, makes); err != nil {
		return err
	}
	if err := l.stays(ctx); err != nil {
		return err
	}
	if err := l.identify(ctx); err != nil {
		return err
	}
	return l.openChainKey(ctx)
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
// was remounted read-only still reads well. A disk that is nearly full counts as full.
func (l *Ledger) Ping(ctx context.Context) error {
	defer l.timed("ping")()
	if l.db.room != nil {
		if err := l.db.room(); err != nil {
			return fmt.Errorf("write to ledger: %w", err)
		}
	}
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
