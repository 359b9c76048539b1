package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// insertInto is the statement that puts rows into a table.
func insertInto(table string, columns []string, rows int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", table, strings.Join(columns, ", "))
	for row := range rows {
		for i := range columns {
			switch {
			case i > 0:
				b.WriteString(", ")
			case row > 0:
				b.WriteString("), (")
			default:
				b.WriteString("(")
			}
			fmt.Fprintf(&b, "$%d", row*len(columns)+i+1)
		}
	}
	b.WriteString(")")
	return b.String()
}

// rowsAtOnce is how many rows one statement puts into a table. SQLite looks each parameter up
// among all of the statement's, so more of them would take longer, not less.
const rowsAtOnce = 20

// insertMany puts rows into a table.
func insertMany(ctx context.Context, tx *sql.Tx, table string, columns []string, rows [][]any) error {
	for some := range slices.Chunk(rows, rowsAtOnce) {
		if _, err := tx.ExecContext(ctx, insertInto(table, columns, len(some)), slices.Concat(some...)...); err != nil {
			return err
		}
	}
	return nil
}

// placeholders are so many places of a statement, in brackets.
func placeholders(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return "(" + b.String() + ")"
}

// deleteOf takes the rows of references out of a table.
func deleteOf(ctx context.Context, tx *sql.Tx, table string, references []string) error {
	if len(references) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE reference IN "+placeholders(len(references)), anys(references)...)
	return err
}

func anys(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
