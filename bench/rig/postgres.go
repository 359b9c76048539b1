package rig

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// StartPostgres runs the PostgreSQL that all databases are in.
func (r *Rig) StartPostgres() error {
	port, err := r.port("postgres")
	if err != nil {
		return err
	}
	r.server = host + ":" + port
	r.postgres, err = r.Run(Command{Name: "postgres", Path: "testpostgres", Args: []string{r.server}})
	if err != nil {
		return err
	}
	return r.postgres.Says(r.server)
}

// PostgresPID is the server's process; its backends are children of it.
func (r *Rig) PostgresPID() (int, error) {
	text, err := os.ReadFile(r.postgres.log)
	if err != nil {
		return 0, err
	}
	id, _, _ := strings.Cut(string(text), " ")
	return strconv.Atoi(id)
}

// DatabaseURL is where a database is.
func (r *Rig) DatabaseURL(name string) string {
	return "postgres://postgres@" + r.server + "/" + name + "?sslmode=disable"
}

// NewDatabase makes a database, a copy of another one where template is named.
func (r *Rig) NewDatabase(ctx context.Context, name, template string) error {
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
	}
	return r.sql(ctx, "postgres", statement)
}

// DropDatabase removes a database, whoever is connected to it.
func (r *Rig) DropDatabase(ctx context.Context, name string) error {
	return r.sql(ctx, "postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// sql runs a statement.
func (r *Rig) sql(ctx context.Context, database, statement string) error {
	c, err := pgx.Connect(ctx, r.DatabaseURL(database))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// Stored is what PostgreSQL has done for some databases, and what they hold.
type Stored struct {
	Transactions, Bytes int64
}

// statsAfter is how long a backend may keep what it has counted to itself.
const statsAfter = 1500 * time.Millisecond

// Stored reads the counters of databases, once all backends have told theirs.
func (r *Rig) Stored(ctx context.Context, names ...string) (s Stored, err error) {
	time.Sleep(statsAfter)
	c, err := pgx.Connect(ctx, r.DatabaseURL("postgres"))
	if err != nil {
		return s, err
	}
	defer func() { _ = c.Close(ctx) }()
	err = c.QueryRow(ctx, `SELECT coalesce(sum(xact_commit), 0)::bigint, coalesce(sum(pg_database_size(datname)), 0)::bigint
		FROM pg_stat_database WHERE datname = ANY($1)`, names).Scan(&s.Transactions, &s.Bytes)
	return s, err
}
