package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/store"
)

// Streak is an answer that came again and again, nothing else between.
type Streak struct {
	Code  string // empty: none
	Times int
	// Since is when it came first, Last when it came last, on the ledger's clock.
	Since, Last time.Time
}

// Lasted is the time between the first and the last answer.
func (s Streak) Lasted() time.Duration { return max(0, s.Last.Sub(s.Since)) }

// Again counts one more answer with this code to an order; another code than before starts
// anew. An answer may be counted twice, where what became of a commit was not known: so ask
// how long a streak lasted, too, before anything follows from it.
func (l Streaks) Again(ctx context.Context, reference, code string, at time.Time) (s Streak, err error) {
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := stateOf(ctx, tx, reference); err != nil {
			return err
		}
		now, err := l.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		s, err = readStreak(tx.QueryRowContext(ctx, `INSERT INTO streaks (reference, code, times, since, last) VALUES ($1, $2, 1, $3, $3)
			ON CONFLICT (reference) DO UPDATE SET times = CASE WHEN streaks.code = excluded.code THEN streaks.times + 1 ELSE 1 END,
			since = CASE WHEN streaks.code = excluded.code THEN streaks.since ELSE excluded.since END,
			code = excluded.code, last = excluded.last RETURNING code, times, since, last`, reference, store.Storable(code), store.Stamp(now)))
		return err
	})
	if err != nil {
		return Streak{}, fmt.Errorf("count answer %s (%s): %w", code, reference, err)
	}
	return s, nil
}

// End says that another answer came.
func (l Streaks) End(ctx context.Context, reference string) error {
	if err := l.store.Write(ctx, func(tx *sql.Tx) error { return l.store.Together(ctx, tx, endStreak(reference)) }); err != nil {
		return fmt.Errorf("end streak of answers (%s): %w", reference, err)
	}
	return nil
}

func endStreak(reference string) store.Statement {
	return store.Statement{SQL: `DELETE FROM streaks WHERE reference = $1`, Args: []any{reference}}
}

// Of is the streak that an order is in; zero: none.
func (l Streaks) Of(ctx context.Context, reference string) (Streak, error) {
	s, err := readStreak(l.store.Reads().QueryRowContext(ctx, `SELECT code, times, since, last FROM streaks WHERE reference = $1`, reference))
	if errors.Is(err, sql.ErrNoRows) {
		return Streak{}, nil
	}
	if err != nil {
		return Streak{}, fmt.Errorf("read streak of answers (%s): %w", reference, err)
	}
	return s, nil
}

func readStreak(row *sql.Row) (s Streak, err error) {
	var since, last string
	if err = row.Scan(&s.Code, &s.Times, &since, &last); err == nil {
		s.Since, err = store.ParseStamp(since)
	}
	if err == nil {
		s.Last, err = store.ParseStamp(last)
	}
	return s, err
}
