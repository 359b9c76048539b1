package store

import (
	"context"
	"fmt"
)

// Upkeep is what is done with the database as a whole, and seldom.
type Upkeep struct{ store *Store }

// Version is the number of the last migration that this program knows.
func (u Upkeep) Version() (int64, error) { return u.store.db.schema.newest(u.store.db.migrations) }

// Seize takes the store for this process until it is closed, or says that it is in use.
func (u Upkeep) Seize(ctx context.Context) error { return u.store.db.alone(ctx) }

// Damage is what the database itself finds wrong with its tables; nil: nothing. A server
// keeps its own whole: of PostgreSQL there is nothing to ask.
func (u Upkeep) Damage(ctx context.Context) (found []string, err error) {
	if u.store.db.damage == nil {
		return nil, nil
	}
	if found, err = u.store.db.damage(ctx); err != nil {
		return nil, fmt.Errorf("check ledger %s: %w", u.store.db.name, err)
	}
	return found, nil
}
