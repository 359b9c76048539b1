package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	promised = regexp.MustCompile(`(?m)^(\d)\. \*\*(.+?)\.?\*\*`)                          // in architecture.md
	section  = regexp.MustCompile(`(?m)^## (\d)\. (.+)$`)                                  // in promises.md
	row      = regexp.MustCompile("(?m)^\\| ((?:`Test\\w+`(?:, )?)+) \\| `([\\w/]+)` \\|") // a test, and its folder
	quoted   = regexp.MustCompile("`(Test\\w+)`")
	named    = regexp.MustCompile(`Promise (\d)\b`)
)

// story is a test of the repository: where it is, and what its comment says.
type story struct{ folder, comment string }

// The index of promises and the tests agree: each promise has tests, each test named
// there is in the folder named there and says in its comment which promise it holds,
// and each test that says so is named there.
func TestEveryPromiseHasItsTests(t *testing.T) {
	stories := storiesOf(t, "..")
	index, titles := read(t, "promises.md"), map[string]string{}
	for _, m := range promised.FindAllStringSubmatch(read(t, "architecture.md"), -1) {
		titles[m[1]] = m[2]
	}
	require.Len(t, titles, 7, "the promises of architecture.md")
	heads := section.FindAllStringSubmatchIndex(index, -1)
	require.Len(t, heads, len(titles), "the sections of promises.md")
	for i, head := range heads {
		end := len(index)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		number, title := index[head[2]:head[3]], index[head[4]:head[5]]
		assert.Equal(t, titles[number], title, "promise %s in promises.md and in architecture.md", number)
		inSection(t, stories, number, title, index[head[1]:end])
	}
}

// inSection checks the tests that one section names, both ways.
func inSection(t *testing.T, stories map[string][]story, number, title, text string) {
	t.Helper()
	indexed := map[string]bool{}
	for _, line := range row.FindAllStringSubmatch(text, -1) {
		for _, name := range quoted.FindAllStringSubmatch(line[1], -1) {
			test := name[1]
			indexed[test] = true
			if n := len(stories[test]); n != 1 {
				t.Errorf("docs/promises.md names %s; %d tests have that name", test, n)
				continue
			}
			found := stories[test][0]
			assert.Equal(t, found.folder, line[2], "docs/promises.md says where %s is", test)
			assert.Contains(t, strings.ToLower(found.comment), strings.ToLower("Promise "+number+": "+title+"."),
				"the comment of %s names the promise that it holds", test)
		}
	}
	assert.NotEmpty(t, indexed, "promise %s has a test", number)
	for test, all := range stories {
		for _, s := range all {
			for _, m := range named.FindAllStringSubmatch(s.comment, -1) {
				if m[1] == number {
					assert.True(t, indexed[test], "%s in %s says that it holds promise %s: name it in docs/promises.md", test, s.folder, number)
				}
			}
		}
	}
}

// storiesOf are the tests of all modules below a folder, by name.
func storiesOf(t *testing.T, root string) map[string][]story {
	t.Helper()
	stories := map[string][]story{}
	eachFile(t, root, func(folder string, isTest bool, parsed *ast.File) {
		for _, declared := range parsed.Decls {
			if f, is := declared.(*ast.FuncDecl); is && isTest && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				words := strings.Join(strings.Fields(f.Doc.Text()), " ") // a sentence may run over two lines
				stories[f.Name.Name] = append(stories[f.Name.Name], story{folder, words})
			}
		}
	})
	return stories
}

// eachFile shows each Go file of all modules below a folder, and its folder there.
func eachFile(t *testing.T, root string, show func(folder string, isTest bool, parsed *ast.File)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "bin" || entry.Name() == "testdata"):
			return fs.SkipDir
		case !strings.HasSuffix(file, ".go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		show(filepath.ToSlash(folder), strings.HasSuffix(file, "_test.go"), parsed)
		return nil
	}))
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}
