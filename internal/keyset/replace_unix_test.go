//go:build unix

package keyset

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRootRotatesForTheOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path, _ := file(t)
	require.NoError(t, os.Chown(path, 4711, 4712))
	_, err := RotateFile(t.Context(), path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	owner, ok := info.Sys().(*syscall.Stat_t)
	require.True(t, ok)
	require.EqualValues(t, 4711, owner.Uid)
	require.EqualValues(t, 4712, owner.Gid)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}
