package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"foxflow/internal/keyset"
	"foxflow/internal/store"
)

// Open opens the ledger at an address, the path of a SQLite file or postgres://…, makes
// one where nothing is and brings the tables up to date. What is refused returns a
// *store.Refusal. Without a keyset (nil) the ledger can be read as far as nothing is sealed
// (Status, List, Audit, Pinned, …); all else returns ErrNoKeyset. No error repeats a password.
func Open(ctx context.Context, address string, keys *keyset.Keyset) (*Ledger, error) {
	return open(ctx, address, keys, true)
}

// OpenExisting is Open for all that must not make a ledger: where there is none, a slip in
// its name would look like an empty one. It returns store.ErrNone then.
func OpenExisting(ctx context.Context, address string, keys *keyset.Keyset) (*Ledger, error) {
	return open(ctx, address, keys, false)
}

func open(ctx context.Context, address string, keys *keyset.Keyset, makes bool) (*Ledger, error) {
	s, err := openStore(ctx, address, makes)
	if err != nil {
		return nil, err
	}
	l := assemble(s, keys)
	if err := l.prepare(ctx); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", s.Name(), errors.Join(err, s.Close()))
	}
	return l, nil
}

func openStore(ctx context.Context, address string, makes bool) (*store.Store, error) {
	s, err := store.Open(ctx, address, schema, makes)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, store.ErrNone):
		return nil, fmt.Errorf("%w at %s", store.ErrNone, store.Name(address))
	}
	return nil, fmt.Errorf("open ledger %s: %w", store.Name(address), err)
}

func (l *Ledger) prepare(ctx context.Context) error {
	if err := l.stays(ctx); err != nil {
		return err
	}
	if err := l.identify(ctx); err != nil {
		return err
	}
	return l.openChainKey(ctx)
}

// identify reads the ledger's id, or draws one for a new ledger.
func (b *book) identify(ctx context.Context) error {
	id, there, err := b.meta(ctx, "id")
	if err != nil || there {
		b.id = id
		return err
	}
	return b.store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('id', $1) ON CONFLICT (name) DO NOTHING`,
			uuid.NewString()); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'id'`).Scan(&b.id)
	})
}

// meta is what the ledger says of itself under a name, if anything.
func (b *book) meta(ctx context.Context, name string) (value string, there bool, err error) {
	err = b.store.View(ctx, func(tx *sql.Tx) error {
		value, there, err = store.Found(tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = $1`, name))
		return err
	})
	return value, there, err
}

// Name is what to call the ledger at an address where people read it: without a password.
func Name(address string) string { return store.Name(address) }

// ID tells this ledger from every other: it is drawn at random when the ledger is
// made. A workflow carries it in its memo.
func (l *Ledger) ID() string { return l.id }

// Close ends all use of the ledger.
func (l *Ledger) Close() error { return l.store.Close() }

// Ping says whether the ledger can be written, by writing.
func (l *Ledger) Ping(ctx context.Context) error {
	defer l.store.Timed("ping")()
	err := l.store.Ping(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('pinged', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, store.Stamp(l.store.Clock.Here()))
		return err
	})
	if err != nil {
		return fmt.Errorf("write to ledger: %w", err)
	}
	return nil
}
