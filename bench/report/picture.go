package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Chart is some figures as bars: one for each contender that has one.
type Chart struct {
	Title, Part, Figure string
}

// Sizes of the picture, in its own units.
const (
	wide     = 760
	barHigh  = 18
	nameWide = 150
	barWide  = 500
	headHigh = 34
)

// Picture draws charts below one another as SVG. A chart that nothing was measured for is left
// out.
func (s *Sheet) Picture(w io.Writer, charts []Chart) error {
	var body strings.Builder
	high := 10
	for _, c := range charts {
		high += s.draw(&body, c, high)
	}
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="#ffffff"/>
%s</svg>
`, wide, high, body.String())
	return err
}

// draw draws one chart and gives its height.
func (s *Sheet) draw(w io.Writer, c Chart, top int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var bars []*Figure
	most := 0.0
	for _, f := range s.figures {
		if f.Part == c.Part && f.Name == c.Figure {
			bars = append(bars, f)
			most = max(most, f.Median)
		}
	}
	if len(bars) == 0 || most == 0 {
		return 0
	}
	fmt.Fprintf(w, "<text x=\"10\" y=\"%d\" font-weight=\"bold\" fill=\"#1f2328\">%s</text>\n", top+16, escaped(c.Title))
	y := top + headHigh - 8
	for _, f := range bars {
		colour := "#8c959f"
		if strings.HasPrefix(f.Contender, "foxflow") {
			colour = "#d9622b"
		}
		long := max(1, int(barWide*f.Median/most))
		fmt.Fprintf(w, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#1f2328\">%s</text>", nameWide-8, y+13, escaped(f.Contender))
		fmt.Fprintf(w, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>", nameWide, y+1, long, barHigh-4, colour)
		fmt.Fprintf(w, "<text x=\"%d\" y=\"%d\" fill=\"#1f2328\">%s</text>\n", nameWide+long+6, y+13, Rounded(f.Median))
		y += barHigh
	}
	return headHigh + barHigh*len(bars) + 8
}

func escaped(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a builder takes all
	return out.String()
}
