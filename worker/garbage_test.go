package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A small heap holds 64 MiB of garbage at most, a large one as much as is in use.
func TestGarbageIsBounded(t *testing.T) {
	t.Parallel()
	for inUse, want := range map[uint64]int{0: 800, 8 << 20: 800, 9 << 20: 400, 16 << 20: 400, 17 << 20: 200, 32 << 20: 200, 33 << 20: 100, 1 << 30: 100} {
		require.Equal(t, want, garbage(inUse), inUse)
	}
}
