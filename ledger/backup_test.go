package ledger

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
	"foxflow/order"
)

// A backup that is taken while orders go on is one moment of the ledger, whole, of either
// kind of ledger; and it is a ledger.
func TestABackupIsOneMomentOfTheLedger(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.open(t)
	deliver(t, l, "shop-1")
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA")))
	working, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		for n := 0; working.Err() == nil; n++ {
			if _, _, err := l.Orders.Begin(t.Context(), request(fmt.Sprintf("busy-%d", n)), noon); err != nil {
				ended <- err
				return
			}
			if err := l.Log.Append(t.Context(), Entry{Reference: fmt.Sprintf("busy-%d", n), Key: "a", Kind: KindNote, State: order.Creating, At: noon}); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	folder := t.TempDir()
	path := filepath.Join(folder, "backup.db")
	for n := range 3 {
		one := fmt.Sprintf("%s.%d", path, n)
		copied, err := l.Backup(t.Context(), one, noon.Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, l.ID(), copied.ID)
		require.Positive(t, copied.Orders)
		require.NoError(t, os.Rename(one, path))
	}
	stop()
	require.NoError(t, <-ended)

	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing lies beside it")
	info, err := entries[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	back, err := OpenExisting(t.Context(), path, s.keys)
	require.NoError(t, err)
	defer back.Close()
	_, _, broken, err := back.Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Empty(t, broken)
	damage, err := back.store.Upkeep.Damage(t.Context())
	require.NoError(t, err)
	require.Empty(t, damage)
	have, err := back.Vault.Codes(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, have, 1)
	taken, err := back.BackedUp(t.Context())
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Hour), taken)
	require.NoError(t, back.InUseAgain(t.Context()))
	taken, err = back.BackedUp(t.Context())
	require.NoError(t, err)
	require.Zero(t, taken)
	taken, err = l.BackedUp(t.Context())
	require.NoError(t, err)
	require.Zero(t, taken, "the ledger itself is none")
}

func TestABackupTakesThePlaceOfNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.open(t)
	path := filepath.Join(t.TempDir(), "there.db")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err := l.Backup(t.Context(), path, noon)
	require.ErrorContains(t, err, "the file is there already")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
	_, err = l.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "folder.db"), noon)
	require.Error(t, err)
	// A ledger whose log is broken is not backed up as if it were whole.
	deliver(t, l, "shop-1")
	_, err = l.store.Writes().ExecContext(t.Context(), `UPDATE heads SET seq = seq + 1`)
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "broken.db")
	_, err = l.Backup(t.Context(), path, noon)
	require.ErrorContains(t, err, "the audit log is broken")
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	twice.AboutSQLite(t)
	s := newShop(t)
	l := s.open(t)
	deliver(t, l, "shop-1")
	_, err := l.store.Writes().ExecContext(t.Context(), `PRAGMA foreign_keys = 0`)
	require.NoError(t, err)
	_, err = l.store.Writes().ExecContext(t.Context(), `DELETE FROM orders`)
	require.NoError(t, err)
	damage, err := l.store.Upkeep.Damage(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, damage)
	require.Contains(t, damage[0], "that is missing")
}
