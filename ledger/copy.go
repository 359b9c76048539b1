package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"foxflow/keyset"
)

// Copied is what Copy has copied and checked.
type Copied struct {
	From string `json:"from"` // names, without passwords
	To   string `json:"to"`
	// ID is the ledger's own, the same in both.
	ID      string        `json:"ledgerId"`
	Tables  []CopiedTable `json:"tables"`
	Orders  int           `json:"orders"`
	Entries int           `json:"entries"` // of the audit log; their chains were checked in the copy
}

// CopiedTable is how many rows of a table there are, here as there.
type CopiedTable struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// MovedError: the ledger was copied to another place, and goes on there. What went on
// here beside it could be paid twice.
type MovedError struct{ To, At string }

func (e *MovedError) Error() string {
	return fmt.Sprintf("it was copied to %s at %s and goes on there: set FOXFLOW_LEDGER to that", e.To, e.At)
}

func (e *MovedError) Unwrap() error { return ErrMoved }

// lasting are the tables whose rows say that a ledger was used for orders or money.
var lasting = map[string]bool{"orders": true, "audit": true, "payments": true, "codes": true, "topups": true}

// Copy copies the ledger at from, with its id, to to, which must hold no orders: all
// tables in one transaction, which is kept only if every table has as many rows there as
// here and every chain of the audit log is whole there.
//
// Nobody may use either of them meanwhile: a ledger in use is refused, and for as long as
// Copy runs nobody else can write to it. After it the old one does not open any more
// (*MovedError).
func Copy(ctx context.Context, from, to string, keys *keyset.Keyset) (Copied, error) {
	if keys == nil {
		return Copied{}, ErrNoKeyset
	}
	source, err := OpenExisting(ctx, from, keys)
	if err != nil {
		return Copied{}, err
	}
	defer func() { _ = source.Close() }()
	// Without an id: it gets the other's.
	target, err := openDatabase(to)
	if err != nil {
		return Copied{}, fmt.Errorf("open ledger %s: %w", Name(to), err)
	}
	defer func() { _ = target.Close() }()
	if err := target.prepare(ctx, true); err != nil {
		return Copied{}, fmt.Errorf("open ledger %s: %w", target.name, target.explain(err))
	}
	copied := Copied{From: source.db.name, To: target.name, ID: source.id}
	if err := source.db.alone(ctx); err != nil {
		return Copied{}, fmt.Errorf("copy ledger %s: %w", source.db.name, err)
	}
	whole := false
	err = source.db.writeOnce(ctx, func(out *sql.Tx) error {
		if err := target.writeOnce(ctx, func(in *sql.Tx) error { return copied.fill(ctx, source.chain, out, in) }); err != nil {
			return fmt.Errorf("to %s: %w", target.name, err)
		}
		whole = true
		_, err := out.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('moved', $1)`, stamp(time.Now())+" "+target.name)
		return err
	})
	switch {
	case whole && err != nil:
		return Copied{}, fmt.Errorf("ledger %s is whole at %s, but the old one could not be closed for good: never use it again: %w", source.db.name, target.name, err)
	case err != nil:
		return Copied{}, fmt.Errorf("copy ledger %s: %w", source.db.name, err)
	}
	return copied, nil
}

// writeOnce is a write of any length that is not tried again.
func (d database) writeOnce(ctx context.Context, work func(*sql.Tx) error) error {
	return within(ctx, d.writes, d.writing, func(tx *sql.Tx) error {
		if d.turn != nil {
			if err := d.turn(ctx, tx, 0); err != nil {
				return err
			}
		}
		return work(tx)
	})
}

// fill copies every table and checks the copy.
func (c *Copied) fill(ctx context.Context, key chainKey, out, in *sql.Tx) error {
	for _, t := range tables {
		if !lasting[t.name] {
			continue
		}
		switch n, err := rowsOf(ctx, in, t.name); {
		case err != nil:
			return err
		case n > 0:
			return fmt.Errorf("it holds a ledger in use already (%d rows in %s): copy to an empty database or a new file", n, t.name)
		}
	}
	for i := len(tables) - 1; i >= 0; i-- { // what an unused ledger holds: its id, its key
		if name := tables[i].name; !lasting[name] {
			if _, err := in.ExecContext(ctx, `DELETE FROM `+name); err != nil {
				return err
			}
		}
	}
	for _, t := range tables {
		if err := copyTable(ctx, out, in, t.name); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
		here, err := rowsOf(ctx, out, t.name)
		if err != nil {
			return err
		}
		there, err := rowsOf(ctx, in, t.name)
		if err != nil {
			return err
		}
		if here != there {
			return fmt.Errorf("table %s: %d rows here, %d there: nothing was copied", t.name, here, there)
		}
		c.Tables = append(c.Tables, CopiedTable{t.name, there})
	}
	var broken []*BrokenChainError
	var err error
	if c.Orders, c.Entries, broken, err = verifyLedger(ctx, in, key); err != nil {
		return err
	}
	if len(broken) > 0 {
		return fmt.Errorf("the audit log is broken, so nothing was copied: %w", broken[0])
	}
	return nil
}

func rowsOf(ctx context.Context, tx *sql.Tx, table string) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n)
	return n, err
}

func copyTable(ctx context.Context, out, in *sql.Tx, table string) error {
	rows, err := out.QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	places, cells, into := make([]string, len(columns)), make([]any, len(columns)), make([]any, len(columns))
	for i := range columns {
		places[i], into[i] = fmt.Sprintf("$%d", i+1), &cells[i]
	}
	insert, err := in.PrepareContext(ctx, `INSERT INTO `+table+` (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(places, ", ")+`)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, cells...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// stays refuses a ledger that was copied elsewhere.
func (l *Ledger) stays(ctx context.Context) error {
	moved, there, err := found(l.db.reads.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'moved'`))
	if err != nil || !there {
		return err
	}
	at, to, _ := strings.Cut(moved, " ")
	return &MovedError{To: to, At: at}
}

var errInUse = errors.New("it is in use: stop all workers and starters that use it first")
