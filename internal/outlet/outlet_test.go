package outlet

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small takes a few bytes, then nothing more until it is emptied.
type small struct {
	bytes.Buffer
	room int
}

func (s *small) Write(p []byte) (int, error) {
	if s.Len()+len(p) > s.room {
		return 0, syscall.ENOSPC
	}
	return s.Buffer.Write(p)
}

func TestTheFirstErrorIsKeptAndNothingFollowsIt(t *testing.T) {
	to := &small{room: 3}
	w := New(to)
	_, err := io.WriteString(w, "ab")
	require.NoError(t, err)
	_, err = io.WriteString(w, "too much")
	require.ErrorIs(t, err, syscall.ENOSPC)
	_, err = io.WriteString(w, "c")
	require.ErrorIs(t, err, syscall.ENOSPC, "what follows a gap is worse than nothing")
	assert.Equal(t, "ab", to.String())
	require.ErrorContains(t, w.Close(), "the output could not be written")
}

func TestAnErrorOfTheCloseCounts(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	w := New(file)
	_, err = io.WriteString(w, "ab")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, w.Close(), "it may be asked again")

	w = New(file)
	require.True(t, errors.Is(w.Close(), os.ErrClosed))
	require.NoError(t, New(&bytes.Buffer{}).Close())
}
