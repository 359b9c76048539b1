package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Times that a guard compares come from one clock, for the workers' own differ: two pays
// would be in flight at once where one clock is a minute behind another. On PostgreSQL it
// is the server's; a SQLite file is used on one machine, whose time the callers tell.

// Clock is the time on the ledger's clock, where it is at for the caller. Times that the
// ledger says to be on its clock are to be compared with this.
func (l *Ledger) Clock(ctx context.Context, at time.Time) (time.Time, error) {
	now, err := l.clock(ctx, l.db.reads, at)
	if err != nil {
		return time.Time{}, fmt.Errorf("read clock of ledger: %w", err)
	}
	return now, nil
}

// querier is a transaction, or a database.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// clock is the time on the ledger's clock, where it is at for the caller.
func (l *Ledger) clock(ctx context.Context, from querier, at time.Time) (time.Time, error) {
	if l.db.clock == nil {
		return l.at(at), nil
	}
	return l.db.clock(ctx, from)
}

// moment is a moment of the caller's clock, now or before, on the ledger's.
func (l *Ledger) moment(ctx context.Context, from querier, at time.Time) (time.Time, error) {
	now, err := l.clock(ctx, from, at)
	if err != nil || l.db.clock == nil {
		return now, err
	}
	return now.Add(-max(0, l.now().Sub(l.at(at)))), nil
}
