package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"foxflow/internal/store"
)

// GoesWith holds the ledger's orders together in one Temporal namespace: the first to ask
// binds it to theirs, and any other gives ErrOtherNamespace. Orders that were begun in two
// would run where nobody looks for them.
func (l *Ledger) GoesWith(ctx context.Context, namespace string) error {
	bound, there, err := l.namespace(ctx, l.store.Reads())
	if err == nil && !there {
		err = l.store.Write(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('namespace', $1) ON CONFLICT (name) DO NOTHING`, namespace); err != nil {
				return err
			}
			bound, _, err = l.namespace(ctx, tx)
			return err
		})
	}
	return l.same(bound, namespace, err)
}

// SameNamespace is GoesWith for those that only look: it binds nothing.
func (l *Ledger) SameNamespace(ctx context.Context, namespace string) error {
	bound, there, err := l.namespace(ctx, l.store.Reads())
	if err == nil && !there {
		bound = namespace
	}
	return l.same(bound, namespace, err)
}

func (l *Ledger) same(bound, namespace string, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("read the namespace of ledger %s: %w", l.store.Name(), err)
	case bound != namespace:
		return fmt.Errorf("use ledger %s with namespace %q: %w, %q", l.store.Name(), namespace, ErrOtherNamespace, bound)
	}
	return nil
}

func (l *Ledger) namespace(ctx context.Context, from store.Querier) (string, bool, error) {
	return store.Found(from.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'namespace'`))
}

// Rebind has the ledger go with another namespace from now on.
func (l *Ledger) Rebind(ctx context.Context, namespace string) error {
	err := l.store.Exec(ctx, `INSERT INTO meta (name, value) VALUES ('namespace', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, namespace)
	if err != nil {
		return fmt.Errorf("bind ledger %s to namespace %q: %w", l.store.Name(), namespace, err)
	}
	return nil
}
