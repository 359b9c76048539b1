package show

import (
	"fmt"

	"github.com/mattn/go-runewidth"
)

var frames = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// Moving is a line on a terminal that says what is being waited for; off a
// terminal it is silent. It draws only when told to, so it needs no end.
type Moving struct {
	console *Console
	frame   int
	drawn   bool
}

// NewMoving starts a line on Err. In JSON it stays silent.
func NewMoving(c *Console) *Moving { return &Moving{console: c} }

// Show draws text behind a sign of life.
func (m *Moving) Show(text string) {
	if !m.console.ErrTerminal || m.console.JSON {
		return
	}
	m.frame = (m.frame + 1) % len(frames)
	_, _ = fmt.Fprintf(m.console.Err, "\r\x1b[K%s %s", frames[m.frame], runewidth.Truncate(text, Width-4, "…"))
	m.drawn = true
}

// Clear takes the line away, before anything else is written.
func (m *Moving) Clear() {
	if m.drawn {
		_, _ = fmt.Fprint(m.console.Err, "\r\x1b[K")
		m.drawn = false
	}
}
