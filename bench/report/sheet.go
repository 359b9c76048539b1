package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"text/tabwriter"
)

// Sheet is all that was measured. Use it from any number of goroutines.
type Sheet struct {
	mu      sync.Mutex
	figures []*Figure
	wrong   []string
	notes   []string
}

// Figure is one number of one contender, with every time that it was measured.
type Figure struct {
	Part      string    `json:"part"`
	Name      string    `json:"figure"`
	Contender string    `json:"contender"`
	Median    float64   `json:"median"`
	Samples   []float64 `json:"samples"`
}

// Add puts one measurement on the sheet.
func (s *Sheet) Add(part, contender, name string, value float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.find(part, contender, name)
	if f == nil {
		f = &Figure{Part: part, Name: name, Contender: contender}
		s.figures = append(s.figures, f)
	}
	f.Samples = append(f.Samples, value)
	f.Median = Median(f.Samples)
}

func (s *Sheet) find(part, contender, name string) *Figure {
	for _, f := range s.figures {
		if f.Part == part && f.Contender == contender && f.Name == name {
			return f
		}
	}
	return nil
}

// Value is the median of a figure; ok: it was measured.
func (s *Sheet) Value(part, contender, name string) (value float64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.find(part, contender, name); f != nil {
		return f.Median, true
	}
	return 0, false
}

// Wrong notes a result that is wrong: an order lost or paid twice. The bench fails by it.
func (s *Sheet) Wrong(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// Note keeps a remark that stands below the tables.
func (s *Sheet) Note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// Breaches are the results that are wrong.
func (s *Sheet) Breaches() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.wrong)
}

// Tables writes a table for each part: a row for each figure, a column for each contender.
func (s *Sheet) Tables(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, part := range s.names(func(f *Figure) string { return f.Part }, "") {
		table := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
		contenders := s.names(func(f *Figure) string { return f.Contender }, part)
		fmt.Fprintf(table, "%s\t", part)
		for _, contender := range contenders {
			fmt.Fprintf(table, "%s\t", contender)
		}
		fmt.Fprintln(table)
		for _, name := range s.names(func(f *Figure) string { return f.Name }, part) {
			fmt.Fprintf(table, "%s\t", name)
			for _, contender := range contenders {
				cell := "–"
				if f := s.find(part, contender, name); f != nil {
					cell = Rounded(f.Median)
				}
				fmt.Fprintf(table, "%s\t", cell)
			}
			fmt.Fprintln(table)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, note := range s.notes {
		fmt.Fprintln(w, note)
	}
	for _, wrong := range s.wrong {
		fmt.Fprintln(w, "WRONG:", wrong)
	}
	return nil
}

// names are what the figures of a part have for something, each once, in their order. "":
// of all parts.
func (s *Sheet) names(of func(*Figure) string, part string) (names []string) {
	for _, f := range s.figures {
		if name := of(f); (part == "" || f.Part == part) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// JSON writes all figures with their samples, and what describes the machine.
func (s *Sheet) JSON(w io.Writer, about map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := json.NewEncoder(w)
	lines.SetIndent("", "  ")
	return lines.Encode(map[string]any{"about": about, "figures": s.figures, "wrong": s.wrong, "notes": s.notes})
}

// Median is the middle of some numbers, or the mean of the two in the middle.
func Median(samples []float64) float64 { return Quantile(samples, 0.5) }

// Quantile is the number below which such a part of the samples lies, between two samples on
// the line between them. Of no samples it is 0.
func Quantile(samples []float64, part float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	place := part * float64(len(sorted)-1)
	below := int(place)
	if below == len(sorted)-1 {
		return sorted[below]
	}
	return sorted[below] + (place-float64(below))*(sorted[below+1]-sorted[below])
}

// Rounded shows a number with as many digits as it is good for.
func Rounded(value float64) string {
	switch {
	case value != 0 && value < 1:
		return strconv.FormatFloat(value, 'f', 3, 64)
	case value < 10:
		return strconv.FormatFloat(value, 'f', 2, 64)
	case value < 100:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
	return strconv.FormatFloat(value, 'f', 0, 64)
}
