package store

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
)

func TestMain(m *testing.M) { os.Exit(twice.Run(m)) }

func TestPostgresIsHere(t *testing.T) { twice.Here(t) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// twoTables is a schema of nobody's: a store does with any.
func twoTables() Schema {
	const up = `-- +goose Up
		CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
		CREATE TABLE leases (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL);`
	files := fstest.MapFS{}
	for _, dialect := range []string{"sqlite", "postgres"} {
		files["migrations/"+dialect+"/00001_tables.sql"] = &fstest.MapFile{Data: []byte(up)}
	}
	return Schema{Migrations: files, First: []string{"settings", "leases"},
		Tables: []Table{{"settings", "INSERT, UPDATE"}, {"leases", "INSERT, UPDATE, DELETE"}}}
}

func open(t *testing.T, address string) *Store {
	t.Helper()
	s, err := Open(t.Context(), address, twoTables(), true)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// newStore is one whose clock the caller tells: on PostgreSQL, too.
func newStore(t *testing.T) *Store {
	t.Helper()
	s := open(t, twice.Address(t))
	s.Clock.Shared = nil
	return s
}

// touch writes.
func (s *Store) touch(t *testing.T) error {
	return s.Exec(t.Context(), `INSERT INTO settings (name, value) VALUES ('touched', 'yes') ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
}

func (s *Store) setting(t *testing.T, name string) (value string, ok bool) {
	t.Helper()
	value, ok, err := Found(s.Reads().QueryRowContext(t.Context(), `SELECT value FROM settings WHERE name = $1`, name))
	require.NoError(t, err)
	return value, ok
}

// A program that only reads, or that was given a wrong name, makes nothing.
func TestOnlyWhoMakesAStoreMakesOne(t *testing.T) {
	t.Parallel()
	address := twice.Address(t)
	_, err := Open(t.Context(), address, twoTables(), false)
	require.ErrorIs(t, err, ErrNone)
	require.NoError(t, open(t, address).touch(t))
	s, err := Open(t.Context(), address, twoTables(), false)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, ok := s.setting(t, "touched")
	require.True(t, ok)
}

// What the tables of a schema lack is said before anything is written.
func TestAnotherSchemaIsLeftAlone(t *testing.T) {
	t.Parallel()
	address := twice.Address(t)
	open(t, address)
	other := twoTables()
	other.First = append(other.First, "orders")
	_, err := Open(t.Context(), address, other, true)
	require.ErrorIs(t, err, ErrForeign)
}

func TestTimesSortAsText(t *testing.T) {
	t.Parallel()
	early, late := noon.Add(time.Nanosecond), noon.Add(time.Second)
	require.Equal(t, -1, strings.Compare(Stamp(early), Stamp(late)))
	back, err := ParseStamp(Stamp(early.In(time.FixedZone("east", 3600))))
	require.NoError(t, err)
	require.True(t, early.Equal(back))
	require.Nil(t, StampIf(noon, false))
}

func TestStrangeTextIsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	strange := Storable("a\x00b\xff")
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO settings (name, value) VALUES ('strange', $1)`, strange)
		return err
	}))
	have, _ := s.setting(t, "strange")
	require.Equal(t, "a\uFFFDb\uFFFD", have)
}
