package ledger

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// prepare sees to it that the tables are there and up to date. It makes none where there
// is no ledger, unless it makes one.
func (d database) prepare(ctx context.Context, makes bool) error {
	there, err := d.holds(ctx)
	switch {
	case err != nil:
		return err
	case !there && !makes:
		return ErrNoLedger
	case !there && d.create != nil:
		if err := d.create(); err != nil {
			return err
		}
	}
	return persist(ctx, d.meeting, func() error { return d.migrate(ctx) })
}

// migrate brings the tables up to date. Of many processes that come at the same time one
// does; a role that only uses tables that are up to date needs no right to make any.
func (d database) migrate(ctx context.Context) error {
	if d.missing != nil {
		missing, err := d.missing(ctx)
		if err != nil {
			return err
		}
		if !missing {
			return d.ready(ctx)
		}
	}
	provider, err := d.migrator()
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func (d database) migrator() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+d.migrations)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(d.dialect, d.writes, files, append(d.options, goose.WithDisableGlobalRegistry(true))...)
}

// newest is the number of the last migration that this program knows.
func newest(folder string) (version int64, err error) {
	files, err := migrations.ReadDir("migrations/" + folder)
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		number, err := goose.NumericComponent(file.Name())
		if err != nil {
			return 0, err
		}
		version = max(version, number)
	}
	return version, nil
}

// Migrated is what Migrate came to.
type Migrated struct {
	Ledger  string `json:"ledger"` // its name, without a password
	Version int64  `json:"version"`
	// GrantedTo is the role that may use the tables now; empty: nobody was let in.
	GrantedTo string `json:"grantedTo,omitempty"`
}

// Migrate brings the tables of the ledger at an address up to date, and lets a role of
// PostgreSQL's use them with no right that it does not need ("": none). It needs no
// keyset. Only the owner of the tables can do it.
func Migrate(ctx context.Context, address, role string) (Migrated, error) {
	l, err := Open(ctx, address, nil)
	if err != nil {
		return Migrated{}, err
	}
	defer func() { _ = l.Close() }()
	done := Migrated{Ledger: l.db.name}
	if done.Version, err = newest(l.db.migrations); err != nil {
		return Migrated{}, err
	}
	if role == "" {
		return done, nil
	}
	if !isPostgres(address) {
		return Migrated{}, errors.New("a SQLite file knows no roles: who may read and write the file may use the ledger")
	}
	if err := l.grant(ctx, role); err != nil {
		return Migrated{}, fmt.Errorf("let role %s use ledger %s: %w", role, l.db.name, err)
	}
	done.GrantedTo = role
	return done, nil
}
