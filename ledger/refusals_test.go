package ledger

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
)

// opens are both ways to open a ledger.
var opens = map[string]func(context.Context, string, *keyset.Keyset) (*Ledger, error){"making": Open, "existing": OpenExisting}

func TestOnlyOpenMakesALedger(t *testing.T) {
	t.Parallel()
	s := bareShop(t)
	_, err := OpenExisting(t.Context(), s.path, s.keys)
	require.ErrorIs(t, err, store.ErrNone)
	require.EqualError(t, err, "no ledger at "+store.Name(s.path))
	require.NotEmpty(t, Fix(err))
	_, err = Copy(t.Context(), s.path, bareShop(t).path, s.keys)
	require.ErrorIs(t, err, store.ErrNone, "what is copied must be there")
	if !twice.OnPostgres() {
		require.NoFileExists(t, s.path)
		require.NoError(t, os.WriteFile(s.path, nil, 0o600)) // a process was killed as it made the file
		_, err = OpenExisting(t.Context(), s.path, s.keys)
		require.ErrorIs(t, err, store.ErrNone)
	}
	made := s.open(t)
	again, err := OpenExisting(t.Context(), s.path, s.keys)
	require.NoError(t, err)
	require.Equal(t, made.ID(), again.ID())
	require.NoError(t, again.Close())
}

func TestALedgerOfANewerProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := bareShop(t)
	l := s.open(t)
	deliver(t, l, "shop-1")
	_, err := l.store.Writes().ExecContext(t.Context(), `INSERT INTO `+store.Versions+` (version_id, is_applied) VALUES (9999, $1)`, appliedMark())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	before := s.bytes(t)
	for name, open := range opens {
		_, err := open(t.Context(), s.path, s.keys)
		require.ErrorIs(t, err, store.ErrNewer, name)
		require.ErrorContains(t, err, "its tables are version 9999, and this program knows them up to version ", name)
	}
	_, err = Migrate(t.Context(), s.path, "")
	require.ErrorIs(t, err, store.ErrNewer)
	_, err = Copy(t.Context(), s.path, bareShop(t).path, s.keys)
	require.ErrorIs(t, err, store.ErrNewer)
	_, err = Copy(t.Context(), bareShop(t).withOrder(t), s.path, s.keys)
	require.Error(t, err)
	require.Equal(t, before, s.bytes(t), "nothing was written")
}

// A database of another program's gets no tables of ours.
func TestWhatIsNoLedgerIsLeftAlone(t *testing.T) {
	t.Parallel()
	for what, statements := range map[string][]string{
		"tables of somebody's":             {`CREATE TABLE customers (id INTEGER)`},
		"somebody's migrations":            {`CREATE TABLE goose_db_version (id INTEGER, version_id INTEGER, is_applied BOOLEAN)`, `CREATE TABLE customers (id INTEGER)`},
		"the newest migration of somebody": {`CREATE TABLE goose_db_version (id INTEGER, version_id INTEGER, is_applied BOOLEAN)`, `INSERT INTO goose_db_version VALUES (1, 7, TRUE)`, `CREATE TABLE meta (id INTEGER)`},
	} {
		s := bareShop(t)
		driver, address := "sqlite", "file:"+s.path // without our settings, which would change the file
		if twice.OnPostgres() {
			driver, address = "pgx", s.path
		}
		db, err := sql.Open(driver, address)
		require.NoError(t, err)
		for _, statement := range statements {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		require.NoError(t, db.Close())
		before := s.bytes(t)
		for name, open := range opens {
			_, err := open(t.Context(), s.path, s.keys)
			require.ErrorIs(t, err, store.ErrForeign, "%s: %s", what, name)
		}
		require.Equal(t, before, s.bytes(t), what)
	}
}

// bytes is the ledger's file and its neighbours; on PostgreSQL, where others write to the
// database, nothing.
func (s shop) bytes(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	if twice.OnPostgres() {
		return files
	}
	entries, err := os.ReadDir(filepath.Dir(s.path))
	require.NoError(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(s.path), e.Name()))
		require.NoError(t, err)
		files[e.Name()] = string(text)
	}
	return files
}

// withOrder is the address of a ledger in use.
func (s shop) withOrder(t *testing.T) string {
	t.Helper()
	l := s.open(t)
	deliver(t, l, "shop-1")
	require.NoError(t, l.Close())
	return s.path
}

// appliedMark is true as goose writes it.
func appliedMark() any {
	if twice.OnPostgres() {
		return true
	}
	return 1
}

func TestALedgerGoesWithOneNamespace(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	require.NoError(t, l.GoesWith(t.Context(), "shop"))
	require.NoError(t, l.GoesWith(t.Context(), "shop"))
	err := l.GoesWith(t.Context(), "test")
	require.ErrorIs(t, err, ErrOtherNamespace)
	require.ErrorContains(t, err, `"shop"`)
	require.NoError(t, l.Rebind(t.Context(), "test"))
	require.NoError(t, l.GoesWith(t.Context(), "test"))
}

// The docs tell a person what each refusal means, in the words that are shown.
func TestTheDocsTellEveryRefusal(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "docs", "ledger.md"))
	require.NoError(t, err)
	for _, refusal := range Refusals {
		require.Contains(t, string(text), refusal.Words)
		require.NotEmpty(t, refusal.Fix)
	}
	require.ErrorContains(t, &MovedError{To: "there", At: "now"}, ErrMoved.Words)
}
