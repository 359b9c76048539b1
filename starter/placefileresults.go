package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"foxflow/internal/phrase"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// mostNamed bounds how many orders a message names; the results file has all.
const mostNamed = 20

// The JSON of place --file.
type batchDocument struct {
	Started       int            `json:"started"`
	AlreadyPlaced int            `json:"alreadyPlaced"`
	Skipped       []string       `json:"skipped"`
	Refused       []refusal      `json:"refused"`
	Orders        []order.Status `json:"orders"` // read and written one by one
}

type refusal struct {
	Reference string `json:"reference"`
	Message   string `json:"message"`
}

// stock is how the orders of a file stand at one time.
type stock struct {
	placed              int
	states              map[order.State]int
	missing, incomplete int          // codes that are missing, and orders that lack some
	waited              map[int]bool // the exit statuses that fit any of them, were they waited for
	open                bool         // some have not ended
	// unfinished names the first orders that are not completed with all their codes, each with
	// its why; more are not named.
	unfinished []string
	more       int
}

// eachOrder reads how the orders of the file stand, in its order, but for those that were
// refused; known is false for one that is not placed.
func (b *batch) eachOrder(ctx context.Context, visit func(i int, s order.Status, known bool) error) error {
	references := make([]string, len(b.orders))
	for i, r := range b.orders {
		references[i] = r.Reference
	}
	return b.client.Many.Status(ctx, references, func(i int, s order.Status, err error) error {
		return visit(i, s, err == nil && b.refused[references[i]] == nil)
	})
}

// takeStock reads how every order stands, and writes the results where they were asked for:
// what is said of the file as a whole is true of the same moment.
func (b *batch) takeStock(ctx context.Context) (now stock, err error) {
	now = stock{states: map[order.State]int{}, waited: map[int]bool{}}
	if b.results == nil {
		return now, b.eachOrder(ctx, func(_ int, s order.Status, known bool) error {
			now.add(s, known)
			return nil
		})
	}
	_, err = b.results.write(func(w io.Writer) error {
		rows := csv.NewWriter(w)
		_ = rows.Write(resultColumns)
		err := b.eachOrder(ctx, func(i int, s order.Status, known bool) error {
			now.add(s, known)
			return rows.Write(plainCells(b.result(b.orders[i].Reference, s, known)))
		})
		rows.Flush()
		return errors.Join(err, rows.Error())
	})
	if err != nil {
		err = &failure{status: exitError, message: fmt.Sprintf("write results: %v", err), hint: "the orders go on; run the same command again to have the results written", cause: err}
	}
	return now, err
}

func (now *stock) add(s order.Status, known bool) {
	if !known {
		return
	}
	now.placed++
	now.states[s.State]++
	now.missing += s.Missing()
	if s.Missing() > 0 {
		now.incomplete++
	}
	now.open = now.open || !s.State.Ended()
	status := waitStatus(s)
	now.waited[status] = true
	switch {
	case status == exitDone:
	case len(now.unfinished) == mostNamed:
		now.more++
	default:
		now.unfinished = append(now.unfinished, strings.TrimPrefix(story.Ending(s), "order "))
	}
}

// unfinishedLines are the unfinished orders, a line each.
func (now stock) unfinishedLines() []string {
	if now.more == 0 {
		return now.unfinished
	}
	return append(now.unfinished, fmt.Sprintf("… and %d more", now.more))
}

// showBatch tells how it went. The statuses of the JSON document are read once more: so many
// are not kept.
func (b *batch) showBatch(ctx context.Context, now stock) error {
	doc := batchDocument{Started: b.started, AlreadyPlaced: now.placed - b.started, Skipped: b.skipped, Refused: []refusal{}, Orders: []order.Status{}}
	if doc.Skipped == nil {
		doc.Skipped = []string{}
	}
	for _, r := range b.orders {
		if err := b.refused[r.Reference]; err != nil {
			doc.Refused = append(doc.Refused, refusal{r.Reference, err.Error()})
		}
	}
	switch {
	case b.JSON:
		return b.LongDocument(doc, func(element func(any) error) error {
			return b.eachOrder(ctx, func(_ int, s order.Status, known bool) error {
				if !known {
					return nil
				}
				return element(story.Worded(s))
			})
		})
	case b.results != nil && b.results.stdout: // for the results alone
		b.Note("%d started, %d placed already, %d refused", doc.Started, doc.AlreadyPlaced, len(doc.Refused))
		return nil
	}
	b.Printf("%d started, %d placed already, %d refused\n", doc.Started, doc.AlreadyPlaced, len(doc.Refused))
	if now.missing > 0 {
		b.Printf("codes missing: %d, of %d orders\n", now.missing, now.incomplete)
	}
	var rows [][]string
	for _, state := range order.States() {
		if now.states[state] > 0 {
			rows = append(rows, []string{b.State(state), fmt.Sprint(now.states[state])})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return b.Table([]string{"STATE", "ORDERS"}, rows)
}

// resultColumns is the header of the results file.
var resultColumns = []string{"reference", "order_id", "state", "cancel_reason", "error"}

func (b *batch) result(reference string, s order.Status, known bool) []string {
	switch err := b.refused[reference]; {
	case err != nil:
		return []string{reference, "", "", "", err.Error()}
	case !known:
		return []string{reference, "", "", "", "not placed"}
	}
	return []string{reference, phrase.Of(s.OrderID), string(s.State), phrase.Of(s.CancelReason), errorsOf(s)}
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
