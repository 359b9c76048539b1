package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd has writes wait while one is under way, lets them go together, and gives what each was
// answered.
func (s *Store) crowd(t *testing.T, works ...func(*sql.Tx) error) (answers []error) {
	t.Helper()
	let := s.hold(t)
	answers = make([]error, len(works))
	var all sync.WaitGroup
	for i, work := range works {
		all.Go(func() {
			defer func() {
				if said := recover(); said != nil {
					answers[i] = fmt.Errorf("panic: %v", said)
				}
			}()
			answers[i] = s.Write(context.WithoutCancel(t.Context()), work)
		})
		s.waits(t, i+1)
	}
	let()
	all.Wait()
	return answers
}

// hold begins a write that lasts until it is let go.
func (s *Store) hold(t *testing.T) (let func()) {
	t.Helper()
	began, over := make(chan struct{}), make(chan struct{})
	var one sync.WaitGroup
	one.Go(func() {
		_ = s.Write(context.WithoutCancel(t.Context()), func(*sql.Tx) error {
			close(began)
			<-over
			return nil
		})
	})
	<-began
	return func() { close(over); one.Wait() }
}

// waits waits until so many writes wait for their turn.
func (s *Store) waits(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		s.turns.mu.Lock()
		defer s.turns.mu.Unlock()
		return len(s.turns.waiting) == n
	}, time.Minute, time.Millisecond)
}

func (s *Store) set(t *testing.T, name string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO settings (name, value) VALUES ($1, 'set')`, name)
		return err
	}
}

func TestWritesThatWaitShareATurn(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	turns := map[*sql.Tx]int{}
	works := make([]func(*sql.Tx) error, mostAtOnce+1)
	for i := range works {
		works[i] = func(tx *sql.Tx) error {
			turns[tx]++
			return s.set(t, fmt.Sprint(i))(tx)
		}
	}
	for _, err := range s.crowd(t, works...) {
		require.NoError(t, err)
	}
	require.Len(t, turns, 2, "as many as may share one, and the one more")
	for i := range works {
		_, there := s.setting(t, fmt.Sprint(i))
		require.True(t, there, i)
	}
	require.NoError(t, s.touch(t))
}

// Writes that share a turn are done or not, each by itself, and what is called done is there.
// Promise 4: each state is on record.
func TestNobodysErrorIsAnothers(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	refused := errors.New("refused")
	tries := 0
	answers := s.crowd(t, s.set(t, "before"), func(tx *sql.Tx) error {
		tries++
		if err := s.set(t, "refused")(tx); err != nil {
			return err
		}
		return refused
	}, s.set(t, "between"), func(*sql.Tx) error { panic("oh") }, func(tx *sql.Tx) error {
		return s.Together(t.Context(), tx, Statement{SQL: `INSERT INTO nowhere VALUES (1)`})
	}, s.set(t, "after"))
	require.NoError(t, answers[0])
	require.ErrorIs(t, answers[1], refused)
	require.Equal(t, 2, tries, "with the others, and alone")
	require.NoError(t, answers[2])
	require.EqualError(t, answers[3], "panic: oh", "where whoever called sees it")
	require.ErrorContains(t, answers[4], "nowhere")
	require.NoError(t, answers[5])
	for name, want := range map[string]bool{"before": true, "refused": false, "between": true, "after": true} {
		_, there := s.setting(t, name)
		require.Equal(t, want, there, name)
	}
	require.NoError(t, s.touch(t))
}

func TestWhoStopsWaitingLeavesTheLine(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	let := s.hold(t)
	ctx, stop := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- s.Write(ctx, s.set(t, "left")) }()
	s.waits(t, 1)
	stop()
	require.ErrorIs(t, <-left, context.Canceled, "while the other is still at it")
	let()
	require.NoError(t, s.touch(t))
	_, there := s.setting(t, "left")
	require.False(t, there)
}
