package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Store is an open database with its tables. Use it from any number of goroutines.
type Store struct {
	Clock  Clock
	Leases Leases
	Upkeep Upkeep
	// Took is told how long each operation took that is timed, waiting for other writers
	// included, whether it succeeded or not; nil: nobody is told. Set it before the store is
	// used.
	Took func(operation string, d time.Duration)

	db    database
	turns turns
}

// Open opens the store at an address, the path of a SQLite file or postgres://…, and
// brings its tables up to date. Where none is, it makes one if makes says so, and else
// returns ErrNone. What is refused gives a *Refusal. No error repeats a password.
func Open(ctx context.Context, address string, schema Schema, makes bool) (*Store, error) {
	db, err := openDatabase(address)
	if err != nil {
		return nil, err
	}
	db.schema = schema
	s := &Store{db: db, Clock: Clock{Here: time.Now, Sleep: sleep, Shared: db.clock}}
	s.Leases, s.Upkeep = Leases{s}, Upkeep{s}
	if err := db.prepare(ctx, makes); err != nil {
		return nil, errors.Join(db.explain(err), db.Close())
	}
	return s, nil
}

// Close ends all use of the store.
func (s *Store) Close() error { return s.db.Close() }

// Name is what to call the store where people read it: without a password.
func (s *Store) Name() string { return s.db.name }

// Reads are the connections that wait for nobody, and see what was committed last.
func (s *Store) Reads() *sql.DB { return s.db.reads }

// Writes is the one connection that writes, for what no transaction can do (PRAGMA,
// ANALYZE). All else goes through Write, which waits for its turn.
func (s *Store) Writes() *sql.DB { return s.db.writes }

// Ping says whether the store can be written, by writing: a disk that is full or was
// remounted read-only still reads well. A disk that is nearly full counts as full.
func (s *Store) Ping(ctx context.Context, write func(tx *sql.Tx) error) error {
	if s.db.room != nil {
		if err := s.db.room(); err != nil {
			return err
		}
	}
	return s.Write(ctx, write)
}

// Timed measures an operation: defer s.Timed("record")().
func (s *Store) Timed(operation string) func() {
	if s.Took == nil {
		return func() {}
	}
	began := time.Now()
	return func() { s.Took(operation, time.Since(began)) }
}
