package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest/twice"
	"foxflow/order"
)

func TestLedgerOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	s := bareShop(t)
	first, err := Open(t.Context(), s.path, s.keys)
	require.NoError(t, err)
	deliver(t, first, "shop-1")
	id := first.ID()
	require.NoError(t, first.Ping(t.Context()))
	require.NoError(t, first.Close())

	second := s.open(t)
	require.Equal(t, id, second.ID())
	require.NotEqual(t, id, newLedger(t).ID())
	status, err := second.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Completed, status.State)
	require.NoError(t, second.Log.Verify(t.Context(), "shop-1"))
	require.Equal(t, first.KeyID("key"), second.KeyID("key"))
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	twice.AboutSQLite(t)
	s := bareShop(t)
	l := s.open(t)
	begin(t, l, "shop-1")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(s.path + suffix)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), suffix)
	}
}

func TestBadAddressesAreRefusedClearly(t *testing.T) {
	t.Parallel()
	twice.AboutSQLite(t)
	s := bareShop(t)
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
	t.Parallel()
	twice.AboutSQLite(t)
	s := bareShop(t)
	s.path = filepath.Join(filepath.Dir(s.path), "a b?c#d%20é.db")
	deliver(t, s.open(t), "shop-1")
	_, err := os.Stat(s.path)
	require.NoError(t, err)
}

func TestWrongKeyset(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	deliver(t, s.open(t), "shop-1")
	other := newShop(t)
	_, err := Open(t.Context(), s.path, other.keys)
	require.ErrorIs(t, err, ErrWrongKeyset)
	require.ErrorContains(t, err, "the keyset does not open this ledger: ")
	// The refused one has changed nothing.
	require.NoError(t, s.open(t).Log.Verify(t.Context(), "shop-1"))
}

func TestWithoutKeysetWhatIsNotSealedCanBeRead(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.open(t)
	deliver(t, l, "shop-1")
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA")))

	blind, err := Open(t.Context(), s.path, nil)
	require.NoError(t, err)
	defer blind.Close()
	status, err := blind.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Completed, status.State)
	entries, err := blind.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 5)
	counts, err := blind.Vault.Count(t.Context(), "ord-1")
	require.NoError(t, err)
	require.Equal(t, map[int]int{0: 1}, counts)

	_, _, begun := blind.Orders.Begin(t.Context(), request("shop-2"), noon)
	_, request := blind.Orders.Request(t.Context(), "shop-1")
	_, codesErr := blind.Vault.Codes(t.Context(), "shop-1")
	_, _, _, all := blind.Log.VerifyAll(t.Context())
	for name, err := range map[string]error{
		"begin": begun, "request": request, "codes": codesErr, "verify all": all,
		"verify": blind.Log.Verify(t.Context(), "shop-1"),
		"append": blind.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: "k", Kind: KindNote}),
		"store":  blind.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA")),
	} {
		require.ErrorIs(t, err, ErrNoKeyset, name)
	}
	require.Empty(t, blind.KeyID("key"))
}

func TestKeysetIsRotatedWhileOrdersRun(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	before := s.open(t)
	deliver(t, before, "shop-1")
	require.NoError(t, before.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA")))

	rotatedText, err := keyset.Rotate(s.text)
	require.NoError(t, err)
	rotated := s
	rotated.keys = parseKeys(t, rotatedText)
	after := rotated.open(t)
	require.NoError(t, after.Log.Verify(t.Context(), "shop-1"))
	require.Equal(t, before.KeyID("key"), after.KeyID("key"), "the budget stays one")
	_, created, err := after.Orders.Begin(t.Context(), request("shop-1"), noon)
	require.NoError(t, err)
	require.False(t, created, "the same content is still the same")
	opened, err := after.Vault.Codes(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, opened, 1)

	// Both go on side by side, and the chain stays one.
	begin(t, before, "shop-2")
	enter(t, before, "shop-2", order.Creating)
	enter(t, after, "shop-2", order.Active)
	require.NoError(t, before.Log.Verify(t.Context(), "shop-2"))

	// The ledger's own key was sealed again: the new primary key alone opens it.
	var sealed []byte
	require.NoError(t, after.store.Reads().QueryRowContext(t.Context(), selectChainKey).Scan(&sealed))
	require.True(t, rotated.keys.Current(sealed))
	_, err = Open(t.Context(), s.path, s.keys)
	require.ErrorIs(t, err, ErrWrongKeyset)
}

func TestLedgerThatLostItsChainKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	deliver(t, s.open(t), "shop-1")
	s.raw(t, `DELETE FROM secrets`)
	_, err := Open(t.Context(), s.path, s.keys)
	require.ErrorContains(t, err, "chain key is gone")
}

func TestChainKeyOfAnotherLedgerDoesNotOpen(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	deliver(t, s.open(t), "shop-1")
	other := s
	other.path = twice.Address(t)
	stranger := other.open(t)
	var sealed []byte
	require.NoError(t, stranger.store.Reads().QueryRowContext(t.Context(), selectChainKey).Scan(&sealed))
	s.raw(t, `UPDATE secrets SET sealed = $1`, sealed)
	_, err := Open(t.Context(), s.path, s.keys)
	require.ErrorIs(t, err, ErrWrongKeyset)
}

func TestManyOpenANewFileAtTheSameMoment(t *testing.T) {
	t.Parallel()
	s := bareShop(t)
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
	t.Parallel()
	s := bareShop(t)
	l := s.open(t)
	require.NoError(t, l.Ping(t.Context()))
	s.raw(t, unwritable())
	require.ErrorContains(t, l.Ping(t.Context()), "write to ledger")
}

// unwritable has every write of Ping fail.
func unwritable() string {
	if twice.OnPostgres() {
		return `ALTER TABLE meta ADD CHECK (name <> 'pinged') NOT VALID`
	}
	return `CREATE TRIGGER full BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'disk is full'); END`
}
