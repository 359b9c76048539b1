package temporal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The files in the state folder.
const (
	databaseFile = "temporal.db"
	lockFile     = "temporal.lock"
)

// pragmas: with a write-ahead log and synchronous=NORMAL a killed process loses
// nothing and a commit needs no fsync.
var pragmas = map[string]string{"journal_mode": "wal", "synchronous": "1", "busy_timeout": "10000"}

// stateDir is a state folder held by this process.
type stateDir struct {
	path string
	lock *os.File
}

// holdStateDir makes the folder if need be and locks it. The lock goes with the
// process, however it ends. Two servers on one database would each believe to
// own the shard.
func holdStateDir(path string) (*stateDir, error) {
	const flag = "--state-dir"
	if err := os.MkdirAll(path, 0o700); err != nil {
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
			return nil, &FlagError{flag, path + " is not a folder", "name a folder that this user can write to"}
		}
		return nil, &FlagError{flag, fmt.Sprintf("make folder %s: %v", path, unwrapPath(err)), "name a folder that this user can write to"}
	}
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, &FlagError{flag, fmt.Sprintf("write to folder %s: %v", path, unwrapPath(err)), "name a folder that this user can write to"}
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &FlagError{flag, path + " is in use by another foxflow-dev", "stop that one, or name another folder"}
		}
		return nil, fmt.Errorf("lock folder %s: %w", path, err)
	}
	return &stateDir{path: path, lock: lock}, nil
}

func (d *stateDir) release() { d.lock.Close() }

// unwrapPath drops the path that os errors carry: the message has it already.
func unwrapPath(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// store is the database as the server's SQLite plugin wants it described.
func (d *stateDir) store() *config.SQL {
	attributes := map[string]string{"mode": "rwc"}
	for name, value := range pragmas {
		attributes[name] = value
	}
	// The plugin pastes the name into a URI: "?" or "%" in a folder's name would
	// otherwise be taken for syntax.
	name := (&url.URL{Path: filepath.Join(d.path, databaseFile)}).EscapedPath()
	return &config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: name, ConnectAttributes: attributes}
}

// prepare sees to it that the database has its tables and the namespace. Every
// step is whole or not done at all, so a kill at any moment leaves a file that the
// next start takes up.
func (d *stateDir) prepare(ctx context.Context) (*config.SQL, error) {
	path := filepath.Join(d.path, databaseFile)
	if err := createTables(ctx, path); err != nil {
		return nil, &FlagError{"--state-dir", fmt.Sprintf("open database %s: %v", path, err),
			"move that file (and its -wal and -shm) away to start afresh, or name another folder"}
	}
	store := d.store()
	namespace, err := sqlite.NewNamespaceConfig(clusterName, Namespace, false, searchAttributes)
	if err != nil {
		return nil, fmt.Errorf("describe namespace %s: %w", Namespace, err)
	}
	namespace.Detail.Config.Retention = durationpb.New(Retention)
	// A namespace that exists stays as it is; see ensure for those.
	if err := sqlite.CreateNamespaces(store, namespace); err != nil {
		return nil, fmt.Errorf("create namespace %s in %s: %w", Namespace, path, err)
	}
	return store, nil
}

// createTables lays the server's schema in one transaction, unless it is there.
func createTables(ctx context.Context, path string) (err error) {
	query := url.Values{"mode": {"rwc"}, "_txlock": {"immediate"}}
	for name, value := range pragmas {
		query.Add("_pragma", name+"="+value)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // a no-op after the commit
	var tables, ours int
	if err := tx.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(name = 'namespaces'), 0) FROM sqlite_master`).Scan(&tables, &ours); err != nil {
		return err
	}
	switch {
	case ours > 0:
		return nil
	case tables > 0:
		return errors.New("it holds tables of something else")
	}
	if err := sqlite.SetupSchemaOnDB(schemaWriter{tx: tx}); err != nil {
		return err
	}
	return tx.Commit()
}

// schemaWriter runs the statements of the schema inside a transaction. Nothing
// else of an AdminDB is called.
type schemaWriter struct {
	sqlplugin.AdminDB
	tx *sql.Tx
}

func (w schemaWriter) Exec(statement string, args ...any) error {
	_, err := w.tx.Exec(statement, args...)
	return err
}
