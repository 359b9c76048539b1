package tools

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
)

// What is built here is what anybody builds who has the repository: no go.mod may
// stand in a module for another one, or send Go to a folder of somebody's machine.
func TestNoModuleIsReplacedByOneOutsideTheRepository(t *testing.T) {
	found := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != "..":
			return filepath.SkipDir
		case entry.Name() == "go.work":
			t.Errorf("%s stands above the versions in go.mod", path)
		case entry.Name() == "go.mod":
			found++
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, problem := range strayReplaces(t, path, text) {
				t.Error(problem)
			}
		}
		return nil
	}))
	require.GreaterOrEqual(t, found, 3, "root, dev and tools")
}

func strayReplaces(t *testing.T, path string, text []byte) (problems []string) {
	t.Helper()
	module, err := modfile.Parse(path, text, nil)
	require.NoError(t, err)
	for _, replace := range module.Replace {
		inside := false
		if modfile.IsDirectoryPath(replace.New.Path) && !filepath.IsAbs(replace.New.Path) {
			folder := filepath.Join(filepath.Dir(path), replace.New.Path)
			_, err := os.Stat(filepath.Join(folder, "go.mod"))
			inside = err == nil && !strings.HasPrefix(folder, filepath.Join("..", ".."))
		}
		if !inside {
			problems = append(problems, path+" replaces "+replace.Old.Path+" with "+replace.New.Path+", which is not in the repository")
		}
	}
	return problems
}

func TestAStrayReplaceIsFound(t *testing.T) {
	for replace, stray := range map[string]bool{
		"foxflow => ../":                                false,
		"foxflow => ../../foxflow":                      true,
		"foxflow => /home/somebody/foxflow":             true,
		"foxflow => ../nowhere":                         true,
		"example.com/a => example.com/fork v1.0.0":      true,
		"example.com/a v1.0.0 => example.com/a v1.0.1":  true,
		"example.com/a => ../dev\nreplace b.c/d => ./x": true,
	} {
		problems := strayReplaces(t, "../dev/go.mod", []byte("module m\n\nreplace "+replace+"\n"))
		require.Equal(t, stray, len(problems) > 0, "%s: %v", replace, problems)
	}
}
