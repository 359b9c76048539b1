package pages

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAPartIsReplacedAndNothingElse(t *testing.T) {
	page := "words\n<!-- a -->\nold\n<!-- /a -->\nmore\n<!-- b -->\n<!-- /b -->\n"
	made, found := replaced(page, "a", "new\n")
	assert.True(t, found)
	assert.Equal(t, "words\n<!-- a -->\nnew\n<!-- /a -->\nmore\n<!-- b -->\n<!-- /b -->\n", made)
	again, found := replaced(made, "a", "new\n")
	assert.True(t, found)
	assert.Equal(t, made, again)

	for _, part := range []string{"c", ""} {
		made, found = replaced(page, part, "new\n")
		assert.False(t, found)
		assert.Equal(t, page, made)
	}
}

func TestATableKeepsItsCellsApart(t *testing.T) {
	assert.Equal(t, "| A | B |\n|---|---|\n| x \\| y | two lines |\n|  |  |\n",
		Table([]string{"A", "B"}, [][]string{{"x | y", "two\n lines"}, {"", ""}}))
}
