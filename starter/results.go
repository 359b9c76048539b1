package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"

	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/story"
)

// mostNamed bounds how many orders a message names; the results file has all.
const mostNamed = 20

// The JSON of place --file.
type batchDocument struct {
	Started       int            `json:"started"`
	AlreadyPlaced int            `json:"alreadyPlaced"`
	Skipped       []string       `json:"skipped"`
	Refused       []refusal      `json:"refused"`
	Orders        []order.Status `json:"orders"`
}

type refusal struct {
	Reference string `json:"reference"`
	Message   string `json:"message"`
}

func (b *batch) showBatch() error {
	doc := batchDocument{Started: b.started, AlreadyPlaced: len(b.at) - b.started, Skipped: b.skipped, Refused: []refusal{}, Orders: []order.Status{}}
	if doc.Skipped == nil {
		doc.Skipped = []string{}
	}
	counts, missing, incomplete := map[order.State]int{}, 0, 0
	for _, r := range b.orders {
		if err := b.refused[r.Reference]; err != nil {
			doc.Refused = append(doc.Refused, refusal{r.Reference, err.Error()})
		} else if s, known := b.at[r.Reference]; known {
			doc.Orders = append(doc.Orders, story.Worded(s))
			counts[s.State]++
			missing += s.Missing()
			if s.Missing() > 0 {
				incomplete++
			}
		}
	}
	switch {
	case b.JSON:
		return b.Document(doc)
	case b.results != nil && b.results.stdout: // for the results alone
		b.Note("%d started, %d placed already, %d refused", doc.Started, doc.AlreadyPlaced, len(doc.Refused))
		return nil
	}
	b.Printf("%d started, %d placed already, %d refused\n", doc.Started, doc.AlreadyPlaced, len(doc.Refused))
	if missing > 0 {
		b.Printf("codes missing: %d, of %d orders\n", missing, incomplete)
	}
	var rows [][]string
	for _, state := range order.States() {
		if counts[state] > 0 {
			rows = append(rows, []string{b.State(state), fmt.Sprint(counts[state])})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return b.Table([]string{"STATE", "ORDERS"}, rows)
}

// unfinished names the orders that are not completed with all their codes, each with its why.
func (b *batch) unfinished() []string {
	var lines []string
	more := 0
	for _, r := range b.orders {
		s, known := b.at[r.Reference]
		switch {
		case !known || waitStatus(s) == exitDone:
		case len(lines) == mostNamed:
			more++
		default:
			lines = append(lines, strings.TrimPrefix(story.Ending(s), "order "))
		}
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return lines
}

// resultColumns is the header of the results file.
var resultColumns = []string{"reference", "order_id", "state", "cancel_reason", "error"}

// writeResults writes how every order of the file stands, where that was asked.
func (b *batch) writeResults() error {
	if b.results == nil {
		return nil
	}
	_, err := b.results.write(func(w io.Writer) error {
		rows := csv.NewWriter(w)
		_ = rows.Write(resultColumns)
		for _, r := range b.orders {
			_ = rows.Write(plainCells(b.result(r.Reference)))
		}
		rows.Flush()
		return rows.Error()
	})
	if err != nil {
		return &failure{status: exitError, message: fmt.Sprintf("write results: %v", err), hint: "the orders go on; run the same command again to have the results written", cause: err}
	}
	return nil
}

func (b *batch) result(reference string) []string {
	s, known := b.at[reference]
	if err := b.refused[reference]; err != nil {
		return []string{reference, "", "", "", err.Error()}
	}
	if !known {
		return []string{reference, "", "", "", "not placed"}
	}
	return []string{reference, deref(s.OrderID), string(s.State), deref(s.CancelReason), errorsOf(s)}
}

// A cell that begins so is computed by a spreadsheet instead of shown; a number may.
var (
	formulaRE = regexp.MustCompile(`^[=+\-@]`)
	numberRE  = regexp.MustCompile(`^[+-][0-9]+([.,][0-9]+)?$`)
)

// plainCells are cells that a spreadsheet shows: with an apostrophe before what it would
// take for a formula.
func plainCells(cells []string) []string {
	for i, text := range cells {
		cells[i] = show.Clean(text)
		if formulaRE.MatchString(text) && !numberRE.MatchString(text) {
			cells[i] = "'" + cells[i]
		}
	}
	return cells
}

// errorsOf is what went wrong with an order, as it is on record.
func errorsOf(s order.Status) string {
	var errs []string
	if s.Error != nil {
		errs = append(errs, s.Error.Code+": "+s.Error.Message)
	}
	for _, it := range s.Items {
		if it.Missing > 0 {
			errs = append(errs, it.ItemID+": "+story.Missing(it))
		}
		if it.Error != nil && (s.Error == nil || !strings.Contains(s.Error.Message, *it.Error)) {
			errs = append(errs, it.ItemID+": "+*it.Error)
		}
	}
	return strings.Join(errs, "; ")
}
