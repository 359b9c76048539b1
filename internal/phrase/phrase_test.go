package phrase

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestClipCountsCharactersAndSaysThatItCut(t *testing.T) {
	assert.Equal(t, "жжж", Clip("жжж", 3))
	assert.Equal(t, "жж…", Clip("жжжж", 3))
}

func TestWordsStandOnOneLine(t *testing.T) {
	assert.Equal(t, "a b", OneLine(" a\r\n\t b "))
}

func TestNoWordsAreNil(t *testing.T) {
	assert.Nil(t, Some(""))
	assert.Empty(t, Of(nil))
	assert.Equal(t, "a", Of(Some("a")))
}
