package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"foxflow/internal/ledgertest/twice"
)

func TestOneHoldsTheLease(t *testing.T) {
	t.Parallel()
	address := twice.Address(t)
	stores := [2]*Store{open(t, address), open(t, address)}
	for _, s := range stores {
		s.Clock.Shared = nil
	}
	lease := func(book int, after time.Duration) bool {
		mine, err := stores[book].Leases.Take(t.Context(), "desk", []string{"ann", "bob"}[book], noon.Add(after), noon.Add(after+time.Minute))
		require.NoError(t, err)
		return mine
	}
	require.True(t, lease(0, 0))
	require.False(t, lease(1, 59*time.Second))
	require.True(t, lease(0, 59*time.Second), "renewed")
	require.False(t, lease(1, time.Minute))
	require.True(t, lease(1, 2*time.Minute), "taken over once it ran out")
	require.False(t, lease(0, 2*time.Minute))
	require.NoError(t, stores[0].Leases.GiveUp(t.Context(), "desk", "ann"), "not hers")
	require.False(t, lease(0, 2*time.Minute))
	require.NoError(t, stores[1].Leases.GiveUp(t.Context(), "desk", "bob"))
	require.True(t, lease(0, 2*time.Minute))
	var won atomic.Int32
	var all errgroup.Group
	for i := range 10 {
		all.Go(func() error {
			mine, err := stores[i%2].Leases.Take(t.Context(), "other", fmt.Sprint(i), noon, noon.Add(time.Minute))
			if mine {
				won.Add(1)
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.EqualValues(t, 1, won.Load())
}

func TestLeaseWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	at, address := noon, twice.Address(t)
	var stores []*Store
	for _, wrong := range []time.Duration{0, time.Hour, -time.Hour} {
		s := open(t, address)
		s.Clock.Here = func() time.Time { return at.Add(wrong) }
		s.Clock.Shared = func(context.Context, Querier) (time.Time, error) { return at, nil }
		stores = append(stores, s)
	}
	lease := func(i int) bool {
		mine, err := stores[i].Leases.Take(t.Context(), "desk", []string{"ann", "bob", "eve"}[i], stores[i].Clock.Here(), stores[i].Clock.Here().Add(10*time.Second))
		require.NoError(t, err)
		return mine
	}
	for round := range 3 {
		require.True(t, lease(round))
		for other := range 3 {
			require.Equal(t, other == round, lease(other))
		}
		at = at.Add(10 * time.Second)
	}
}
