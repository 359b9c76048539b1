package storm

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

func (h *hand) failFile(length time.Duration) error {
	return h.onLedger(func(ctx context.Context, c *sql.Conn) error { return failWrites(ctx, c, length) })
}

func (h *hand) holdFile(length time.Duration) error {
	return h.onLedger(func(ctx context.Context, c *sql.Conn) error { return holdWrites(ctx, c, length) })
}

func (h *hand) onLedger(do func(context.Context, *sql.Conn) error) error {
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(h.Dir, "foxflow.db")), RawQuery: "_pragma=busy_timeout(60000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := h.Stack.Context()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(ctx, c)
}

// holdWrites holds the file's write lock.
func holdWrites(ctx context.Context, c *sql.Conn, length time.Duration) error {
	if _, err := c.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	time.Sleep(length)
	_, err := c.ExecContext(ctx, "ROLLBACK")
	return err
}

// failWrites lets every write to every table fail, as on a full disk. It knows
// nothing of what the tables are.
func failWrites(ctx context.Context, c *sql.Conn, length time.Duration) error {
	tables, err := tablesOf(ctx, c)
	if err != nil {
		return err
	}
	var refuse, allow strings.Builder
	for _, table := range tables {
		for _, event := range []string{"INSERT", "UPDATE"} {
			name := "storm_" + table + "_" + event
			fmt.Fprintf(&refuse, "CREATE TRIGGER %s BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'disk full'); END;\n", name, event, table)
			fmt.Fprintf(&allow, "DROP TRIGGER %s;\n", name)
		}
	}
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE;\n"+refuse.String()+"COMMIT;"); err != nil {
		return err
	}
	time.Sleep(length)
	_, err = c.ExecContext(ctx, "BEGIN IMMEDIATE;\n"+allow.String()+"COMMIT;")
	return err
}

func tablesOf(ctx context.Context, c *sql.Conn) (tables []string, err error) {
	rows, err := c.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, rows.Err()
}
