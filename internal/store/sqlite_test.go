package store

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
)

func TestMoneySettingsHoldOnEveryConnection(t *testing.T) {
	t.Parallel()
	twice.AboutSQLite(t)
	s := newStore(t)
	connections := map[string]*sql.Conn{}
	take := func(name string, db *sql.DB) {
		connection, err := db.Conn(t.Context())
		require.NoError(t, err)
		connections[name] = connection
	}
	take("writer", s.Writes())
	for i := range readers { // each is kept, so that the next is another
		take(fmt.Sprintf("reader %d", i), s.Reads())
	}
	for name, connection := range connections {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
			var have string
			require.NoError(t, connection.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&have))
			require.Equal(t, want, have, "%s: %s", name, pragma)
		}
		require.NoError(t, connection.Close())
	}
	_, err := s.Reads().ExecContext(t.Context(), `DELETE FROM settings`)
	require.Error(t, err, "readers can't write")
}

func TestTransactionTakesTheWriteLockWhenItBegins(t *testing.T) {
	t.Parallel()
	twice.AboutSQLite(t)
	path := twice.Address(t)
	s := open(t, path)
	tx, err := s.Writes().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	impatient, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer impatient.Close()
	_, err = impatient.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.True(t, busy(err), "%v", err)
}
