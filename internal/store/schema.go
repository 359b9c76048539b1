package store

import (
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Schema is what a store holds.
type Schema struct {
	// Migrations holds a folder for each dialect, migrations/sqlite and
	// migrations/postgres, with the same numbers in both.
	Migrations fs.FS
	// Tables are all tables, each after those that its rows refer to.
	Tables []Table
	// First are those by which a store is known: the first migration makes them. Whoever
	// owns the first of these owns all.
	First []string
}

// Table is a table, and what is done to it: no role needs more.
type Table struct {
	Name   string
	Rights string // beside SELECT
}

// Versions is goose's own table: which migrations were run.
const Versions = "goose_db_version"

// newest is the number of the last migration of a dialect that this program knows.
func (s Schema) newest(dialect string) (version int64, err error) {
	files, err := fs.ReadDir(s.Migrations, "migrations/"+dialect)
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
