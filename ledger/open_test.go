package ledger

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/keyset"
	"foxflow/order"
)

func TestLedgerOutlivesItsProcess(t *testing.T) {
	s := newShop(t)
	first, err := Open(t.Context(), s.path, s.keys)
	require.NoError(t, err)
	deliver(t, first, "shop-1")
	id := first.ID()
	require.NoError(t, first.Ping(t.Context()))
	require.NoError(t, first.Close())

	second := s.open(t)
	require.Equal(t, id, second.ID())
	require.NotEqual(t, id, newLedger(t).ID())
	status, err := second.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Completed, status.State)
	require.NoError(t, second.Verify(t.Context(), "shop-1"))
	require.Equal(t, first.KeyID("key"), second.KeyID("key"))
}

func TestFileIsPrivate(t *testing.T) {
	aboutSQLite(t)
	s := newShop(t)
	l := s.open(t)
	begin(t, l, "shop-1")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(s.path + suffix)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), suffix)
	}
}

func TestMoneySettingsHoldOnEveryConnection(t *testing.T) {
	aboutSQLite(t)
	l := newLedger(t)
	connections := map[string]*sql.Conn{}
	take := func(name string, db *sql.DB) {
		connection, err := db.Conn(t.Context())
		require.NoError(t, err)
		connections[name] = connection
	}
	take("writer", l.db.writes)
	for i := range readers { // each is kept, so that the next is another
		take(fmt.Sprintf("reader %d", i), l.db.reads)
	}
	for name, connection := range connections {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
			var have string
			require.NoError(t, connection.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&have))
			require.Equal(t, want, have, "%s: %s", name, pragma)
		}
		require.NoError(t, connection.Close())
	}
	_, err := l.db.reads.ExecContext(t.Context(), `DELETE FROM meta`)
	require.Error(t, err, "readers can't write")
}

func TestTransactionTakesTheWriteLockWhenItBegins(t *testing.T) {
	aboutSQLite(t)
	s := newShop(t)
	l := s.open(t)
	tx, err := l.db.writes.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	impatient, err := sql.Open("sqlite", "file:"+s.path)
	require.NoError(t, err)
	defer impatient.Close()
	_, err = impatient.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.True(t, busy(err), "%v", err)
}

func TestBadAddressesAreRefusedClearly(t *testing.T) {
	aboutSQLite(t)
	s := newShop(t)
	folder := filepath.Dir(s.path)
	for address, want := range map[string]string{
		"":                              "is empty",
		" ":                             "is empty",
		"mysql://fox:secret@db/foxflow": "neither the path of a file",
		":memory:":                      "neither the path of a file",
		folder:                          "it is a folder",
		folder + "/no/such/foxflow.db":  "folder " + folder + "/no/such does not exist",
	} {
		_, err := Open(t.Context(), address, s.keys)
		require.ErrorContains(t, err, want, address)
		require.NotContains(t, err.Error(), "secret")
	}
	require.NoError(t, os.WriteFile(s.path, []byte(strings.Repeat("no database ", 500)), 0o600))
	_, err := Open(t.Context(), s.path, s.keys)
	require.ErrorContains(t, err, "not a database")
}

func TestPathsWithOddCharacters(t *testing.T) {
	aboutSQLite(t)
	s := newShop(t)
	s.path = filepath.Join(filepath.Dir(s.path), "a b?c#d%20é.db")
	deliver(t, s.open(t), "shop-1")
	_, err := os.Stat(s.path)
	require.NoError(t, err)
}

func TestWrongKeyset(t *testing.T) {
	s := newShop(t)
	deliver(t, s.open(t), "shop-1")
	other := newShop(t)
	_, err := Open(t.Context(), s.path, other.keys)
	require.ErrorIs(t, err, ErrWrongKeyset)
	require.ErrorContains(t, err, "the keyset does not open this ledger: ")
	// The refused one has changed nothing.
	require.NoError(t, s.open(t).Verify(t.Context(), "shop-1"))
}

func TestWithoutKeysetWhatIsNotSealedCanBeRead(t *testing.T) {
	s := newShop(t)
	l := s.open(t)
	deliver(t, l, "shop-1")
	require.NoError(t, l.StoreCodes(t.Context(), "shop-1", "ord-1", codes("AAAA")))

	blind, err := Open(t.Context(), s.path, nil)
	require.NoError(t, err)
	defer blind.Close()
	status, err := blind.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Completed, status.State)
	entries, err := blind.Audit(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 5)
	counts, err := blind.CountCodes(t.Context(), "ord-1")
	require.NoError(t, err)
	require.Equal(t, map[int]int{0: 1}, counts)

	_, _, begun := blind.Begin(t.Context(), request("shop-2"), noon)
	_, request := blind.Request(t.Context(), "shop-1")
	_, codesErr := blind.Codes(t.Context(), "shop-1")
	_, _, _, all := blind.VerifyAll(t.Context())
	for name, err := range map[string]error{
		"begin": begun, "request": request, "codes": codesErr, "verify all": all,
		"verify": blind.Verify(t.Context(), "shop-1"),
		"append": blind.Append(t.Context(), Entry{Reference: "shop-1", Key: "k", Kind: KindNote}),
		"store":  blind.StoreCodes(t.Context(), "shop-1", "ord-1", codes("AAAA")),
		"wait":   blind.Budget("key", 100).Wait(t.Context(), 1),
		"hold":   blind.Budget("key", 100).Hold(t.Context(), 1),
	} {
		require.ErrorIs(t, err, ErrNoKeyset, name)
	}
	require.Empty(t, blind.KeyID("key"))
}

func TestKeysetIsRotatedWhileOrdersRun(t *testing.T) {
	s := newShop(t)
	before := s.open(t)
	deliver(t, before, "shop-1")
	require.NoError(t, before.StoreCodes(t.Context(), "shop-1", "ord-1", codes("AAAA")))

	rotatedText, err := keyset.Rotate(s.text)
	require.NoError(t, err)
	rotated := s
	rotated.keys = parseKeys(t, rotatedText)
	after := rotated.open(t)
	require.NoError(t, after.Verify(t.Context(), "shop-1"))
	require.Equal(t, before.KeyID("key"), after.KeyID("key"), "the budget stays one")
	_, created, err := after.Begin(t.Context(), request("shop-1"), noon)
	require.NoError(t, err)
	require.False(t, created, "the same content is still the same")
	opened, err := after.Codes(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, opened, 1)

	// Both go on side by side, and the chain stays one.
	begin(t, before, "shop-2")
	enter(t, before, "shop-2", order.Creating)
	enter(t, after, "shop-2", order.Active)
	require.NoError(t, before.Verify(t.Context(), "shop-2"))

	// The ledger's own key was sealed again: the new primary key alone opens it.
	var sealed []byte
	require.NoError(t, after.db.reads.QueryRowContext(t.Context(), selectChainKey).Scan(&sealed))
	require.True(t, rotated.keys.Current(sealed))
	_, err = Open(t.Context(), s.path, s.keys)
	require.ErrorIs(t, err, ErrWrongKeyset)
}

func TestLedgerThatLostItsChainKeyIsRefused(t *testing.T) {
	s := newShop(t)
	deliver(t, s.open(t), "shop-1")
	s.raw(t, `DELETE FROM secrets`)
	_, err := Open(t.Context(), s.path, s.keys)
	require.ErrorContains(t, err, "chain key is gone")
}

func TestChainKeyOfAnotherLedgerDoesNotOpen(t *testing.T) {
	s := newShop(t)
	deliver(t, s.open(t), "shop-1")
	other := s
	other.path = newAddress(t)
	stranger := other.open(t)
	var sealed []byte
	require.NoError(t, stranger.db.reads.QueryRowContext(t.Context(), selectChainKey).Scan(&sealed))
	s.raw(t, `UPDATE secrets SET sealed = $1`, sealed)
	_, err := Open(t.Context(), s.path, s.keys)
	require.ErrorIs(t, err, ErrWrongKeyset)
}

func TestManyOpenANewFileAtTheSameMoment(t *testing.T) {
	s := newShop(t)
	ids := make([]string, 8)
	noErrors(t, atOnce(len(ids), func(i int) error {
		l, err := Open(t.Context(), s.path, s.keys)
		if err != nil {
			return err
		}
		defer l.Close()
		ids[i] = l.ID() + l.KeyID("key")
		return nil
	}))
	for _, id := range ids {
		require.Equal(t, ids[0], id, "one ledger, one chain key")
	}
}

func TestPingFindsALedgerThatCannotBeWritten(t *testing.T) {
	s := newShop(t)
	l := s.open(t)
	require.NoError(t, l.Ping(t.Context()))
	s.raw(t, unwritable())
	require.ErrorContains(t, l.Ping(t.Context()), "write to ledger")
}

// unwritable has every write of Ping fail.
func unwritable() string {
	if onPostgres {
		return `ALTER TABLE meta ADD CHECK (name <> 'pinged') NOT VALID`
	}
	return `CREATE TRIGGER full BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'disk is full'); END`
}
