package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
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

// Write runs work in one transaction that no other writer, of this process or
// another, comes between. work may run more than once: it must set its results
// anew each time. Works of one process may share a transaction, one after the other; where
// any of them fails, each is done in one of its own.
func (s *Store) Write(ctx context.Context, work func(tx *sql.Tx) error) error {
	return s.db.explain(s.turns.take(ctx, s, work))
}

// writeAlone is Write in a transaction of its own.
func (s *Store) writeAlone(ctx context.Context, work func(tx *sql.Tx) error) error {
	return persist(ctx, s.db.passing, func() error {
		ctx, cancel := s.db.bound(ctx)
		defer cancel()
		return within(idleFor(ctx, longestIdle), s.db.writes, s.db.writing, work)
	})
}

// Statement is SQL with its arguments.
type Statement struct {
	SQL  string
	Args []any
}

// Together runs statements in a transaction that writes, in their order. Where there is a
// network between, they are sent with what comes next in the transaction, and so is the first
// error told: by its commit at the latest.
func (s *Store) Together(ctx context.Context, tx *sql.Tx, statements ...Statement) error {
	return s.db.together(ctx, tx, statements)
}

func oneByOne(ctx context.Context, tx *sql.Tx, statements []Statement) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement.SQL, statement.Args...); err != nil {
			return err
		}
	}
	return nil
}

type idleKey struct{}

// idleFor is a context in which a transaction that writes loses its turn by being idle for so
// long; 0: never.
func idleFor(ctx context.Context, idle time.Duration) context.Context {
	return context.WithValue(ctx, idleKey{}, idle)
}

// bound ends a write that gets no answer.
func (d database) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if d.longest == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d.longest)
}

// View runs work on one state of the store, whatever is written meanwhile. work may run
// more than once.
func (s *Store) View(ctx context.Context, work func(tx *sql.Tx) error) error {
	return s.db.explain(persist(ctx, s.db.passing, func() error {
		return within(ctx, s.db.reads, s.db.viewing, work)
	}))
}

// ViewOnce is View for work that must not be repeated, for it tells as it goes.
func (s *Store) ViewOnce(ctx context.Context, work func(tx *sql.Tx) error) error {
	return within(ctx, s.db.reads, s.db.viewing, work)
}

// WriteOnce is Write for work of any length that is not tried again.
func (s *Store) WriteOnce(ctx context.Context, work func(tx *sql.Tx) error) error {
	return within(idleFor(ctx, 0), s.db.writes, s.db.writing, work)
}

// Exec is a Write of one statement.
func (s *Store) Exec(ctx context.Context, statement string, args ...any) error {
	return s.Write(ctx, func(tx *sql.Tx) error { return s.Together(ctx, tx, Statement{SQL: statement, Args: args}) })
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
