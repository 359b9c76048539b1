package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"foxflow/internal/keyset"
	"foxflow/internal/store"
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
	target, err := openStore(ctx, to, true)
	if err != nil {
		return Copied{}, err
	}
	defer func() { _ = target.Close() }()
	copied := Copied{From: source.store.Name(), To: target.Name(), ID: source.id}
	if err := source.store.Upkeep.Seize(ctx); err != nil {
		return Copied{}, fmt.Errorf("copy ledger %s: %w", source.store.Name(), err)
	}
	whole := false
	err = source.store.WriteOnce(ctx, func(out *sql.Tx) error {
		if err := target.WriteOnce(ctx, func(in *sql.Tx) error { return copied.fill(ctx, source.chain, out, in) }); err != nil {
			return fmt.Errorf("to %s: %w", target.Name(), err)
		}
		whole = true
		_, err := out.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('moved', $1)`, store.Stamp(time.Now())+" "+target.Name())
		return err
	})
	switch {
	case whole && err != nil:
		return Copied{}, fmt.Errorf("ledger %s is whole at %s, but the old one could not be closed for good: never use it again: %w", source.store.Name(), target.Name(), err)
	case err != nil:
		return Copied{}, fmt.Errorf("copy ledger %s: %w", source.store.Name(), err)
	}
	return copied, nil
}

// fill copies every table and checks the copy.
func (c *Copied) fill(ctx context.Context, key chainKey, out, in *sql.Tx) error {
	for _, t := range schema.Tables {
		if !lasting[t.Name] {
			continue
		}
		switch n, err := rowsOf(ctx, in, t.Name); {
		case err != nil:
			return err
		case n > 0:
			return fmt.Errorf("it holds a ledger in use already (%d rows in %s): copy to an empty database or a new file", n, t.Name)
		}
	}
	for i := len(schema.Tables) - 1; i >= 0; i-- { // what an unused ledger holds: its id, its key
		if name := schema.Tables[i].Name; !lasting[name] {
			if _, err := in.ExecContext(ctx, `DELETE FROM `+name); err != nil {
				return err
			}
		}
	}
	for _, t := range schema.Tables {
		if err := copyTable(ctx, out, in, t.Name); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		here, err := rowsOf(ctx, out, t.Name)
		if err != nil {
			return err
		}
		there, err := rowsOf(ctx, in, t.Name)
		if err != nil {
			return err
		}
		if here != there {
			return fmt.Errorf("table %s: %d rows here, %d there: nothing was copied", t.Name, here, there)
		}
		c.Tables = append(c.Tables, CopiedTable{t.Name, there})
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
	moved, there, err := l.meta(ctx, "moved")
	if err != nil || !there {
		return err
	}
	at, to, _ := strings.Cut(moved, " ")
	return &MovedError{To: to, At: at}
}
