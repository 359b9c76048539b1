package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/settings"
)

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// The page on readiness tells of every check and of no other, and names for each a test
// that breaks what it checks.
func TestReadinessIsTold(t *testing.T) {
	tests := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "../dev/e2e/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range testFunc.FindAllSubmatch(text, -1) {
				tests[string(match[1])] = true
			}
		}
	}
	page, err := os.ReadFile("../docs/readiness.md")
	require.NoError(t, err)
	told := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		require.Len(t, cells, 4, line)
		told[quoted.FindStringSubmatch(cells[0])[1]] = true
		seen := quoted.FindAllStringSubmatch(cells[3], -1)
		require.NotEmpty(t, seen, line)
		for _, test := range seen {
			assert.True(t, tests[test[1]], "there is no %s", test[1])
		}
	}
	rules, err := os.ReadFile("../deploy/prometheus/foxflow.rules.yml")
	require.NoError(t, err)
	for _, alert := range regexp.MustCompile(`Foxflow\w+`).FindAllString(string(page), -1) {
		assert.Contains(t, string(rules), "alert: "+alert+"\n")
	}
	all := newHealth(nil, nil, nil, &observation{}, settings.Worker{})
	all.holdAgainst(nil, nil, nil)
	assert.Equal(t, slices.Sorted(maps.Keys(all.checks)), slices.Sorted(maps.Keys(told)))
}
