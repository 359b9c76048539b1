package input

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"foxflow/order"
)

// Bounds of an orders file: some thousand lines are meant, so a wrong file
// (a database, a film) is refused before it fills the memory.
const (
	MaxFileBytes = 16 << 20
	maxLines     = 50_000
)

// Columns is the header of an orders file; the columns may come in any order.
var Columns = []string{"reference", "item", "quantity", "note", "mock", "max_price"}

// Problem is one mistake in an orders file. Line 0 speaks of the whole file.
type Problem struct {
	Line                int
	Field, Problem, Fix string
}

// In is the problem as a person reads it: "orders.csv:3: quantity: … (fix)".
func (p Problem) In(file string) string {
	where := file
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", file, p.Line)
	}
	if p.Field != "" {
		where += ": " + p.Field
	}
	return fmt.Sprintf("%s: %s (%s)", where, p.Problem, p.Fix)
}

// Sheet is an orders file as it was read.
type Sheet struct {
	// Orders are the sound orders in the order of their first line. An order
	// with one bad line is not among them: without that item it would be
	// another order.
	Orders []order.Request
	// Lines is the line of each order's first item, by reference.
	Lines map[string]int
	// Problems are all mistakes, by line.
	Problems []Problem
	// Broken says that lines can't be told apart any more, so that no order of
	// the file can be trusted to be whole: nothing of it may be started.
	Broken bool
}

// ReadSheet reads an orders file: UTF-8 CSV with the header of Columns. It
// fails only when r does; what is wrong in the file is in Sheet.Problems.
func ReadSheet(r io.Reader) (Sheet, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return Sheet{}, err
	}
	if problem := readable(text); problem != nil {
		return Sheet{Problems: []Problem{*problem}, Broken: true}, nil
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	rows.FieldsPerRecord = -1
	header, err := rows.Read()
	place, problem := columnsOf(header, err)
	if problem != nil {
		return Sheet{Problems: []Problem{*problem}, Broken: true}, nil
	}
	b := newBinder(place)
	for lines := 1; b.read(rows); lines++ {
		if lines > maxLines {
			b.breakOff(Problem{Problem: fmt.Sprintf("has more than %d lines", maxLines), Fix: "split the file"})
			break
		}
	}
	return b.sheet(), nil
}

func readable(text []byte) *Problem {
	switch {
	case len(text) > MaxFileBytes:
		return &Problem{Problem: fmt.Sprintf("is larger than %d MiB", MaxFileBytes>>20), Fix: "split the file"}
	case len(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))) == 0:
		return &Problem{Problem: "is empty", Fix: "begin with the header " + strings.Join(Columns, ",")}
	case !utf8.Valid(text):
		before := text[:invalidAt(text)]
		return &Problem{Line: 1 + bytes.Count(before, []byte("\n")), Problem: "is not UTF-8 text", Fix: "save the file as CSV in UTF-8"}
	}
	return nil
}

func invalidAt(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// columnsOf says at which place each column stands. Every column must be there
// and no other: a max_price that is misspelt would be a price guard lost.
func columnsOf(header []string, err error) (map[string]int, *Problem) {
	wrong := func(problem string) (map[string]int, *Problem) {
		return nil, &Problem{Line: 1, Field: "header", Problem: problem, Fix: "write " + strings.Join(Columns, ",")}
	}
	if err != nil {
		return wrong("can't be read: " + quoteProblem(err))
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		return wrong("separates the columns with something other than commas")
	}
	place := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := place[name]; twice {
			return wrong(fmt.Sprintf("names the column %q twice", clip(name)))
		}
		if !slices.Contains(Columns, name) {
			return wrong(fmt.Sprintf("names the unknown column %q", clip(name)))
		}
		place[name] = i
	}
	for _, name := range Columns {
		if _, there := place[name]; !there {
			return wrong(fmt.Sprintf("lacks the column %q", name))
		}
	}
	return place, nil
}

func quoteProblem(err error) string {
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		return `a quote (") stands inside a field that does not begin with one`
	case errors.Is(err, csv.ErrQuote):
		return `a quoted field does not end, or goes on after its closing quote (")`
	default:
		return "it is not CSV"
	}
}
