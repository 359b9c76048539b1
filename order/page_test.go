package order

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pages tell of every state, every code of an error and every code of a wait.
func TestPagesTellOfEveryStateAndCode(t *testing.T) {
	quoted := regexp.MustCompile(`(?m)^\t(?:Code|Wait)\w+ .*= "(\w+)"`)
	var codes []string
	for _, file := range []string{"codes.go", "waits.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range quoted.FindAllSubmatch(text, -1) {
			codes = append(codes, string(match[1]))
		}
	}
	require.Greater(t, len(codes), 20)
	for _, state := range States() {
		codes = append(codes, string(state))
	}
	for _, page := range []string{"../docs/interface.md", "../docs/operating.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, code := range codes {
			assert.Contains(t, string(text), "`"+code+"`", page)
		}
	}
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, state := range States() {
		assert.Contains(t, string(text), "`"+string(state)+"`", "README.md")
	}
}
