package ledger

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatMayPassIsTriedAgainWithinBounds(t *testing.T) {
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
	l := newLedger(t)
	failed := errors.New("failed")
	require.ErrorIs(t, l.write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO settings (name, value) VALUES ('a', 'b')`)
		require.NoError(t, err)
		return failed
	}), failed)
	_, ok, err := l.Setting(t.Context(), "a")
	require.NoError(t, err)
	require.False(t, ok)
}
