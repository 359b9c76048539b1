package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// database is where the tables are, in SQLite or in PostgreSQL, with all that sets the
// two apart: what the store asks of either goes through here, or is SQL that both
// understand.
type database struct {
	// reads wait for nobody, and see what was committed last.
	writes, reads *sql.DB
	// name is fit to be shown: it holds no password.
	name string

	// schema is what it is to hold.
	schema Schema

	// contents is what is there; it writes nothing. create makes the place for the tables
	// where nothing is; nil: it is there.
	contents func(context.Context) (contents, error)
	create   func() error

	dialect    goose.Dialect
	migrations string // their folder in the schema
	options    []goose.ProviderOption
	// missing says whether migrations are to be run. nil: they are looked through each time.
	missing func(context.Context, Schema) (bool, error)
	// ready says what keeps this role from using tables that are up to date. nil: nothing can.
	ready func(context.Context, Schema) error

	// writing is how a transaction that writes begins: it waits until nobody else writes. Its
	// context may say how long it may be idle before it loses its turn (idleFor).
	writing *sql.TxOptions
	// together runs statements in a transaction, in their order, without a round trip of their own.
	together func(ctx context.Context, tx *sql.Tx, statements []Statement) error
	// viewing is how a transaction begins that sees one state, whatever is written meanwhile.
	viewing *sql.TxOptions
	// clock is the one clock of all who use the database. nil: the caller's own time counts.
	clock func(context.Context, Querier) (time.Time, error)
	// alone takes the database for one process until it is closed, or says that it is in use.
	alone func(context.Context) error
	// room says that hardly any is left for the database to grow. nil: only the server knows.
	room func() error
	// damage is what the database finds wrong with its tables. nil: it can't be asked.
	damage func(context.Context) ([]string, error)
	// longest bounds one try at a write, the wait for its turn included. 0: nothing needs it.
	longest time.Duration

	// passing says that a write may do better when it is tried again, meeting that two
	// processes that migrate may have met.
	passing, meeting func(error) bool
	// explain adds what a person can do about a store that does not open, or takes no writes.
	explain func(error) error
}

func (d database) Close() error { return errors.Join(d.reads.Close(), d.writes.Close()) }

// isPostgres tells the address of a PostgreSQL database from the path of a file.
func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

func openDatabase(address string) (database, error) {
	if isPostgres(address) {
		return openPostgres(address)
	}
	return openSQLite(address)
}

// Name is what to call the store at an address where people read it: without a
// password.
func Name(address string) string {
	switch {
	case isPostgres(address):
		return postgresName(address)
	case strings.Contains(address, "://"):
		return "at an address of another kind"
	}
	return address
}
