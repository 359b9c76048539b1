package store

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatMayPassIsTriedAgainWithinBounds(t *testing.T) {
	t.Parallel()
	passing, final := errors.New("passing"), errors.New("final")
	worthIt := func(err error) bool { return errors.Is(err, passing) }
	for name, tc := range map[string]struct {
		errs  []error
		tries int
		want  error
	}{
		"at once":         {[]error{nil}, 1, nil},
		"the second time": {[]error{passing, nil}, 2, nil},
		"never":           {[]error{passing, passing, passing, passing, nil}, patience, passing},
		"not worth it":    {[]error{final, nil}, 1, final},
	} {
		tries := 0
		err := persist(t.Context(), worthIt, func() error { tries++; return tc.errs[tries-1] })
		require.ErrorIs(t, err, tc.want, name)
		require.Equal(t, tc.tries, tries, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	require.ErrorIs(t, persist(ctx, worthIt, func() error { tries++; cancel(); return passing }), passing)
	require.Equal(t, 1, tries, "not after the context's end")
}

func TestFailedTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	failed := errors.New("failed")
	require.ErrorIs(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO settings (name, value) VALUES ('a', 'b')`)
		require.NoError(t, err)
		return failed
	}), failed)
	_, ok := s.setting(t, "a")
	require.False(t, ok)
}

// Statements that are sent together run in their order, and are one with their transaction.
func TestStatementsTogether(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	set := func(name, value string) Statement {
		return Statement{`INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, []any{name, value}}
	}
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		return s.Together(t.Context(), tx, set("one", "1"), set("two", "1"), set("two", "2"))
	}))
	value, _ := s.setting(t, "two")
	require.Equal(t, "2", value)
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error { return s.Together(t.Context(), tx) }))

	wrong := Statement{`INSERT INTO settings (name, value) VALUES ($1, $2)`, []any{"one", "again"}}
	require.Error(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		return s.Together(t.Context(), tx, set("two", "3"), wrong, set("three", "3"))
	}), "its name is there")
	value, _ = s.setting(t, "two")
	require.Equal(t, "2", value, "nothing is left of what failed")
	require.NoError(t, s.touch(t))

	ctx, cancel := context.WithCancel(t.Context())
	require.Error(t, s.Write(ctx, func(tx *sql.Tx) error {
		err := s.Together(ctx, tx, set("two", "4"))
		cancel()
		return errors.Join(err, ctx.Err())
	}))
	value, _ = s.setting(t, "two")
	require.Equal(t, "2", value, "nor of what was broken off")
	require.NoError(t, s.touch(t))
}
