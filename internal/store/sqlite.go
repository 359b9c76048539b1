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
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// All that is peculiar to SQLite is in this file.

// BusyTimeout is how long a write waits for other processes' writes.
const BusyTimeout = 10 * time.Second

// settings of every connection. A power cut must not take back an intent that
// was already acted on, hence synchronous=FULL; a transaction takes the write
// lock when it begins, for one that reads first and writes later could find that
// another process was quicker.
var sqliteSettings = url.Values{
	"_pragma":   {fmt.Sprintf("busy_timeout(%d)", BusyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	"_txlock":   {"immediate"},
	"_dqs":      {"0"},
	"_error_rc": {"1"},
}

// readers is how many connections read at the same time.
const readers = 4

// openSQLite touches no file yet. SQLite has one writer at a time: our goroutines queue for
// it here, fairly and under their contexts, rather than in SQLite's busy loop, where the
// unlucky starve.
func openSQLite(address string) (database, error) {
	if err := checkPath(address); err != nil {
		return database{}, err
	}
	path, err := filepath.Abs(address)
	if err != nil {
		return database{}, err
	}
	connect := func(most int, extra url.Values) (*sql.DB, error) {
		query := url.Values{}
		for _, values := range []url.Values{sqliteSettings, extra} {
			for name, value := range values {
				query[name] = value
			}
		}
		dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
		db, err := sql.Open("sqlite", dsn.String())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(most)
		return db, nil
	}
	writes, err := connect(1, nil)
	if err != nil {
		return database{}, err
	}
	reads, err := connect(readers, url.Values{"_query_only": {"1"}})
	if err != nil {
		return database{}, errors.Join(err, writes.Close())
	}
	return database{writes: writes, reads: reads, name: address,
		dialect: goose.DialectSQLite3, migrations: "sqlite", viewing: &sql.TxOptions{ReadOnly: true}, together: oneByOne, passing: busy,
		contents: func(ctx context.Context) (contents, error) { return fileContents(ctx, path) },
		create:   func() error { return makeFile(path) },
		damage:   func(ctx context.Context) ([]string, error) { return damagedFile(ctx, reads) },
		alone:    func(ctx context.Context) error { return lockFile(ctx, writes, reads) },
		room:     func() error { return roomLeft(path) },
		// Two processes may meet over a new file. Each migration is one transaction, so the
		// one that comes second fails whole, and finds the work done when it looks again.
		meeting: func(error) bool { return true },
		explain: func(err error) error { return err }}, nil
}

// leastRoom is several times what SQLite's log of writes takes: as long as that much is
// left, writes find room.
const leastRoom = 16 << 20

// roomLeft is an error where the file's disk is as good as full. Writes do not tell in time:
// SQLite's log of writes takes its room early, and keeps it, so small ones go well on a full
// disk, until there is more to write and the file has to grow.
func roomLeft(path string) error {
	left, err := roomBeside(path)
	switch {
	case err != nil:
		return fmt.Errorf("look how full the disk is: %w", err)
	case left < leastRoom:
		return fmt.Errorf("the disk is full: %d MiB are left and %d MiB are needed; make room", left>>20, leastRoom>>20)
	}
	return nil
}

// lockFile takes the file for this process alone: it fails while any other has it open,
// idle ones too, and keeps those out that come later.
func lockFile(ctx context.Context, writes, reads *sql.DB) error {
	if err := reads.Close(); err != nil {
		return err
	}
	for _, statement := range []string{`PRAGMA busy_timeout = 0`, `PRAGMA locking_mode = EXCLUSIVE`, `PRAGMA journal_mode = DELETE`, `PRAGMA busy_timeout = 10000`} {
		if _, err := writes.ExecContext(ctx, statement); err != nil {
			if busy(err) {
				return errInUse
			}
			return err
		}
	}
	return nil
}

// damagedFile is what SQLite's own checks find.
func damagedFile(ctx context.Context, db *sql.DB) (found []string, err error) {
	for _, check := range []string{`SELECT integrity_check FROM pragma_integrity_check() WHERE integrity_check <> 'ok' LIMIT 20`,
		`SELECT "table" || ': row ' || COALESCE(rowid, '?') || ' refers to a row of ' || parent || ' that is missing' FROM pragma_foreign_key_check() LIMIT 20`} {
		lines, err := Texts(ctx, db, check)
		if err != nil {
			return nil, err
		}
		found = append(found, lines...)
	}
	return found, nil
}

// making keeps makeFile and another Open of this process apart: closing any
// descriptor of a file drops the locks that SQLite holds on it in this process.
// For the same reason a file that exists is not opened here at all.
var making sync.Mutex

// makeFile makes a file that is readable by its owner alone.
func makeFile(path string) error {
	making.Lock()
	defer making.Unlock()
	switch _, err := os.Stat(path); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("folder %s does not exist: make it first, or set FOXFLOW_LEDGER", filepath.Dir(path))
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil // another process was quicker
	case err != nil:
		return err
	}
	return file.Close()
}

// checkPath refuses what is not the path of a file. An address of another database is
// never repeated: it may hold a password.
func checkPath(address string) error {
	switch {
	case strings.TrimSpace(address) == "":
		return errors.New("FOXFLOW_LEDGER is empty: name a file, e.g. foxflow.db")
	case strings.Contains(address, "://"), strings.HasPrefix(address, ":memory:"), strings.HasPrefix(address, "file:"):
		return errors.New("FOXFLOW_LEDGER is neither the path of a file, e.g. foxflow.db, nor the address of a PostgreSQL database: postgres://…")
	}
	return nil
}

// busy says whether another process was in the way: trying again may help.
func busy(err error) bool {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return false
	}
	code := failure.Code() & 0xff // the extended codes keep the plain one in the low byte
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}
