package rig

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCPUTimeIsReadBehindAnyName(t *testing.T) {
	spent, err := parseStat([]byte("17 (a ) b) S 1 17 17 0 -1 4194560 100 0 0 0 150 50 7 3 20 0 1 0 99 0 0"))
	require.NoError(t, err)
	require.Equal(t, 2100*time.Millisecond, spent, "150 + 50 + 7 + 3 hundredths of a second")
	_, err = parseStat([]byte("17 (short) S 1"))
	require.Error(t, err)
}

func TestThisProcessHasMemory(t *testing.T) {
	now, most, err := Memory(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, now)
	require.GreaterOrEqual(t, most, now)
}
