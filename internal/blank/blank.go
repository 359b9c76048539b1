// Package blank has the ledger of a test that is about something else: a SQLite file without
// orders. To make its tables takes longer than most tests, so a process makes one, and each
// test has a copy; its id and its keyset are those of all. It is for tests alone.
package blank

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/ledger"
)

// Ledger is a file that holds a ledger, and what opens it.
type Ledger struct {
	Path   string
	Keyset string // as FOXFLOW_KEYSET has it
	Keys   *keyset.Keyset
}

// New is a ledger in a folder of the test's own.
func New(t testing.TB) Ledger {
	t.Helper()
	made, err := first()
	require.NoError(t, err)
	l := Ledger{Path: filepath.Join(t.TempDir(), "foxflow.db"), Keyset: made.keyset, Keys: made.keys}
	require.NoError(t, os.WriteFile(l.Path, made.file, 0o600))
	return l
}

// Open opens it until the test ends, and once more each time.
func (l Ledger) Open(t testing.TB) *ledger.Ledger {
	t.Helper()
	book, err := ledger.OpenExisting(t.Context(), l.Path, l.Keys)
	require.NoError(t, err)
	t.Cleanup(func() { _ = book.Close() })
	return book
}

type template struct {
	keyset string
	keys   *keyset.Keyset
	file   []byte
}

// first makes the ledger that all are copies of.
var first = sync.OnceValues(func() (made template, err error) {
	folder, err := os.MkdirTemp("", "foxflow-blank-")
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if made.keyset, err = keyset.New(); err != nil {
		return made, err
	}
	if made.keys, err = keyset.Parse(made.keyset); err != nil {
		return made, err
	}
	path := filepath.Join(folder, "foxflow.db")
	book, err := ledger.Open(context.Background(), path, made.keys)
	if err != nil {
		return made, err
	}
	if err := book.Close(); err != nil {
		return made, err
	}
	made.file, err = os.ReadFile(path)
	return made, err
})
