package ledger

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"strings"
	"time"
)

// patience is how often something is tried that another process may be in the
// way of. Each try has waited for the database's own time-out already.
const patience = 4

// longestIdle is how long a writer may hang between two statements before it loses its
// turn, where others would wait for it.
const longestIdle = 30 * time.Second

// persist calls try until it succeeds, fails for a reason of its own, or
// patience runs out.
func persist(ctx context.Context, worthIt func(error) bool, try func() error) error {
	for attempt := 1; ; attempt++ {
		err := try()
		if err == nil || attempt == patience || ctx.Err() != nil || !worthIt(err) {
			return err
		}
		if ctxErr := sleep(ctx, time.Duration(attempt)*(20*time.Millisecond+rand.N(30*time.Millisecond))); ctxErr != nil {
			return err
		}
	}
}

// write runs work in one transaction that no other writer, of this process or
// another, comes between. work may run more than once: it must set its results
// anew each time.
func (l *Ledger) write(ctx context.Context, work func(tx *sql.Tx) error) error {
	return l.db.explain(persist(ctx, l.db.passing, func() error {
		ctx, cancel := l.db.bound(ctx)
		defer cancel()
		return within(ctx, l.db.writes, l.db.writing, func(tx *sql.Tx) error {
			if l.db.turn != nil {
				if err := l.db.turn(ctx, tx, longestIdle); err != nil {
					return err
				}
			}
			return work(tx)
		})
	}))
}

// bound ends a write that gets no answer.
func (d database) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if d.longest == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d.longest)
}

// view runs work on one state of the ledger, whatever is written meanwhile.
func (l *Ledger) view(ctx context.Context, work func(tx *sql.Tx) error) error {
	return l.db.explain(persist(ctx, l.db.passing, func() error {
		return within(ctx, l.db.reads, l.db.viewing, work)
	}))
}

func within(ctx context.Context, db *sql.DB, options *sql.TxOptions, work func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to roll back after a commit; else the first error counts
	if err := work(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// sleep waits for d or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// storable is text as every database takes it: PostgreSQL refuses NUL and what is not
// UTF-8, and an order must not be stuck for a strange word of somebody else's.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// stamp is how times are stored: RFC 3339 in UTC with all nine decimals, so that
// they sort as text and lose nothing.
const stampLayout = "2006-01-02T15:04:05.000000000Z07:00"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

func parseStamp(text string) (time.Time, error) { return time.Parse(time.RFC3339Nano, text) }
