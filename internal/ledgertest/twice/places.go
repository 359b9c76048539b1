package twice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // speaks to the server
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // speaks to files
)

// numbered counts what is made in the cluster.
var numbered atomic.Int64

// lanes are databases for the schemas of tests that run at the same time: writers of one
// database take turns, and lose them when the machine is slow.
const lanes = 4

// Address is where a new store may be made.
func Address(t testing.TB) string {
	t.Helper()
	if !OnPostgres() {
		return filepath.Join(t.TempDir(), "foxflow.db")
	}
	// A schema of its own: a database of its own takes ten times as long to make.
	n := numbered.Add(1)
	lane := lane(t, int(n%lanes))
	name := fmt.Sprintf("ledger_%d", n)
	run(t, lane, "CREATE SCHEMA "+name)
	return cluster.URL("postgres", lane) + "&search_path=" + name
}

var made struct {
	sync.Mutex
	lanes  [lanes]bool
	file   []byte   // SQLite: the store that others are copies of
	unused []string // PostgreSQL: addresses
}

func lane(t testing.TB, n int) string {
	made.Lock()
	defer made.Unlock()
	name := fmt.Sprintf("lane_%d", n)
	if !made.lanes[n] {
		run(t, "postgres", "CREATE DATABASE "+name)
		made.lanes[n] = true
	}
	return name
}

// Made is the address of a store whose tables are there already, and empty: to make them
// is most of what a small test would take. build makes a store at a new address.
func Made(t testing.TB, build func(ctx context.Context, address string) error) string {
	t.Helper()
	if !OnPostgres() {
		return madeFile(t, build)
	}
	address := unused()
	if address == "" {
		address = Address(t)
		require.NoError(t, build(t.Context(), address))
		empty(t, "pgx", address)
	}
	t.Cleanup(func() {
		if t.Failed() {
			return // nobody knows what is there
		}
		empty(t, "pgx", address)
		made.Lock()
		defer made.Unlock()
		made.unused = append(made.unused, address)
	})
	return address
}

func unused() (address string) {
	made.Lock()
	defer made.Unlock()
	if last := len(made.unused) - 1; last >= 0 {
		address, made.unused = made.unused[last], made.unused[:last]
	}
	return address
}

func madeFile(t testing.TB, build func(ctx context.Context, address string) error) string {
	t.Helper()
	address := Address(t)
	made.Lock()
	defer made.Unlock()
	if made.file == nil {
		require.NoError(t, build(t.Context(), address))
		empty(t, "sqlite", address)
		text, err := os.ReadFile(address)
		require.NoError(t, err)
		made.file = text
		return address
	}
	require.NoError(t, os.WriteFile(address, made.file, 0o600))
	return address
}

// empty takes every row out of every table but goose's.
func empty(t testing.TB, driver, address string) {
	t.Helper()
	db, err := sql.Open(driver, address)
	require.NoError(t, err)
	defer db.Close()
	tables, without := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`, ""
	if driver == "pgx" {
		tables, without = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`, "SET session_replication_role = replica;"
	}
	ctx := context.Background()
	rows, err := db.QueryContext(ctx, tables)
	require.NoError(t, err)
	defer rows.Close()
	var all strings.Builder
	all.WriteString(without)
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		if name != "goose_db_version" {
			all.WriteString("DELETE FROM " + name + ";")
		}
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	_, err = db.ExecContext(ctx, all.String())
	require.NoError(t, err)
}

// Hurry has a SQLite file be written without waiting for the disk, which nothing but a power
// cut would tell.
func Hurry(t testing.TB, writes *sql.DB) {
	t.Helper()
	if OnPostgres() {
		return
	}
	_, err := writes.ExecContext(context.Background(), "PRAGMA synchronous = OFF")
	require.NoError(t, err)
}

// Database is the name of a new database.
func Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("database_%d", numbered.Add(1))
	Admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { Admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return name
}

// Admin runs a statement as the owner of the cluster.
func Admin(t testing.TB, statement string) {
	t.Helper()
	run(t, "postgres", statement)
}

func run(t testing.TB, database, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", cluster.URL("postgres", database))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	// Another test may be using the database that new ones are copies of.
	for busy := new(pgconn.PgError); errors.As(err, &busy) && busy.Code == "55006"; {
		_, err = db.ExecContext(context.Background(), statement)
	}
	require.NoError(t, err, statement)
}
