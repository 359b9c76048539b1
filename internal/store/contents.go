package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// contents is what a database says of itself before anything is done to it.
type contents struct {
	tables  []string
	version int64 // its newest migration; 0: none was run yet
}

// hold says whether the contents are a store that this program, whose last migration is the
// newest, can use. Nothing there, or a store whose making was broken off before its first
// tables, is none.
func (c contents) hold(first []string, newest int64) (bool, error) {
	lacks := slices.ContainsFunc(append(slices.Clone(first), Versions), func(name string) bool { return !slices.Contains(c.tables, name) })
	switch empty := len(c.tables) == 0 || c.version == 0 && len(c.tables) == 1 && c.tables[0] == Versions; {
	case empty:
		return false, nil
	case lacks || c.version == 0:
		return false, fmt.Errorf("%w: it holds tables of something else (%s, …)", ErrForeign, c.tables[0])
	case c.version > newest:
		return false, fmt.Errorf("%w: its tables are version %d, and this program knows them up to version %d", ErrNewer, c.version, newest)
	}
	return true, nil
}

// holds says whether there is a store. It writes nothing, and refuses what is none.
func (d database) holds(ctx context.Context) (bool, error) {
	newest, err := d.schema.newest(d.migrations)
	if err != nil {
		return false, err
	}
	c, err := d.contents(ctx)
	if err != nil {
		return false, err
	}
	return c.hold(d.schema.First, newest)
}

// readContents reads tables and version of one moment: another program may just make them.
func readContents(ctx context.Context, db *sql.DB, moment sql.TxOptions, listTables string) (c contents, err error) {
	tx, err := db.BeginTx(ctx, &moment)
	if err != nil {
		return c, err
	}
	defer func() { _ = tx.Rollback() }()
	if c.tables, err = Texts(ctx, tx, listTables); err != nil || !slices.Contains(c.tables, Versions) {
		return c, err
	}
	err = tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+Versions+` WHERE is_applied`).Scan(&c.version)
	return c, err
}

// The tables of the schema that the store would be made in, without those of extensions.
const postgresTables = `SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relkind IN ('r', 'p')
	AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') ORDER BY relname`

// fileContents reads a SQLite file over a connection of its own, without the settings of
// the store's: those would change the file.
func fileContents(ctx context.Context, path string) (contents, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return contents{}, nil
	case err != nil:
		return contents{}, err
	case info.IsDir():
		return contents{}, errors.New("it is a folder: name a file in it")
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: url.Values{
		"mode": {"rw"}, "_query_only": {"1"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", BusyTimeout.Milliseconds())}}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return contents{}, err
	}
	defer func() { _ = db.Close() }()
	c, err := readContents(ctx, db, sql.TxOptions{ReadOnly: true}, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name`)
	if failure := new(sqlite.Error); errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_NOTADB {
		return contents{}, fmt.Errorf("%w: the file is not a database", ErrForeign)
	}
	return c, err
}
