package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"foxflow/internal/ledgertest/twice"
)

// What role and server are set to must not weaken what a write relies on.
func TestMoneySettingsHoldInEveryWriteOnPostgres(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	address := twice.Address(t) + "&synchronous_commit=off&default_transaction_isolation=serializable&lock_timeout=1"
	s := open(t, address)
	settings := map[string]string{"synchronous_commit": "on", "transaction_isolation": "read committed", "lock_timeout": "10s",
		"idle_in_transaction_session_timeout": "30s", "transaction_read_only": "off"}
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		for name, want := range settings {
			var have string
			require.NoError(t, tx.QueryRowContext(t.Context(), `SELECT current_setting($1)`, name).Scan(&have))
			require.Equal(t, want, have, name)
		}
		return nil
	}))
	address = strings.Replace(address, "commit=off", "commit=remote_apply", 1)
	require.NoError(t, open(t, address).Write(t.Context(), func(tx *sql.Tx) error {
		var have string
		require.NoError(t, tx.QueryRowContext(t.Context(), `SHOW synchronous_commit`).Scan(&have))
		require.Equal(t, "remote_apply", have, "what is stricter stays")
		return nil
	}))
	require.ErrorContains(t, s.View(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `DELETE FROM settings`)
		return err
	}), "read-only transaction")
}

// Reading first and writing then is safe only if the read sees what the writer before
// has written: also where the server's own default is another isolation.
func TestWritersTakeTurns(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	address := twice.Address(t) + "&default_transaction_isolation=serializable"
	const writers, each = 6, 15
	books := make([]*Store, writers)
	for i := range books {
		books[i] = open(t, address)
	}
	require.NoError(t, books[0].Exec(t.Context(), `INSERT INTO settings (name, value) VALUES ('count', '0')`))
	var all errgroup.Group
	for i := range writers * 2 {
		all.Go(func() error { return books[i/2].countUp(t, each) })
	}
	require.NoError(t, all.Wait())
	count, _ := books[0].setting(t, "count")
	require.Equal(t, fmt.Sprint(writers*2*each), count)
}

// countUp adds 1 to a number so many times: it reads it first and writes it then.
func (s *Store) countUp(t *testing.T, times int) error {
	for range times {
		if err := s.Write(t.Context(), func(tx *sql.Tx) error {
			var count int
			if err := tx.QueryRowContext(t.Context(), `SELECT value FROM settings WHERE name = 'count'`).Scan(&count); err != nil {
				return err
			}
			_, err := tx.ExecContext(t.Context(), `UPDATE settings SET value = $1 WHERE name = 'count'`, fmt.Sprint(count+1))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// A process that hangs in the middle of a write, stopped say, is in the way for a while and
// not for ever.
func TestWriterThatHangsLosesItsTurn(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	address := twice.Address(t)
	hangs, goes := open(t, address), open(t, address)
	tx, err := hangs.Writes().BeginTx(idleFor(t.Context(), 300*time.Millisecond), hangs.db.writing)
	require.NoError(t, err)
	defer tx.Rollback()
	require.NoError(t, goes.touch(t))
	require.Error(t, tx.Commit(), "it was too late")
	require.NoError(t, hangs.touch(t), "and goes on by itself")
}

// A connection that is cut in the middle of a write costs a second try, and leaves nothing
// of the first.
func TestConnectionCutInAWrite(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	address := twice.Address(t)
	s := open(t, address)
	tries := 0
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		tries++
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO settings (name, value) VALUES ('tried', $1)`, fmt.Sprint(tries)); err != nil {
			return err
		}
		if tries > 1 {
			return nil
		}
		var pid int
		require.NoError(t, tx.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid))
		twice.Admin(t, fmt.Sprintf(`SELECT pg_terminate_backend(%d, 5000)`, pid))
		_, err := tx.ExecContext(t.Context(), `SELECT 1`)
		require.Error(t, err)
		return err
	}))
	require.Equal(t, 2, tries)
	value, _ := s.setting(t, "tried")
	require.Equal(t, "2", value)
}

func TestWhatIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"40001": true, "40P01": true, "55P03": true, "57P01": true, "57P03": true, "25P03": true, "08006": true, "53300": true,
		"23505": false, "25006": false, "42501": false, "53100": false, "22021": false} {
		require.Equal(t, want, passing(fmt.Errorf("write: %w", &pgconn.PgError{Code: code})), code)
	}
	require.False(t, passing(context.Canceled))
	require.False(t, passing(fmt.Errorf("write: %w", context.DeadlineExceeded)))
	require.True(t, passing(&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}))
	require.False(t, passing(errors.New("anything else")))
}
