package show

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/story"
	"foxflow/order"
)

func console() (*Console, *bytes.Buffer, *bytes.Buffer) {
	var out, err bytes.Buffer
	return NewConsole(&out, &err, func(string) string { return "" }), &out, &err
}

func TestTablesFitATerminal(t *testing.T) {
	c, b, _ := console()
	c.OutTerminal = true
	long := strings.Repeat("reference-", 6) + "end1"
	table := func() {
		b.Reset()
		require.NoError(t, c.Table([]string{"REFERENCE", "STATE", "ORDER"}, [][]string{
			{long, "✓ completed", strings.Repeat("0123456789", 4)}, {"short", "✗ failed", ""},
		}, 0, 2))
	}
	table()
	for _, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		assert.LessOrEqual(t, Wide(line), Width, line)
	}
	assert.Contains(t, b.String(), "reference-")
	assert.Contains(t, b.String(), "…")
	assert.Contains(t, b.String(), "end1", "the end of a long id is kept")

	c.OutTerminal = false
	table()
	assert.Contains(t, b.String(), long+"  ✓ completed  "+strings.Repeat("0123456789", 4), "no terminal: nothing is cut")
	assert.Equal(t, "0123456789abcdef", c.Short("0123456789abcdef"))
}

func TestMiddleKeepsBothEnds(t *testing.T) {
	assert.Equal(t, "short", Middle("short", 10))
	assert.Equal(t, "01234…6789", Middle("0123456789abcdef0123456789", 10))
	assert.LessOrEqual(t, Wide(Middle("漢字漢字漢字漢字", 7)), 7)
}

func TestEveryStateHasItsOwnLookAndWord(t *testing.T) {
	c, _, _ := console()
	seen := map[string]bool{}
	for _, s := range order.States() {
		_, known := colours[s]
		assert.True(t, known, s)
		assert.Contains(t, c.State(s), string(s))
		if s.Ended() {
			assert.False(t, seen[story.Sign(s)], "ends differ at a glance: %s", s)
			seen[story.Sign(s)] = true
		}
	}
}

func TestColoursAreForTerminalsAlone(t *testing.T) {
	c, _, _ := console()
	assert.Equal(t, "✗ failed", c.State(order.Failed))
	c.colour = true
	assert.Equal(t, "\x1b[31m✗ failed\x1b[0m", c.State(order.Failed))
}

func TestForeignTextCantSteerTheTerminal(t *testing.T) {
	assert.Equal(t, "a·[31mb c", Clean("a\x1b[31mb\nc"))
	assert.Equal(t, "10 € Карта", Clean("10 € Карта"))
	assert.NotContains(t, Clean("x\u202ey\xff"), "\u202e")
}

func TestNotesAreJSONLinesInJSON(t *testing.T) {
	c, _, err := console()
	c.Note("left out: %s", "a&b")
	assert.Equal(t, "left out: a&b\n", err.String())
	err.Reset()
	c.JSON = true
	c.Note("left out: %s", "a&b")
	assert.Equal(t, `{"note":"left out: a&b"}`+"\n", err.String())
}

func TestAMovingLineStaysSilentOffATerminal(t *testing.T) {
	c, _, err := console()
	m := NewMoving(c)
	m.Show("processing")
	m.Clear()
	assert.Empty(t, err.String())

	c.ErrTerminal = true
	m.Show("processing")
	m.Clear()
	assert.Equal(t, "\r\x1b[K⠙ processing\r\x1b[K", err.String())
}

func TestWrapKeepsWordsWhole(t *testing.T) {
	c, _, _ := console()
	c.OutTerminal = true
	for _, line := range strings.Split(c.Wrap(strings.Repeat("word ", 60), "    "), "\n") {
		assert.LessOrEqual(t, Wide(line), Width)
		assert.True(t, strings.HasPrefix(line, "    word"))
	}
	c.OutTerminal = false
	assert.NotContains(t, c.Wrap(strings.Repeat("word ", 60), "    "), "\n", "no terminal: no line is broken")
}

func TestALongDocumentIsOneLikeAnyOther(t *testing.T) {
	type document struct {
		Started int      `json:"started"`
		Orders  []string `json:"orders"`
	}
	for _, orders := range [][]string{{}, {"a"}, {"a", "b & c"}} {
		c, out, _ := console()
		require.NoError(t, c.Document(document{2, orders}))
		whole := out.String()
		out.Reset()
		require.NoError(t, c.LongDocument(document{2, []string{}}, func(element func(any) error) error {
			for _, o := range orders {
				if err := element(o); err != nil {
					return err
				}
			}
			return nil
		}))
		assert.Equal(t, whole, out.String())
	}
	c, _, _ := console()
	assert.Error(t, c.LongDocument(struct{ Started int }{1}, nil), "the list stands last")
}

// Off a terminal a long piece of work says now and then how far it is, and nothing where it
// is short.
func TestABarOffATerminalSpeaksNowAndThen(t *testing.T) {
	c, _, err := console()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	c.now = func() time.Time { return at }
	bar := NewBar(c, 1000, "placed")
	for range 250 {
		at = at.Add(100 * time.Millisecond)
		bar.Step()
	}
	bar.End()
	assert.Equal(t, "placed: 100 of 1000, 10 a second, 1m30s left\nplaced: 200 of 1000, 10 a second, 1m20s left\n", err.String())
	assert.Equal(t, "3 of 10, 1.5 a minute, 4m40s left", far(3, 10, 2*time.Minute))
	assert.Equal(t, "0 of 10", far(0, 10, 2*time.Minute))
	assert.Equal(t, "5 of 10", far(5, 10, time.Millisecond))
}
