// Command picture draws what a program printed as a picture of a terminal:
//
//	picture [-until TEXT] [-root FOLDER] <text >picture.svg
//
// It reads plain text and knows a little of what foxflow prints: commands, headings and
// the signs of states get a colour. What is this machine's own (the folder of the
// repository, the name of who ran it) is left out.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Sizes in pixels. A character of a monospaced font is 0.6 as wide as it is high.
const (
	columns   = 116
	fontSize  = 12
	tenths    = 72 // the width of a character, in tenths of a pixel
	lineSteps = 17
	margin    = 16
	bar       = 30
)

func main() {
	until := flag.String("until", "", "leave out all from the first line on that begins with `TEXT`")
	root := flag.String("root", "", "the `FOLDER` of the repository, shown as ~/foxflow")
	flag.Parse()
	if err := draw(os.Stdin, os.Stdout, *until, *root); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// line is one line of the picture, and how it looks.
type line struct{ text, class string }

// draw reads text and writes the picture of it.
func draw(in io.Reader, out io.Writer, until, root string) error {
	var lines []line
	scanner := bufio.NewScanner(in)
	for scanner.Scan() && (until == "" || !strings.HasPrefix(scanner.Text(), until)) {
		whole := strings.TrimRight(here(scanner.Text(), root), " ")
		for _, part := range wrapped(whole) {
			lines = append(lines, line{part, classOf(whole)})
		}
	}
	if err := scanner.Err(); err != nil {
		return err
	}
	if len(lines) == 0 {
		return errors.New("there is nothing to draw")
	}
	_, err := io.WriteString(out, svg(lines))
	return err
}

var whoRE = regexp.MustCompile(`\bby \S+@\S+`)

// here is a line with nothing in it of the machine where it was printed.
func here(line, root string) string {
	if root != "" {
		line = strings.ReplaceAll(line, root, "~/foxflow")
	}
	return whoRE.ReplaceAllString(line, "by you@your-machine")
}

// wrapped is a line as a terminal breaks it.
func wrapped(line string) (parts []string) {
	runes := []rune(line)
	for len(runes) > columns {
		parts = append(parts, string(runes[:columns]))
		runes = runes[columns:]
	}
	return append(parts, string(runes))
}

// looks are the classes of lines. The first that fits counts.
var looks = []struct {
	line  *regexp.Regexp
	class string
}{
	{regexp.MustCompile(`^\$ `), "command"},
	{regexp.MustCompile(`^\d+\. `), "heading"},
	{regexp.MustCompile(`^─+$`), "quiet"},
	{regexp.MustCompile(`✓|ready$|chain is whole`), "good"},
	{regexp.MustCompile(`◷|→`), "waits"},
	{regexp.MustCompile(`✗|⊘|^starter: `), "bad"},
	{regexp.MustCompile(`›`), "paid"},
}

func classOf(line string) string {
	for _, look := range looks {
		if look.line.MatchString(line) {
			return look.class
		}
	}
	return "plain"
}

const style = `text{font:%dpx ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:#d6deeb}` +
	`.command,.heading{font-weight:bold;fill:#fff}.quiet{fill:#5f7e97}.good{fill:#7fdb8f}.waits{fill:#ffcb6b}.bad{fill:#ff8a80}.paid{fill:#82aaff}`

func svg(lines []line) string {
	var b strings.Builder
	width, height := columns*tenths/10+2*margin, bar+len(lines)*lineSteps+margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="make demo in a terminal">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<style>"+style+"</style>\n", fontSize)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#0d1724"/>`+"\n", width, height)
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="5" fill="%s"/>`+"\n", margin+4+18*i, bar/2, colour)
	}
	for i, line := range lines {
		if line.text == "" {
			continue
		}
		// The length is said: whatever font a browser has, columns stay columns.
		fmt.Fprintf(&b, `<text class="%s" x="%d" y="%d" textLength="%d" xml:space="preserve">%s</text>`+"\n",
			line.class, margin, bar+lineSteps*(i+1)-4, utf8.RuneCountInString(line.text)*tenths/10, html.EscapeString(line.text))
	}
	return b.String() + "</svg>\n"
}
