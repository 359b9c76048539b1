package store

import (
	"context"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// prepare sees to it that the tables are there and up to date. It makes none where there
// is no store, unless it makes one.
func (d database) prepare(ctx context.Context, makes bool) error {
	there, err := d.holds(ctx)
	switch {
	case err != nil:
		return err
	case !there && !makes:
		return ErrNone
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
		missing, err := d.missing(ctx, d.schema)
		if err != nil {
			return err
		}
		if !missing {
			return d.ready(ctx, d.schema)
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
	files, err := fs.Sub(d.schema.Migrations, "migrations/"+d.migrations)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(d.dialect, d.writes, files, append(d.options, goose.WithDisableGlobalRegistry(true))...)
}
