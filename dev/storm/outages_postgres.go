package storm

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// What is done to a ledger on PostgreSQL while the storm rages. None of it knows what the
// tables are.

// failServer lets every write to every table fail, as on a full disk.
func (h *hand) failServer(length time.Duration) error {
	return h.onServer(func(ctx context.Context, c *pgx.Conn, tables []string) error {
		if _, err := c.Exec(ctx, `CREATE OR REPLACE FUNCTION storm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END; $$`); err != nil {
			return err
		}
		// A table at a time: who takes many locks at once is in a deadlock with the writers.
		for _, table := range tables {
			if _, err := c.Exec(ctx, `CREATE TRIGGER storm BEFORE INSERT OR UPDATE ON `+table+` EXECUTE FUNCTION storm()`); err != nil {
				return err
			}
		}
		time.Sleep(length)
		for _, table := range tables {
			if _, err := c.Exec(ctx, `DROP TRIGGER storm ON `+table); err != nil {
				return err
			}
		}
		return nil
	})
}

// holdServer lets every write wait.
func (h *hand) holdServer(length time.Duration) error {
	return h.onServer(func(ctx context.Context, c *pgx.Conn, tables []string) error {
		tx, err := c.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(ctx) }()
		// The first table that a write touches, whichever it is, holds it up with the turn
		// that it has taken, and all others behind it.
		for _, table := range []string{"orders", "audit"} {
			if _, err := tx.Exec(ctx, `LOCK TABLE `+table+` IN ACCESS EXCLUSIVE MODE`); err != nil {
				return err
			}
		}
		time.Sleep(length)
		return nil
	})
}

// killServer ends the server with SIGKILL; it is started again after a moment.
func (h *hand) killServer(time.Duration) error { return h.Postgres.Kill() }

func (h *hand) onServer(do func(context.Context, *pgx.Conn, []string) error) error {
	ctx := h.Stack.Context()
	c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://postgres@%s/foxflow?sslmode=disable", h.Postgres.Address))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	rows, err := c.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	return do(ctx, c, tables)
}
