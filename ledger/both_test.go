package ledger

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/ledger/ledgertest"
)

// Every test runs twice: on SQLite, then on PostgreSQL where its programs are found. The
// few that are about one of them say so first.

// onPostgres says which pass it is.
var onPostgres bool

// cluster is the PostgreSQL of the second pass, and ledgers numbers what is made in it.
var (
	cluster *ledgertest.Cluster
	ledgers atomic.Int64
)

// runTests is both passes.
func runTests(m *testing.M) int {
	code := m.Run()
	if listing := flag.Lookup("test.list").Value.String() + flag.Lookup("test.fuzz").Value.String(); listing != "" {
		return code
	}
	if missing := ledgertest.Missing(); missing != "" {
		fmt.Printf("not tested on PostgreSQL: %s\n", missing)
		if os.Getenv("CI") == "true" {
			return 1
		}
		return code
	}
	var err error
	if cluster, err = ledgertest.Start(""); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("the same on PostgreSQL:")
	onPostgres = true
	code = max(code, m.Run())
	if err := cluster.Stop(); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}

// Beside the word of runTests: what a test asks of its surroundings, Go's cache of results
// goes by.
func TestPostgresIsHere(t *testing.T) {
	if missing := ledgertest.Missing(); missing != "" {
		require.NotEqual(t, "true", os.Getenv("CI"), missing)
		t.Skip(missing)
	}
}

// newAddress is where a new ledger may be made.
func newAddress(t testing.TB) string {
	t.Helper()
	if !onPostgres {
		return filepath.Join(t.TempDir(), "foxflow.db")
	}
	// A schema of its own: a database of its own takes ten times as long to make.
	name := fmt.Sprintf("ledger_%d", ledgers.Add(1))
	admin(t, "CREATE SCHEMA "+name)
	return cluster.URL("postgres", "postgres") + "&search_path=" + name
}

// newDatabase is the name of a new database.
func newDatabase(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("database_%d", ledgers.Add(1))
	admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return name
}

// admin runs a statement as the owner of the cluster.
func admin(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", cluster.URL("postgres", "postgres"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	require.NoError(t, err, statement)
}

// requireBreaks wants a constraint of the tables to have refused what was done.
func requireBreaks(t testing.TB, err error, constraint string, message ...any) {
	t.Helper()
	require.Error(t, err, message...)
	require.Contains(t, strings.ToLower(err.Error()), constraint, message...)
}

// aboutSQLite skips a test of what is so of files alone.
func aboutSQLite(t testing.TB) {
	t.Helper()
	if onPostgres {
		t.Skip("about SQLite")
	}
}

// aboutPostgres skips a test of what is so of PostgreSQL alone.
func aboutPostgres(t testing.TB) {
	t.Helper()
	if !onPostgres {
		t.Skip("about PostgreSQL: the second pass")
	}
}
