package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
)

// Somebody has the disk, not the keyset. shop-1 and shop-2 were delivered, with
// five entries each (numbers 1–5 and 6–10), shop-3 has just begun.
func tamperedShop(t *testing.T, statements ...string) *Ledger {
	t.Helper()
	s := newShop(t)
	l := s.open(t)
	deliver(t, l, "shop-1")
	deliver(t, l, "shop-2")
	begin(t, l, "shop-3")
	// An old copy of the rows, for those who put them back.
	s.raw(t, `CREATE TABLE old_heads AS SELECT * FROM heads`)
	s.raw(t, `CREATE TABLE old_count AS SELECT * FROM ledger_head`)
	t.Cleanup(func() { s.raw(t, `DROP TABLE old_heads; DROP TABLE old_count`) })
	require.NoError(t, l.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: "look", Kind: KindLook, Reason: "codes read by eve"})) // 6th, number 11
	orders, entries, broken, err := l.Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Empty(t, broken, "whole before")
	require.Equal(t, []int{3, 11}, []int{orders, entries})
	if !twice.OnPostgres() { // there they don't bind whoever can do what s.raw does
		statements = append([]string{`DROP TRIGGER audit_no_update`, `DROP TRIGGER audit_no_delete`}, statements...)
	}
	for _, statement := range statements {
		s.raw(t, statement)
	}
	return l
}

func plainHash(t *testing.T) string {
	t.Helper()
	sum := sha256.Sum256([]byte("whatever the forger thinks is hashed"))
	return hex.EncodeToString(sum[:])
}

// Promise 4: each state is on record.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	forged := plainHash(t)
	for _, tc := range []struct {
		name       string
		statements []string
		reference  string
		seq        int64
		problem    string
	}{
		{"edit an entry", []string{`UPDATE audit SET reason = 'nothing' WHERE reference = 'shop-1' AND seq = 3`},
			"shop-1", 3, "was changed"},
		{"edit its step", []string{`UPDATE audit SET step = 99 WHERE reference = 'shop-1' AND seq = 2`},
			"shop-1", 2, "was changed"},
		{"edit its time", []string{`UPDATE audit SET at = '2026-11-24T11:00:00.000000000Z' WHERE reference = 'shop-1' AND seq = 1`},
			"shop-1", 1, "was changed"},
		{"edit the newest", []string{`UPDATE audit SET reason = 'nothing' WHERE reference = 'shop-1' AND seq = 6`},
			"shop-1", 6, "was changed"},
		{"edit and hash again", []string{
			`UPDATE audit SET reason = 'nothing', hash = '` + forged + `' WHERE reference = 'shop-1' AND seq = 6`,
			`UPDATE heads SET hash = '` + forged + `' WHERE reference = 'shop-1'`},
			"shop-1", 6, "was changed"},
		{"edit and hash all that follow again", []string{
			`UPDATE audit SET reason = 'nothing', hash = '` + forged + `' WHERE reference = 'shop-1' AND seq >= 3`},
			"shop-1", 3, "was changed"},
		{"cut off the newest", []string{`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 6`},
			"shop-1", 6, "is missing"},
		{"cut off two", []string{`DELETE FROM audit WHERE reference = 'shop-1' AND seq >= 5`},
			"shop-1", 5, "is missing"},
		{"cut off the newest and rewind the head", []string{
			`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 6`,
			`UPDATE heads SET seq = 5, hash = (SELECT hash FROM audit WHERE reference = 'shop-1' AND seq = 5) WHERE reference = 'shop-1'`},
			"shop-1", 6, "head was changed"},
		{"cut off the newest and delete the head", []string{
			`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 6`, `DELETE FROM heads WHERE reference = 'shop-1'`},
			"shop-1", 6, "head is missing"},
		{"cut off the newest and put an old head back", []string{
			`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 6`, `DELETE FROM heads`, `INSERT INTO heads SELECT * FROM old_heads`},
			"", 11, "is missing"},
		{"the same, and the old count of entries too", []string{
			`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 5`, `DELETE FROM audit WHERE reference = 'shop-1' AND seq = 6`,
			`UPDATE heads SET seq = 4 WHERE reference = 'shop-1'`, `DELETE FROM ledger_head`, `INSERT INTO ledger_head SELECT * FROM old_count`},
			"shop-1", 5, "head was changed"},
		{"rewind the head alone", []string{`DELETE FROM heads`, `INSERT INTO heads SELECT * FROM old_heads`},
			"shop-1", 6, "beyond the chain's head"},
		{"delete in the middle", []string{`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 3`},
			"shop-1", 3, "is missing"},
		{"delete in the middle and close the gap", []string{
			`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 3`,
			`UPDATE audit SET seq = seq - 1 WHERE reference = 'shop-1' AND seq = 4`,
			`UPDATE audit SET seq = seq - 1 WHERE reference = 'shop-1' AND seq = 5`,
			`UPDATE audit SET seq = seq - 1 WHERE reference = 'shop-1' AND seq = 6`},
			"shop-1", 3, "was changed"},
		{"delete the first", []string{`DELETE FROM audit WHERE reference = 'shop-1' AND seq = 1`},
			"shop-1", 1, "is missing"},
		{"swap two of a reference", []string{
			`UPDATE audit SET seq = 99 WHERE reference = 'shop-1' AND seq = 3`,
			`UPDATE audit SET seq = 3 WHERE reference = 'shop-1' AND seq = 4`,
			`UPDATE audit SET seq = 4 WHERE reference = 'shop-1' AND seq = 99`},
			"shop-1", 3, "put in the place of another"},
		{"delete every entry, leave the head", []string{`DELETE FROM audit WHERE reference = 'shop-1'`},
			"shop-1", 1, "is missing"},
		{"delete every entry and the head", []string{
			`DELETE FROM audit WHERE reference = 'shop-1'`, `DELETE FROM heads WHERE reference = 'shop-1'`},
			"shop-1", 1, "all entries of an order that is completed"},
		{"delete them and say that it has just begun", []string{
			`DELETE FROM audit WHERE reference = 'shop-1'`, `DELETE FROM heads WHERE reference = 'shop-1'`,
			`UPDATE orders SET state = 'creating' WHERE reference = 'shop-1'`},
			"", 1, "is missing"},
		{"delete an order without a trace", []string{
			`DELETE FROM audit WHERE reference = 'shop-2'`, `DELETE FROM heads WHERE reference = 'shop-2'`, `DELETE FROM orders WHERE reference = 'shop-2'`},
			"", 6, "is missing"},
		{"delete the order's row alone", []string{`DELETE FROM orders WHERE reference = 'shop-2'`},
			"shop-2", 1, "row is missing"},
		{"set the count back", []string{`DELETE FROM ledger_head`, `INSERT INTO ledger_head SELECT * FROM old_count`},
			"", 12, "can't be ruled out"},
		{"change the count", []string{`UPDATE ledger_head SET mac = 'x'`},
			"", 12, "can't be ruled out"},
		{"delete the count", []string{`DELETE FROM ledger_head`},
			"", 12, "can't be ruled out"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := tamperedShop(t, tc.statements...)
			_, _, broken, err := l.Log.VerifyAll(t.Context())
			require.NoError(t, err)
			require.Len(t, broken, 1)
			require.Equal(t, tc.reference, broken[0].Reference)
			require.Equal(t, tc.seq, broken[0].Seq)
			require.Contains(t, broken[0].Problem, tc.problem)

			one := tc.reference
			if one == "" {
				one = "shop-1"
			}
			var found *BrokenChainError
			require.ErrorAs(t, l.Log.Verify(t.Context(), one), &found, "a look at %s alone", one)
			require.Equal(t, one, found.Reference)
			if tc.reference != "" {
				require.Equal(t, broken[0], found)
				require.NoError(t, l.Log.Verify(t.Context(), map[string]string{"shop-1": "shop-2", "shop-2": "shop-1"}[one]), "the other is whole")
			}
		})
	}
}

func TestSwappedReferencesAreFound(t *testing.T) {
	t.Parallel()
	l := tamperedShop(t,
		`UPDATE audit SET reference = 'shop-3', key = 'x' || key WHERE reference = 'shop-1' AND seq = 2`,
		`UPDATE audit SET reference = 'shop-1' WHERE reference = 'shop-2' AND seq = 2`,
		`UPDATE audit SET reference = 'shop-2', key = substr(key, 2) WHERE reference = 'shop-3' AND seq = 2`)
	_, _, broken, err := l.Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Equal(t, []*BrokenChainError{
		{"shop-1", 2, "was changed, or put in the place of another"},
		{"shop-2", 2, "was changed, or put in the place of another"}}, broken)

	// All entries of both, with their heads.
	for _, table := range []string{"audit", "heads"} {
		t.Run(table+" of both", func(t *testing.T) {
			swap := func(table string) []string {
				return []string{
					fmt.Sprintf(`UPDATE %s SET reference = 'shop-3' WHERE reference = 'shop-1'`, table),
					fmt.Sprintf(`UPDATE %s SET reference = 'shop-1' WHERE reference = 'shop-2'`, table),
					fmt.Sprintf(`UPDATE %s SET reference = 'shop-2' WHERE reference = 'shop-3'`, table)}
			}
			statements := swap("heads")
			if table == "audit" {
				statements = append(statements, swap("audit")...)
			}
			_, _, broken, err := tamperedShop(t, statements...).Log.VerifyAll(t.Context())
			require.NoError(t, err)
			require.Len(t, broken, 2)
		})
	}
}

// The worker goes on after a forgery, for money may be out. What it writes then
// must not cover the forgery up: it is found where it was.
func TestTamperingIsNotForgivenByTheNextEntry(t *testing.T) {
	t.Parallel()
	const (
		cut     = `DELETE FROM audit WHERE reference = 'shop-1' AND seq = 6`
		oldHead = `UPDATE heads SET (seq, hash, mac) = (SELECT seq, hash, mac FROM old_heads o WHERE o.reference = heads.reference)`
	)
	for _, tc := range []struct {
		name       string
		statements []string
		want       BrokenChainError
	}{
		{"cut off the newest", []string{cut}, BrokenChainError{"shop-1", 6, "is missing"}},
		{"cut off the newest and rewind the head", []string{cut,
			`UPDATE heads SET seq = 5, hash = (SELECT hash FROM audit WHERE reference = 'shop-1' AND seq = 5) WHERE reference = 'shop-1'`},
			BrokenChainError{"shop-1", 9, "had been forged or removed"}},
		{"cut off the newest and put an old head back", []string{cut, oldHead}, BrokenChainError{"", 11, "is missing"}},
		{"and set the count back too", []string{cut, oldHead, `UPDATE ledger_head SET entries = 10`}, BrokenChainError{"", 17, "can't be ruled out"}},
		{"and delete the count", []string{cut, oldHead, `DELETE FROM ledger_head`}, BrokenChainError{"", 17, "can't be ruled out"}},
		{"rewind the head alone", []string{oldHead}, BrokenChainError{"shop-1", 10, "had been forged or removed"}},
		{"delete the head", []string{`DELETE FROM heads WHERE reference = 'shop-1'`}, BrokenChainError{"shop-1", 10, "had been forged or removed"}},
		{"edit an entry", []string{`UPDATE audit SET reason = 'nothing' WHERE reference = 'shop-1' AND seq = 6`}, BrokenChainError{"shop-1", 6, "was changed"}},
		{"edit its hash", []string{`UPDATE audit SET hash = 'x' WHERE reference = 'shop-1' AND seq = 6`}, BrokenChainError{"shop-1", 6, "was changed"}},
		{"delete every entry and the head", []string{`DELETE FROM audit WHERE reference = 'shop-1'`, `DELETE FROM heads WHERE reference = 'shop-1'`},
			BrokenChainError{"shop-1", 4, "had been forged or removed"}},
		{"delete an order without a trace", []string{`DELETE FROM audit WHERE reference = 'shop-2'`, `DELETE FROM heads WHERE reference = 'shop-2'`,
			`DELETE FROM orders WHERE reference = 'shop-2'`}, BrokenChainError{"", 6, "is missing"}},
		{"delete the count", []string{`DELETE FROM ledger_head`}, BrokenChainError{"", 18, "can't be ruled out"}},
		{"change the count", []string{`UPDATE ledger_head SET entries = 12`}, BrokenChainError{"", 12, "is missing"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := tamperedShop(t, tc.statements...)
			for i := range 3 {
				for _, reference := range []string{"shop-1", "shop-3"} {
					require.NoError(t, l.Log.Append(t.Context(), Entry{Reference: reference, Key: fmt.Sprintf("later/%d", i), Kind: KindNote}), "the order goes on")
				}
			}
			_, _, broken, err := l.Log.VerifyAll(t.Context())
			require.NoError(t, err)
			require.Len(t, broken, 1)
			require.Contains(t, broken[0].Problem, tc.want.Problem)
			require.Equal(t, tc.want, BrokenChainError{broken[0].Reference, broken[0].Seq, tc.want.Problem})
			require.Error(t, l.Log.Verify(t.Context(), "shop-1"))
		})
	}
}
