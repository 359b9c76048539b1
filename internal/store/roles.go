package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
)

// Who may do what in PostgreSQL. The owner of the tables makes and changes them; the role
// that workers and starter use needs no more than the schema says. Whoever can only use them
// can't take an audit entry back; a trigger stops their owner, too.

// errNotMigrated: the tables are not there or not up to date, and this role can't see to it.
var errNotMigrated = errors.New("its tables are missing, or older than this program, and this role can't make them: run starter ledger migrate as the owner of the database" +
	" (--grant-to ROLE lets the workers' role use them)")

// tablesMissing says whether migrations are to be run. It takes no lock and writes
// nothing: a role without the right to make tables must be told so.
func tablesMissing(ctx context.Context, db *sql.DB, s Schema) (bool, error) {
	want, err := s.newest("postgres")
	if err != nil {
		return false, err
	}
	var have sql.NullInt64
	err = db.QueryRowContext(ctx, `SELECT MAX(version_id) FROM `+Versions+` WHERE is_applied`).Scan(&have)
	if sqlState(err) == "42P01" { // no such table
		err = nil
	}
	switch {
	case err != nil:
		return false, err
	case have.Int64 >= want:
		return false, nil
	}
	var mine bool
	if err := db.QueryRowContext(ctx, `SELECT current_schema() IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE')
		AND NOT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1 AND NOT pg_has_role(tableowner, 'USAGE'))`, s.First[0]).Scan(&mine); err != nil {
		return false, err
	}
	if !mine {
		return false, errNotMigrated
	}
	return true, nil
}

// rightsMissing says which right of the first table is missing that this role needs.
func rightsMissing(ctx context.Context, db *sql.DB, s Schema) error {
	var wanted []string
	for _, t := range s.Tables {
		for right := range strings.SplitSeq("SELECT, "+t.Rights, ", ") {
			wanted = append(wanted, fmt.Sprintf("('%s', '%s')", t.Name, right))
		}
	}
	var role, name, right string
	err := db.QueryRowContext(ctx, `SELECT current_user, name, access FROM (VALUES `+strings.Join(wanted, ", ")+`) AS wanted (name, access)
		WHERE NOT has_table_privilege(name, access) LIMIT 1`).Scan(&role, &name, &right)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("role %s may not %s table %s: run starter ledger migrate --grant-to %s as the owner of the tables", role, right, name, role)
}

// Grant lets a role of PostgreSQL's use the tables, and takes from it every other right on
// them. Only the owner of the tables can do it.
func (u Upkeep) Grant(ctx context.Context, role string) error {
	if u.store.db.dialect != goose.DialectPostgres {
		return errors.New("a SQLite file knows no roles: who may read and write the file may use the ledger")
	}
	if err := u.grant(ctx, role); err != nil {
		return fmt.Errorf("let role %s use ledger %s: %w", role, u.store.db.name, err)
	}
	return nil
}

func (u Upkeep) grant(ctx context.Context, role string) error {
	if err := u.mayBeLetIn(ctx, role); err != nil {
		return err
	}
	var schema string
	if err := u.store.db.reads.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return err
	}
	to, in := pgx.Identifier{role}.Sanitize(), pgx.Identifier{schema}.Sanitize()
	statements := []string{
		`GRANT USAGE ON SCHEMA ` + in + ` TO ` + to,
		`REVOKE ALL ON ALL TABLES IN SCHEMA ` + in + ` FROM ` + to,
		`GRANT SELECT ON ` + Versions + ` TO ` + to,
	}
	for _, t := range u.store.db.schema.Tables {
		statements = append(statements, `GRANT SELECT, `+t.Rights+` ON `+t.Name+` TO `+to)
	}
	if err := u.store.Write(ctx, func(tx *sql.Tx) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	var makes bool
	if err := u.store.db.reads.QueryRowContext(ctx, `SELECT has_schema_privilege($1, current_schema(), 'CREATE')`, role).Scan(&makes); err != nil {
		return err
	}
	if makes {
		return fmt.Errorf("it may use the tables now, but it can make others: REVOKE CREATE ON SCHEMA %s FROM PUBLIC (and from %s)", in, to)
	}
	return nil
}

// mayBeLetIn refuses a role that no grant binds.
func (u Upkeep) mayBeLetIn(ctx context.Context, role string) error {
	var super, owns bool
	err := u.store.db.reads.QueryRowContext(ctx, `SELECT rolsuper, EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = $2
		AND pg_has_role(oid, tableowner, 'MEMBER')) FROM pg_roles WHERE rolname = $1`, role, u.store.db.schema.First[0]).Scan(&super, &owns)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errors.New("there is no such role: CREATE ROLE … LOGIN first")
	case err != nil:
		return err
	case super, owns:
		return errors.New("it is a superuser or owns the tables, so it can do anything anyway: make a role of its own for the workers")
	}
	return nil
}

// nobodyElse says whether another process is connected to the database. The writers' lock
// keeps those off that come later.
func nobodyElse(ctx context.Context, d database) error {
	var own int
	if err := d.writes.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&own); err != nil {
		return err
	}
	// A process that has just ended may still be seen for a moment.
	return persist(ctx, func(err error) bool { return errors.Is(err, errInUse) }, func() error {
		var others int
		err := d.reads.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL
			AND pid NOT IN (pg_backend_pid(), $1)`, own).Scan(&others)
		if err == nil && others > 0 {
			err = errInUse
		}
		return err
	})
}

func sqlState(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
