package pages

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	linkRE    = regexp.MustCompile(`\]\(([^)\s]+)\)|<img [^>]*src="([^"]+)"`)
	headingRE = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	fenceRE   = regexp.MustCompile("(?ms)^```.*?^```$")
	codeRE    = regexp.MustCompile("`[^`\n]+`")
	inLinkRE  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	citedRE   = regexp.MustCompile(`[A-Za-z0-9_./-]*[A-Za-z0-9_-]\.md\b`)
)

// A link to a file, or to a heading of one, leads somewhere.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	top := root(t)
	pages := filesBelow(t, top, func(name string) bool { return strings.HasSuffix(name, ".md") })
	require.Greater(t, len(pages), 10)
	for _, page := range pages {
		for _, target := range links(read(t, page)) {
			file, anchor, _ := strings.Cut(target, "#")
			to := page
			if file != "" {
				to = filepath.Join(filepath.Dir(page), filepath.FromSlash(file))
			}
			if _, err := os.Stat(to); !assert.NoError(t, err, "%s links to %s", page, target) || anchor == "" {
				continue
			}
			assert.Contains(t, anchors(read(t, to)), anchor, "%s links to %s", page, target)
		}
	}
}

// Code and configuration name no page that a reader does not have.
func TestEveryPageThatCodeNamesIsThere(t *testing.T) {
	t.Parallel()
	top := root(t)
	endings := []string{".go", ".yml", ".sh", ".sql", "Makefile", "Dockerfile"}
	files := filesBelow(t, top, func(name string) bool {
		return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(name, ending) }) && name != "links_test.go"
	})
	for _, file := range files {
		for _, cited := range citedRE.FindAllString(read(t, file), -1) {
			there := slices.ContainsFunc([]string{filepath.Dir(file), top, filepath.Join(top, "docs")}, func(folder string) bool {
				_, err := os.Stat(filepath.Join(folder, filepath.FromSlash(cited)))
				return err == nil
			})
			assert.True(t, there, "%s names %s, which is not here", file, cited)
		}
	}
}

func TestLinksAndAnchorsAreFound(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"a.md#b", "#c", "d.png"},
		links("[x](a.md#b) `[no](code.md)` [y](#c)\n<img src=\"d.png\">\n[z](https://example.com)\n```\n[no](fence.md)\n```\n"))
	assert.Equal(t, []string{"pay-post-apiordersidpay", "the-checks-of-readyz", "see-this", "twice", "twice-1"},
		anchors("# Pay: `POST /api/orders/{id}/pay`\n## The checks of /readyz\n## See [this](x.md)\n# Twice\n# Twice\n```\n# no heading\n```\n"))
}

// links are the relative links of a page.
func links(page string) (found []string) {
	page = codeRE.ReplaceAllString(fenceRE.ReplaceAllString(page, ""), "")
	for _, match := range linkRE.FindAllStringSubmatch(page, -1) {
		target := match[1] + match[2]
		if !strings.Contains(target, "://") && !strings.HasPrefix(target, "mailto:") {
			found = append(found, target)
		}
	}
	return found
}

// anchors are the headings of a page as links name them.
func anchors(page string) (found []string) {
	seen := map[string]int{}
	for _, match := range headingRE.FindAllStringSubmatch(fenceRE.ReplaceAllString(page, ""), -1) {
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', r >= '0' && r <= '9', r >= 'a' && r <= 'z', r > 127 && r != '…' && r != '–':
				return r
			}
			return -1
		}, strings.ToLower(inLinkRE.ReplaceAllString(match[1], "$1")))
		if n := seen[anchor]; n > 0 {
			found = append(found, anchor+"-"+string(rune('0'+n)))
		} else {
			found = append(found, anchor)
		}
		seen[anchor]++
	}
	return found
}

// filesBelow are the files of the repository whose name is wanted, less what is built,
// kept apart or only there while programs run.
func filesBelow(t *testing.T, top string, wanted func(string) bool) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != top && (strings.HasPrefix(name, ".") && name != ".ci" || slices.Contains([]string{"bin", "secrets", "testdata"}, name)) {
				return filepath.SkipDir
			}
			return nil
		}
		if wanted(name) {
			found = append(found, path)
		}
		return nil
	}))
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // of this repository
	require.NoError(t, err)
	return string(text)
}
