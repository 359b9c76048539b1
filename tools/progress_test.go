package tools

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// slowGo builds two packages of four, and ends when the test has seen enough.
const slowGo = `#!/bin/sh
cd "${0%/*}"
case $1 in
list) for name in a b c d; do printf '%s\t1\t%s\n' "$name" "$PWD/go"; done ;;
build)
	echo 'go: downloading example.com/a v1.0.0' >&2
	printf 'a\nb\n' >&2
	until [ -e seen ]; do sleep 0.1; done
	[ ! -e broken ] || { printf '# b\nb.go:1:2: no such thing\n' >&2; exit 3; }
	;;
esac
`

// progress runs a build by the script until it tells how far that is, and returns what
// it says from then on.
func progress(t *testing.T, broken bool) (told, rest string, err error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), []byte(slowGo), 0o700)) //nolint:gosec // it is a command
	if broken {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "broken"), nil, 0o600))
	}
	build := exec.CommandContext(t.Context(), "../dev/with-progress.sh", "Building it.", filepath.Join(dir, "go"), "build", "-C", "dev", "-v", "-o", "x", "./x")
	build.Env = append(os.Environ(), "PROGRESS_EVERY=1")
	out, err := build.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, build.Start())
	lines, all := bufio.NewScanner(out), new(bytes.Buffer)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), []byte(" %, ")) {
			told = lines.Text()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "seen"), nil, 0o600))
			break
		}
	}
	for lines.Scan() {
		all.WriteString(lines.Text() + "\n")
	}
	return told, all.String(), build.Wait()
}

func TestALongBuildTellsHowFarItIs(t *testing.T) {
	told, _, err := progress(t, false)
	require.NoError(t, err)
	require.Regexp(t, `^  \d+:\d\d  \d+ %, 2 of 4 packages, about \d+ (s|min) left$`, told)
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	_, rest, err := progress(t, true)
	require.ErrorContains(t, err, "exit status 3")
	require.Contains(t, rest, "# b\nb.go:1:2: no such thing\n")
}

func TestAShortBuildSaysNothing(t *testing.T) {
	said, err := exec.CommandContext(t.Context(), "../dev/with-progress.sh", "Building it.", "true").CombinedOutput()
	require.NoError(t, err)
	require.Empty(t, string(said))
}
