package input

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"foxflow/order"
)

// binder gathers the lines of a file into orders.
type binder struct {
	place    map[string]int
	orders   map[string]*draft
	sequence []string
	problems []Problem
	broken   bool
}

// draft is an order that is being gathered.
type draft struct {
	request order.Request
	line    int
	lines   []int // of each item
	bad     bool
}

func newBinder(place map[string]int) *binder {
	return &binder{place: place, orders: map[string]*draft{}}
}

// read takes the next record; false when there is none or the file is broken.
func (b *binder) read(rows *csv.Reader) bool {
	record, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		problem := Problem{Line: parse.StartLine, Problem: quoteProblem(err), Fix: `put the field into quotes and write each quote in it twice ("")`}
		if parse.StartLine != parse.Line {
			return b.breakOff(problem)
		}
		b.wrong(problem)
		b.spoilOf(record)
		return true
	}
	if err != nil {
		return b.breakOff(Problem{Problem: "can't be read: " + err.Error(), Fix: "check the file"})
	}
	line, _ := rows.FieldPos(0)
	if slices.ContainsFunc(record, func(field string) bool { return strings.ContainsAny(field, "\n\r") }) {
		// A quote that is missing or too many swallows whole lines, perhaps
		// items of other orders: those orders would start without them.
		return b.breakOff(Problem{Line: line, Problem: "a quoted field goes on over several lines", Fix: "close the quote on the same line"})
	}
	if slices.ContainsFunc(record, func(field string) bool { return strings.TrimSpace(field) != "" }) {
		b.take(line, record)
	}
	return true
}

func (b *binder) take(line int, record []string) {
	if record = withoutEmptyEnd(record, len(Columns)); len(record) != len(Columns) {
		b.wrong(Problem{Line: line, Problem: fmt.Sprintf("has %d fields instead of %d", len(record), len(Columns)),
			Fix: "separate the fields as the header does; quote a field that holds the separator"})
		b.spoilOf(record)
		return
	}
	field := func(name string) string { return cell(record[b.place[name]]) }
	reference := order.NormalReference(field("reference"))
	before := len(b.problems)
	note := func(wrong *order.FieldError) {
		if wrong != nil {
			b.wrong(Problem{Line: line, Field: strings.ReplaceAll(wrong.Field, "-", "_"), Problem: wrong.Problem, Fix: wrong.Fix})
		}
	}

	item := order.Item{ItemID: field("item"), Quantity: 1}
	if text := field("quantity"); text != "" {
		var wrong *order.FieldError
		item.Quantity, wrong = ParseQuantity(text)
		if note(wrong); wrong != nil {
			item.Quantity = 1 // named above; the checks below need not say it again
		}
	}
	note(spoiltBySpreadsheet("reference", reference))
	for _, pair := range strings.Split(unwrapped(record[b.place["note"]]), ";") {
		if strings.TrimSpace(pair) != "" {
			note(AddNote(&item, strings.TrimLeft(pair, " ")))
			_, value, _ := strings.Cut(pair, "=")
			note(spoiltBySpreadsheet("note", value))
		}
	}
	mock, wrong := parseMock(field("mock"))
	note(wrong)
	one := order.Request{Reference: reference, Items: []order.Item{item}, Mock: mock != nil && *mock}
	if text := field("max_price"); text != "" {
		price, currency, wrong := ParseMaxPrice(text)
		if note(wrong); wrong == nil {
			one.MaxPrice, one.MaxPriceCurrency = &price, currency
		}
	}
	for _, wrong := range one.Validate() {
		note(wrong)
	}
	if len(b.problems) > before {
		b.spoil(reference)
		return
	}
	note(b.add(line, one, mock))
}

// add makes the line an item of its order.
func (b *binder) add(line int, one order.Request, mock *bool) *order.FieldError {
	d, there := b.orders[one.Reference]
	if !there {
		b.orders[one.Reference] = &draft{request: one, line: line, lines: []int{line}}
		b.sequence = append(b.sequence, one.Reference)
		return nil
	}
	if d.line == 0 { // spoilt before its first sound line
		return nil
	}
	fix := fmt.Sprintf("give what line %d gives for %s, or leave it empty", d.line, one.Reference)
	differs := func(field string) *order.FieldError {
		d.bad = true
		return &order.FieldError{Field: field, Problem: "differs from the first line of the same order", Fix: fix}
	}
	switch {
	case mock != nil && *mock != d.request.Mock:
		return differs("mock")
	case one.MaxPrice != nil && !sameMaxPrice(one, d.request):
		return differs("max_price")
	}
	if i := slices.IndexFunc(d.request.Items, one.Items[0].Same); i >= 0 {
		d.bad = true
		return &order.FieldError{Field: "item", Problem: fmt.Sprintf("is the same again as in line %d, and would be bought twice", d.lines[i]),
			Fix: fmt.Sprintf("leave one of the two lines out; if twice is meant, write one line with quantity %d", 2*one.Items[0].Quantity)}
	}
	d.request.Items, d.lines = append(d.request.Items, one.Items...), append(d.lines, line)
	if len(d.request.Items) == order.MaxItems+1 {
		d.bad = true
		return &order.FieldError{Field: "item", Problem: fmt.Sprintf("is item %d of %s", order.MaxItems+1, one.Reference),
			Fix: fmt.Sprintf("one order takes 1 to %d items; split it under another reference", order.MaxItems)}
	}
	return nil
}

// spoilOf marks the order of a line that is no row.
func (b *binder) spoilOf(record []string) {
	if at := b.place["reference"]; at < len(record) {
		b.spoil(order.NormalReference(cell(record[at])))
	}
}

// spoil marks the order of a bad line: none of its lines may be started.
func (b *binder) spoil(reference string) {
	d, there := b.orders[reference]
	if !there {
		d = &draft{}
		b.orders[reference] = d
	}
	d.bad = true
}

func (b *binder) wrong(p Problem) { b.problems = append(b.problems, p) }

func (b *binder) breakOff(p Problem) bool {
	b.wrong(p)
	b.broken = true
	return false
}

func (b *binder) tooManyLines() {
	b.breakOff(Problem{Problem: fmt.Sprintf("has more than %d lines", maxLines), Fix: "split the file"})
}

func (b *binder) sheet() Sheet {
	s := Sheet{Lines: map[string]int{}, Problems: b.problems, Broken: b.broken}
	for _, reference := range b.sequence {
		if d := b.orders[reference]; !d.bad && !b.broken {
			s.Orders = append(s.Orders, d.request)
			s.Lines[reference] = d.line
		}
	}
	if len(s.Orders) == 0 && len(s.Problems) == 0 {
		s.Problems = []Problem{{Problem: "holds no order", Fix: "write one line per item below the header"}}
	}
	return s
}

// cell is what stands in a cell: blanks around it are the file's, not the shop's.
func cell(text string) string { return strings.Trim(unwrapped(text), " \t") }

// unwrapped takes ="007" for 007: so shops keep a spreadsheet from making a number of it.
func unwrapped(text string) string {
	inner, formula := strings.CutPrefix(strings.Trim(text, " \t"), `="`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !formula || !closed || strings.Contains(inner, `"`) {
		return text
	}
	return inner
}

// shortenedRE is a long number as a spreadsheet shows it: its digits are lost. errorRE is
// what stands where a formula failed.
var (
	shortenedRE = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[Ee]\+[0-9]+$`)
	errorRE     = regexp.MustCompile(`^#(NAME\?|VALUE!|REF!|DIV/0!|N/A|NUM!|NULL!|####*)$`)
)

// spoiltBySpreadsheet finds what was a text of the shop's and is none any more. It never
// repeats it.
func spoiltBySpreadsheet(field, text string) *order.FieldError {
	switch {
	case shortenedRE.MatchString(text):
		return &order.FieldError{Field: field, Problem: "is a number that a spreadsheet has shortened, so that its digits are lost",
			Fix: "format the column as text before the numbers are put in, and save the file again"}
	case errorRE.MatchString(text):
		return &order.FieldError{Field: field, Problem: "is the error of a spreadsheet's formula", Fix: "mend the formula, and save the file again"}
	}
	return nil
}

func parseMock(text string) (*bool, *order.FieldError) {
	var mock bool
	switch strings.ToLower(text) {
	case "":
		return nil, nil
	case "true", "yes", "1":
		mock = true
	case "false", "no", "0":
	default:
		return nil, &order.FieldError{Field: "mock", Problem: fmt.Sprintf("%q is neither true nor false", clip(text)), Fix: "write true or false"}
	}
	return &mock, nil
}

func sameMaxPrice(a, b order.Request) bool {
	return b.MaxPrice != nil && a.MaxPrice.Equal(*b.MaxPrice) && a.MaxPriceCurrency == b.MaxPriceCurrency
}
