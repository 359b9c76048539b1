package input

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"foxflow/order"
)

// Bounds of an orders file: a hundred thousand lines are meant, so a wrong file
// (a database, a film) is refused before it fills the memory.
const (
	MaxFileBytes = 64 << 20
	maxLines     = 200_000
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

// ReadSheet reads an orders file: CSV with the header of Columns, as spreadsheets write
// it, or JSON lines, each the JSON of an order.Request. What the file begins with tells which:
// no header begins with a brace. It fails only when r does; what is wrong in the file is in
// Sheet.Problems.
func ReadSheet(r io.Reader) (Sheet, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return Sheet{}, err
	}
	text, problem := readable(text)
	if problem != nil {
		return Sheet{Problems: []Problem{*problem}, Broken: true}, nil
	}
	if bytes.ContainsAny(bytes.TrimSpace(text)[:1], "{[") {
		return readJSONLines(text), nil
	}
	return readCSV(text), nil
}

func readCSV(text []byte) Sheet {
	separator, text := separated(text)
	rows := csv.NewReader(bytes.NewReader(text))
	rows.Comma, rows.FieldsPerRecord = separator, -1
	header, err := rows.Read()
	place, problem := columnsOf(header, err)
	if problem != nil {
		problem.Line = 1
		if err == nil {
			problem.Line, _ = rows.FieldPos(0)
		}
		return Sheet{Problems: []Problem{*problem}, Broken: true}
	}
	b := newBinder(place)
	for lines := 1; b.read(rows); lines++ {
		if lines > maxLines {
			b.tooManyLines()
			break
		}
	}
	return b.sheet()
}

func readable(raw []byte) ([]byte, *Problem) {
	if len(raw) > MaxFileBytes {
		return nil, &Problem{Problem: fmt.Sprintf("is larger than %d MiB", MaxFileBytes>>20), Fix: "split the file"}
	}
	text, problem := plainText(raw)
	if problem == nil && len(bytes.TrimSpace(text)) == 0 {
		problem = &Problem{Problem: "is empty", Fix: "begin with the header " + strings.Join(Columns, ",") + ", or write one order a line in JSON"}
	}
	return text, problem
}

// columnsOf says at which place each column stands. Every column must be there
// and no other: a max_price that is misspelt would be a price guard lost.
func columnsOf(header []string, err error) (map[string]int, *Problem) {
	wrong := func(problem string) (map[string]int, *Problem) {
		return nil, &Problem{Field: "header", Problem: problem, Fix: "write " + strings.Join(Columns, ",")}
	}
	if err != nil {
		return wrong("can't be read: " + quoteProblem(err))
	}
	if len(header) == 1 && strings.ContainsAny(header[0], "|: ") {
		return wrong("separates the columns with something other than commas, semicolons or tabs")
	}
	place := map[string]int{}
	for i, name := range withoutEmptyEnd(header, len(Columns)) {
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

// withoutEmptyEnd cuts empty columns off that a spreadsheet adds behind the last.
func withoutEmptyEnd(record []string, columns int) []string {
	for len(record) > columns && strings.TrimSpace(record[len(record)-1]) == "" {
		record = record[:len(record)-1]
	}
	return record
}

func quoteProblem(err error) string {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Sprintf("%s (column %d of the line)", quoteMistake(err), parse.Column)
	}
	return quoteMistake(err)
}

func quoteMistake(err error) string {
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		return `a quote (") stands inside a field that does not begin with one`
	case errors.Is(err, csv.ErrQuote):
		return `a quoted field does not end, or goes on after its closing quote (")`
	default:
		return "it is not CSV"
	}
}
