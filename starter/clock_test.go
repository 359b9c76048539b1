package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest"
	"foxflow/ledger"
)

// Starters on machines whose clocks are an hour apart share a PostgreSQL: an order is as
// old as its clock says, whoever placed it and whoever lists it.
func TestAgesWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	address := ledgertest.Address(t)
	s.setenv("FOXFLOW_LEDGER=" + address)
	keys, err := keyset.Parse(s.keys)
	require.NoError(t, err)
	s.book, err = ledger.Open(t.Context(), address, keys)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.book.Close() })
	clocks := map[string]time.Duration{"ahead": time.Hour, "behind": -time.Hour}
	for placer, by := range clocks {
		s.now = time.Now().Add(by)
		got := s.run("place", "--reference", placer, "--item", "product_a", "--mock")
		require.Equal(t, exitDone, got.status, got.err)
	}
	for lister, by := range clocks {
		s.now = time.Now().Add(by)
		for _, flag := range []string{"--newer-than", "--older-than"} {
			got := s.run("list", flag, "10m")
			require.Equal(t, exitDone, got.status, got.err)
			for placer := range clocks {
				has := assert.NotContains
				if flag == "--newer-than" {
					has = assert.Contains
				}
				has(t, got.out, placer, "%s, listed by the one %s", flag, lister)
			}
		}
	}
}
