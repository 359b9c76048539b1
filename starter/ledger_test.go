package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/ledger"
	"foxflow/order"
)

func TestLedgerIsMigratedWithoutAKeyset(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.env = s.env[1:]
	got := s.run("ledger", "migrate")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, got.out, "has its tables, version ")
	got = s.run("ledger", "migrate", "--grant-to", "foxflow")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "a SQLite file knows no roles")

	s.setenv("FOXFLOW_LEDGER=postgres://fox:secret@127.0.0.1:1/foxflow?sslmode=disable")
	got = s.run("ledger", "migrate")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "is PostgreSQL running there?")
	assert.NotContains(t, got.err, "secret")
}

func TestPasswordOfTheLedgerIsShownNowhere(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, address := range []string{
		"postgres://fox:secret@127.0.0.1:1/foxflow?sslmode=disable", "postgres://fox:secret@db/foxflow", "postgres://fox:sec ret@db:x/foxflow",
		"mysql://fox:secret@db/foxflow", "postgres://127.0.0.1:1/foxflow?user=fox&password=secret&sslmode=disable",
	} {
		s.setenv("FOXFLOW_LEDGER=" + address)
		for _, output := range []string{"table", "json"} {
			got := s.run("list", "-o", output)
			assert.Equal(t, exitError, got.status, address)
			assert.Contains(t, got.err, "FOXFLOW_LEDGER")
			assert.NotContains(t, got.err+got.out, "secret", address)
			assert.NotContains(t, got.err+got.out, "sec ret", address)
		}
	}
}

func TestLedgerIsCopiedToANewFile(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	from, to := s.env[1][len("FOXFLOW_LEDGER="):], filepath.Join(t.TempDir(), "copy.db")
	got := s.run("ledger", "copy", "--from", from, "--to", to)
	assert.Equal(t, exitError, got.status, "somebody has it open")
	assert.Contains(t, got.err, "it is in use: stop all workers")
	require.NoError(t, s.book.Close())

	got = s.run("ledger", "copy", "--from", from, "--to", to, "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	var copied ledger.Copied
	require.NoError(t, json.Unmarshal([]byte(got.out), &copied))
	assert.Equal(t, []any{from, to, s.book.ID(), 1, 1}, []any{copied.From, copied.To, copied.ID, copied.Orders, copied.Entries})

	got = s.run("status", "shop-1")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "it was copied to "+to)
	back := filepath.Join(t.TempDir(), "back.db")
	got = s.run("ledger", "copy", "--from", to, "--to", back)
	require.Equal(t, exitDone, got.status, got.err)
	assert.Regexp(t, `orders +1\n`, got.out)
	assert.Contains(t, got.out, "1 orders with 1 entries copied to "+back+", the chains are whole")
	s.setenv("FOXFLOW_LEDGER=" + back)
	assert.Equal(t, exitDone, s.run("status", "shop-1").status)
	assert.Equal(t, exitDone, s.run("audit", "--verify-all").status)
}

func TestCopyIsRefusedForWhatIsTyped(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for want, args := range map[string][]string{
		"--from: it is missing":                                  {"--to", "x.db"},
		"--to: it is missing":                                    {"--from", "x.db"},
		"--to: the address holds a password, which others see":   {"--from", "x.db", "--to", "postgres://fox:secret@db/foxflow"},
		"--from: the address holds a password, which others see": {"--to", "x.db", "--from", "postgres://db/foxflow?password=secret"},
		"--to: is empty":                                         {"--from", "x.db", "--to", ""},
	} {
		got := s.run(append([]string{"ledger", "copy"}, args...)...)
		assert.Equal(t, exitUsage, got.status, want)
		assert.Contains(t, got.err, want)
		assert.NotContains(t, got.err, "secret")
	}
}

func TestCopyNeedsTheKeysetOfTheLedger(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	require.NoError(t, s.book.Close())
	other, err := keyset.New()
	require.NoError(t, err)
	from, to := s.env[1][len("FOXFLOW_LEDGER="):], filepath.Join(t.TempDir(), "copy.db")
	s.env = s.env[1:]
	got := s.run("ledger", "copy", "--from", from, "--to", to)
	assert.Equal(t, exitUsage, got.status)
	assert.Contains(t, got.err, "FOXFLOW_KEYSET is not set")
	s.setenv("FOXFLOW_KEYSET=" + other)
	got = s.run("ledger", "copy", "--from", from, "--to", to)
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "keyset does not open this ledger")
	assert.NoFileExists(t, to)
}

// A slip in the ledger's name must not look like an empty ledger.
func TestNoCommandMakesALedgerButPlaceAndMigrate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := filepath.Join(t.TempDir(), "typo.db")
	s.setenv("FOXFLOW_LEDGER=" + path)
	for _, args := range [][]string{{"status", "r"}, {"watch", "r"}, {"list"}, {"codes", "r"}, {"audit", "r"}, {"audit", "--verify-all"},
		{"audit", "--export", filepath.Join(t.TempDir(), "a.jsonl")}, {"explain", "r"}, {"stats"}, {"cancel", "r"}, {"resolve", "r", "--retry"},
		{"recheck", "r"}, {"pause"}, {"resume"}, {"top-up", "--all"}, {"top-up", "--request", "5", "--currency", "usdt"},
		{"ledger", "copy", "--from", path, "--to", filepath.Join(t.TempDir(), "copy.db")},
	} {
		got := s.run(append(args, "-o", "json")...)
		assert.Equal(t, exitError, got.status, args)
		message, hint := problem(t, got)
		assert.Equal(t, "no ledger at "+path, message, args)
		assert.Contains(t, hint, "FOXFLOW_LEDGER", args)
		assert.NoFileExists(t, path, args)
	}
	require.Equal(t, exitDone, s.run("ledger", "migrate").status)
	assert.FileExists(t, path)
}

// Where there is no ledger, what FoxReload alone knows is asked for all the same.
func TestFoxReloadIsAskedWithoutALedger(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := filepath.Join(t.TempDir(), "typo.db")
	s.foxreload("12.50", nil)
	s.setenv("FOXFLOW_LEDGER=" + path)
	s.env = s.env[1:] // no keyset either
	got := s.run("balance")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, got.out, "12.5")
	assert.NoFileExists(t, path)
}
