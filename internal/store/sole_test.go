package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Work that takes long keeps its lease; only death gives it away.
func TestLongWorkKeepsItsLease(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var asked atomic.Int64 // how often for the time
	sole := Sole{Name: "desk", Holder: "ann", Lasts: time.Minute, renewEvery: time.Millisecond, Now: func() time.Time {
		if asked.Add(1) == 1 {
			return noon
		}
		return noon.Add(time.Minute - time.Second)
	}}
	always := func(context.Context) (bool, error) { return true, nil }
	done := false
	require.NoError(t, s.Leases.Alone(t.Context(), sole, always, func(ctx context.Context) error {
		before := asked.Load()
		require.Eventually(t, func() bool { return asked.Load() >= before+2 }, time.Minute, time.Millisecond, "renewed, and about to be again")
		mine, err := s.Leases.Take(ctx, "desk", "bob", noon.Add(time.Minute), noon.Add(time.Hour))
		require.NoError(t, err)
		require.False(t, mine)
		done = true
		return nil
	}))
	require.True(t, done)
	mine, err := s.Leases.Take(t.Context(), "desk", "bob", noon, noon.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, mine, "given up at the end")
}

// Whoever lost the lease, the process stood still say, works on no more.
func TestWorkEndsWithItsLease(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var later atomic.Bool
	sole := Sole{Name: "desk", Holder: "ann", Lasts: time.Minute, renewEvery: time.Millisecond, Now: func() time.Time {
		if later.Load() {
			return noon.Add(time.Hour)
		}
		return noon
	}}
	always := func(context.Context) (bool, error) { return true, nil }
	err := s.Leases.Alone(t.Context(), sole, always, func(ctx context.Context) error {
		require.Eventually(t, func() bool {
			mine, err := s.Leases.Take(t.Context(), "desk", "bob", noon.Add(time.Minute), noon.Add(2*time.Hour))
			return err == nil && mine
		}, time.Minute, time.Millisecond)
		later.Store(true)
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
		}
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
}

func TestWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	sole := Sole{Name: "desk", Holder: "ann", Lasts: time.Minute, Now: func() time.Time { return noon }}
	work := func(context.Context) error { t.Error("it was not to be done"); return nil }

	looks := 0
	require.NoError(t, s.Leases.Alone(t.Context(), sole, func(context.Context) (bool, error) { looks++; return looks == 1, nil }, work), "another did it meanwhile")
	require.Equal(t, 2, looks)

	_, err := s.Leases.Take(t.Context(), "desk", "bob", noon, noon.Add(time.Minute))
	require.NoError(t, err)
	require.NoError(t, s.Leases.Alone(t.Context(), sole, func(context.Context) (bool, error) { return true, nil }, work), "another does it now")
}
