package keyset

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The test program starts itself again to rotate as another process would.
const rotateVariable = "FOXFLOW_KEYSET_TEST_ROTATE"

// rotations is how often such a process rotates.
const rotations = 5

func TestMain(m *testing.M) {
	path := os.Getenv(rotateVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	for range rotations {
		if _, err := RotateFile(context.Background(), path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// file puts a new keyset into a folder of its own.
func file(t *testing.T) (path string, keys *Keyset) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keyset.json")
	text := newText(t)
	require.NoError(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
	return path, parse(t, text)
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestARotatedFileOpensWhatTheOldOneSealed(t *testing.T) {
	path, before := file(t)
	sealed, err := before.Seal([]byte("old"), nil)
	require.NoError(t, err)

	for n := 2; n <= 4; n++ {
		keys, err := RotateFile(t.Context(), path)
		require.NoError(t, err)
		require.Equal(t, n, keys)
	}
	after, err := ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 4, after.Len())
	plain, err := after.Open(sealed, nil)
	require.NoError(t, err)
	require.Equal(t, "old", string(plain))
	require.False(t, after.Current(sealed), "a new key is the primary one")
	require.Equal(t, []string{"keyset.json"}, names(t, filepath.Dir(path)))
}

func TestARotatedFileStaysItsOwnersAlone(t *testing.T) {
	path, _ := file(t)
	for _, mode := range []os.FileMode{0o600, 0o400} {
		require.NoError(t, os.Chmod(path, mode))
		_, err := RotateFile(t.Context(), path)
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode())
	}
}

func TestALinkLeadsToTheFileThatIsRotated(t *testing.T) {
	path, _ := file(t)
	near := filepath.Join(t.TempDir(), "near.json")
	far := filepath.Join(t.TempDir(), "far.json")
	require.NoError(t, os.Symlink(path, near))
	require.NoError(t, os.Symlink(near, far))

	keys, err := RotateFile(t.Context(), far)
	require.NoError(t, err)
	require.Equal(t, 2, keys)
	for _, link := range []string{near, far} {
		info, err := os.Lstat(link)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&os.ModeSymlink, "the link is still a link")
		require.Equal(t, []string{filepath.Base(link)}, names(t, filepath.Dir(link)))
	}
	behind, err := ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 2, behind.Len())
}

func TestWhatAKilledRotationLeftIsInNobodysWay(t *testing.T) {
	path, _ := file(t)
	require.NoError(t, os.WriteFile(path+".new", []byte(`{"half`), 0o644))
	keys, err := RotateFile(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, 2, keys)
	_, err = ReadFile(path) // which refuses the mode that the leftover had
	require.NoError(t, err)
	require.Equal(t, []string{"keyset.json"}, names(t, filepath.Dir(path)))
}

func TestAFileThatIsNoKeysetIsLeftAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"not a keyset":       {"marker", 0o600, "not a Tink AEAD keyset"},
		"empty":              {"", 0o600, "empty"},
		"readable by others": {newText(t), 0o644, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keyset.json")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			require.NoError(t, os.Chmod(path, c.mode))
			_, err := RotateFile(t.Context(), path)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
			require.NotContains(t, err.Error(), "marker")
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, c.text, string(text))
			require.Equal(t, []string{"keyset.json"}, names(t, filepath.Dir(path)))
		})
	}
	_, err := RotateFile(t.Context(), filepath.Join(t.TempDir(), "missing.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = RotateFile(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "folder")
}

// Whoever reads meanwhile sees a whole keyset, and never one with fewer keys.
func TestRotationsAtTheSameMomentLoseNoKey(t *testing.T) {
	path, before := file(t)
	sealed, err := before.Seal([]byte("old"), nil)
	require.NoError(t, err)

	const here, processes = 4, 3
	var rotating, reading sync.WaitGroup
	done := make(chan struct{})
	reading.Go(func() {
		seen := 0
		for {
			keys, err := ReadFile(path)
			if err != nil || keys.Len() < seen {
				t.Errorf("a reader saw %d keys after %d: %v", keys.Len(), seen, err)
				return
			}
			seen = keys.Len()
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for range here {
		rotating.Go(func() {
			for range rotations {
				if _, err := RotateFile(t.Context(), path); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range processes {
		rotating.Go(func() {
			command := exec.CommandContext(t.Context(), os.Args[0])
			command.Env = append(os.Environ(), rotateVariable+"="+path)
			if said, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
	rotating.Wait()
	close(done)
	reading.Wait()

	after, err := ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 1+(here+processes)*rotations, after.Len())
	_, err = after.Open(sealed, nil)
	require.NoError(t, err)
}

func TestARotationWaitsForAnotherNoLongerThanItIsWanted(t *testing.T) {
	path, _ := file(t)
	other := folderLock(filepath.Dir(path))
	require.NoError(t, other.Lock())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := RotateFile(ctx, path)
	require.ErrorContains(t, err, "another rotation")
	require.NoError(t, other.Unlock())
	keys, err := RotateFile(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, 2, keys, "the one that gave up added nothing")
}
