package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// How values are stored, and rows are read, in both databases alike.

// stampLayout is RFC 3339 with all nine decimals: times sort as text and lose nothing.
const stampLayout = "2006-01-02T15:04:05.000000000Z07:00"

// Stamp is how a time is stored: as text, in UTC.
func Stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// StampIf is how a time is stored that may not be: NULL unless on.
func StampIf(at time.Time, on bool) *string {
	if !on {
		return nil
	}
	text := Stamp(at)
	return &text
}

// ParseStamp reads a stored time.
func ParseStamp(text string) (time.Time, error) { return time.Parse(time.RFC3339Nano, text) }

// Storable is text as every database takes it: PostgreSQL refuses NUL and what is not
// UTF-8, and nothing must be stuck for a strange word of somebody else's.
func Storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// Found reads one text that may not be there.
func Found(row *sql.Row) (text string, ok bool, err error) {
	err = row.Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return text, err == nil, err
}

// Texts is the one column that a query returns.
func Texts(ctx context.Context, db Querier, query string, args ...any) (texts []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, rows.Err()
}

// Changed says whether a statement changed any row.
func Changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

// LacksRow says that a write failed because its row refers to one that is not there.
func LacksRow(err error) bool {
	var inFile *sqlite.Error
	return errors.As(err, &inFile) && inFile.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY || sqlState(err) == "23503"
}

// List is words of ours, none with a quote, as SQL has them behind IN.
func List[S ~string](words []S) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "'" + string(word) + "'"
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}
