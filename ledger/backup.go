package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"foxflow/internal/store"
)

// Backup writes the ledger as it is at one moment into a new SQLite file, of whichever kind
// the ledger is, while others use it. The file is a ledger: it is there only once all rows
// and every chain of the audit log are whole in it, and it is put back by using it, or by
// copying it to PostgreSQL (Copy). It says of itself that it is a backup (BackedUp).
func (l *Ledger) Backup(ctx context.Context, path string, at time.Time) (Copied, error) {
	copied := Copied{From: l.store.Name(), To: path, ID: l.id}
	err := l.backup(ctx, &copied, l.store.Clock.At(at))
	if err != nil {
		return Copied{}, fmt.Errorf("back up ledger %s to %s: %w", l.store.Name(), path, err)
	}
	return copied, nil
}

// errThere: a backup never takes the place of anything, least of all of the ledger.
var errThere = errors.New("the file is there already: name a new one")

func (l *Ledger) backup(ctx context.Context, copied *Copied, at time.Time) error {
	key, err := l.key()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(copied.To); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, errThere)
	}
	part, err := os.CreateTemp(filepath.Dir(copied.To), "."+filepath.Base(copied.To)+".*")
	if err != nil {
		return err
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(part.Name() + suffix)
		}
	}()
	if err := part.Close(); err != nil {
		return err
	}
	target, err := store.Open(ctx, part.Name(), schema, true)
	if err != nil {
		return err
	}
	err = l.store.ViewOnce(ctx, func(out *sql.Tx) error {
		return target.WriteOnce(ctx, func(in *sql.Tx) error {
			if err := copied.fill(ctx, key, out, in); err != nil {
				return err
			}
			_, err := in.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('backup', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, store.Stamp(at))
			return err
		})
	})
	if err = errors.Join(err, target.Close()); err != nil { // closing brings all into the one file
		return err
	}
	if err := os.Link(part.Name(), copied.To); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return errThere
}

// BackedUp is when the backup was taken that this ledger was put back from, and that
// nobody has worked on yet; zero: it is none.
func (l *Ledger) BackedUp(ctx context.Context) (time.Time, error) {
	text, there, err := store.Found(l.store.Reads().QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'backup' AND value <> ''`))
	if err != nil || !there {
		return time.Time{}, err
	}
	return store.ParseStamp(text)
}

// InUseAgain says that a backup is the ledger now.
func (l *Ledger) InUseAgain(ctx context.Context) error {
	return l.store.Exec(ctx, `UPDATE meta SET value = '' WHERE name = 'backup'`)
}
