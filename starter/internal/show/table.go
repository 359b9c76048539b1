package show

import (
	"io"
	"regexp"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Width is what tables and texts are fitted to on a terminal. Whoever reads them
// elsewhere, a file or a program, gets each line and each id whole.
const Width = 80

const gap = "  "

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Table writes rows in columns below header. Where they would not fit a terminal, the
// columns named in shrink are cut, the widest first, in the middle: the
// beginning and the end of an id are what tells it from another.
func (c *Console) Table(header []string, rows [][]string, shrink ...int) error {
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], Wide(cell))
		}
	}
	if c.OutTerminal {
		fit(widths, shrink)
	}
	var b strings.Builder
	for _, row := range append([][]string{header}, rows...) {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString(gap)
			}
			cell = Middle(cell, widths[i])
			line.WriteString(cell + strings.Repeat(" ", max(0, widths[i]-Wide(cell))))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(c.Out, b.String())
	return err
}

// fit takes from the widest of the shrinkable columns until the table fits.
func fit(widths []int, shrink []int) {
	const least = 10
	total := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > Width; total-- {
		widest := -1
		for _, i := range shrink {
			if widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// Middle cuts text to width cells by leaving out its middle. Painted text is
// never cut.
func Middle(text string, width int) string {
	if Wide(text) <= width || escapes.MatchString(text) {
		return text
	}
	head := width / 2
	tail := width - 1 - head
	return runewidth.Truncate(text, head, "") + "…" + lastCells(text, tail)
}

func lastCells(text string, width int) string {
	runes := []rune(text)
	at, used := len(runes), 0
	for at > 0 && used+runewidth.RuneWidth(runes[at-1]) <= width {
		at--
		used += runewidth.RuneWidth(runes[at])
	}
	return string(runes[at:])
}

// Wide is how many columns text takes, colours aside.
func Wide(text string) int { return runewidth.StringWidth(escapes.ReplaceAllString(text, "")) }

// Fits says whether a line needs no break.
func (c *Console) Fits(line string) bool { return !c.OutTerminal || Wide(line) <= Width }

// Short is an id for a person's eyes: on a terminal its ends are enough.
func (c *Console) Short(id string) string {
	if !c.OutTerminal {
		return id
	}
	return Middle(id, 13)
}

// Wrap puts text after indent, on a terminal in lines of at most Width cells, each
// after indent.
func (c *Console) Wrap(text, indent string) string {
	var lines []string
	line := indent
	for _, word := range strings.Fields(text) {
		if line != indent && !c.Fits(line+" "+word) {
			lines = append(lines, line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}
