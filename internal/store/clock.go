package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Clock says which clock counts. Times that a guard compares come from one, for the
// workers' own differ: two pays would be in flight at once where one clock is a minute
// behind another. On PostgreSQL it is the server's; a SQLite file is used on one machine,
// whose time the callers tell.
//
// Its fields are set before the store is used: tests tell the time by them.
type Clock struct {
	// Here is this process's own time.
	Here func() time.Time
	// Sleep waits for a time, or until the context is done.
	Sleep func(context.Context, time.Duration) error
	// Shared is the one clock of all who use the store; nil: the caller's own time counts.
	Shared func(context.Context, Querier) (time.Time, error)
}

// Querier is a transaction, or a database.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// At is t, or this process's time where the caller gave none.
func (c *Clock) At(t time.Time) time.Time {
	if t.IsZero() {
		return c.Here().UTC()
	}
	return t.UTC()
}

// Now is the time on the store's clock, where it is at for the caller. In a transaction
// that writes, ask after its turn has come: waiting for it takes time.
func (c *Clock) Now(ctx context.Context, from Querier, at time.Time) (time.Time, error) {
	if c.Shared == nil {
		return c.At(at), nil
	}
	return c.Shared(ctx, from)
}

// Now is the time on the store's clock, where it is at for the caller. Times that are said to
// be on that clock are to be compared with this.
func (s *Store) Now(ctx context.Context, at time.Time) (time.Time, error) {
	now, err := s.Clock.Now(ctx, s.db.reads, at)
	if err != nil {
		return time.Time{}, fmt.Errorf("read clock of ledger: %w", err)
	}
	return now, nil
}

// Moment is a moment of the caller's clock, now or before, on the store's.
func (c *Clock) Moment(ctx context.Context, from Querier, at time.Time) (time.Time, error) {
	now, err := c.Now(ctx, from, at)
	if err != nil || c.Shared == nil {
		return now, err
	}
	return now.Add(-max(0, c.Here().Sub(c.At(at)))), nil
}
