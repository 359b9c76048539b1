package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"foxflow/client"
	"foxflow/order"
	"foxflow/starter/internal/input"
	"foxflow/starter/internal/show"
)

// Bounds of what a message or the catalogue is asked to take.
const (
	mostMistakes = 100 // named; the file has the rest
	mostPriced   = 300 // products, whose prices are asked for unless somebody says so: some minutes of the request budget
)

// leanGC is the runtime's GOGC while a file is held: the orders of a large one fill the
// memory, and the runtime would take as much again before it looks for what is free.
const leanGC = 40

// endsWithin bounds what a command still does that was interrupted.
const endsWithin = time.Minute

// batch is the orders of a file on their way. Of each it holds what was asked for; how it
// stands is read from the ledger when it is told.
type batch struct {
	*session
	p       *placing
	lines   map[string]int
	orders  []order.Request // in the file's order
	known   map[string]bool // those that were on record before
	results *sink           // nil: not asked for
	// skipped are the bad lines and refused orders that were left out, one a
	// line, with file and line.
	skipped []string

	started int      // begun by this command
	open    []string // placed, and not ended then
	refused map[string]error
}

// placeFile places all orders of a file. Everything that can be known before is
// checked before the first one starts.
func (a *app) placeFile(ctx context.Context, p *placing) error {
	defer debug.SetGCPercent(debug.SetGCPercent(leanGC))
	sheet, err := a.readSheet(ctx, p.file)
	if err != nil {
		return err
	}
	if p.file == "-" {
		p.file = "stdin" // as messages name it
	}
	b := &batch{p: p, lines: sheet.Lines, orders: sheet.Orders, known: map[string]bool{}, refused: map[string]error{}}
	for _, problem := range sheet.Problems {
		b.skipped = append(b.skipped, problem.In(p.file))
	}
	if len(b.skipped) > 0 && (sheet.Broken || !p.skipBad) {
		return b.badFile()
	}
	for i := range b.orders {
		b.orders[i].NoCheck = b.orders[i].NoCheck || p.request.NoCheck
	}
	return a.inNewSession(ctx, func(in *session) error {
		b.session = in
		if err := b.openResults(ctx); err != nil {
			return err
		}
		for i := range b.orders {
			in.nameCurrency(&b.orders[i])
		}
		return b.run(ctx)
	})
}

// readSheet reads an orders file; "-" is stdin. A FIFO or a terminal may keep it waiting.
func (a *app) readSheet(ctx context.Context, path string) (input.Sheet, error) {
	sheet, err := unlessEnded(ctx, func() (input.Sheet, error) {
		if path == "-" {
			return input.ReadSheet(a.stdin)
		}
		file, err := os.Open(path)
		if err != nil {
			return input.Sheet{}, err
		}
		defer func() { _ = file.Close() }()
		return input.ReadSheet(file)
	})
	switch {
	case ctx.Err() != nil:
		return sheet, ctx.Err()
	case err != nil:
		return sheet, misused("name an orders file that can be read, or - for stdin", "--file: %v", err)
	}
	return sheet, nil
}

// openResults finds the place of the results, where they were asked for.
func (b *batch) openResults(ctx context.Context) (err error) {
	if b.p.results == "" {
		return nil
	}
	if b.results, err = b.openSink(ctx, b.p.results, append(b.reads(), b.p.file)...); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return misused("name a file in a folder that can be written, or - for stdout", "--results: %v", err)
	}
	if b.results.stdout && b.JSON {
		return misused("leave one of the two out: the JSON document holds all orders", "--results: stdout is taken by -o json")
	}
	return nil
}

// reads are the files that every session lives on.
func (in *session) reads() []string {
	return []string{in.settings.Ledger.Reveal(), in.settings.KeysetFile}
}

func (b *batch) badFile() error {
	return &failure{status: exitUsage, message: fmt.Sprintf("%s can't be used as it is; nothing was started", b.p.file), details: someOf(b.skipped, mostMistakes),
		hint: "mend the lines, or leave the bad orders out with --skip-bad"}
}

func (b *batch) run(ctx context.Context) error {
	check, err := b.checksBalance()
	if err != nil {
		return err
	}
	if err := b.compare(ctx); err != nil {
		return err
	}
	for _, line := range b.skipped {
		b.Note("left out: %s", line)
	}
	if len(b.orders) > 0 {
		if err := b.client.Ready(ctx); err != nil {
			return err
		}
		if check {
			if err := b.checkCosts(ctx); err != nil {
				return err
			}
		}
		err := b.place(ctx)
		if err == nil && b.p.wait {
			err = b.waitForAll(ctx)
		}
		if err != nil {
			return b.stopped(ctx, err)
		}
	}
	return b.finish(ctx)
}

// checksBalance says whether the balance is to be checked: as it was said, else
// when there is a key to ask with.
func (b *batch) checksBalance() (bool, error) {
	_, missing := b.foxreload()
	switch {
	case b.p.checkSaid && b.p.checkBalance && missing != nil:
		return false, missing
	case b.p.checkSaid:
		return b.p.checkBalance, nil
	case b.settings.APIKey.Empty():
		b.Note("the balance check is left out: FOXRELOAD_API_KEY is not set")
		return false, nil
	}
	return true, missing
}

// checkCosts compares the balance with what the new orders cost. It asks for each product
// once; of very many, only where somebody wants to wait for that.
func (b *batch) checkCosts(ctx context.Context) error {
	amounts := map[string]int64{}
	for _, r := range b.orders {
		if !b.known[r.Reference] {
			addToPay(amounts, r)
		}
	}
	if len(amounts) > mostPriced && !b.p.checkSaid {
		b.Note("the balance check is left out: it asks for the price of each product, and there are %d; --check-balance does it all the same", len(amounts))
		return nil
	}
	return b.checkBalance(ctx, amounts, b.p.goOnShort)
}

// compare holds every order against the ledger: which are new, and which are on
// record with other content. Those are refused before anything starts.
func (b *batch) compare(ctx context.Context) error {
	bar := show.NewBar(b.Console, len(b.orders), "compared")
	defer bar.End()
	var conflicts []string
	differing := map[string]bool{}
	err := b.client.Many.Compare(ctx, b.orders, func(i int, _ order.Status, err error) error {
		bar.Step()
		reference := b.orders[i].Reference
		conflict, differs := errors.AsType[*client.Conflict](err)
		switch {
		case err == nil:
			b.known[reference] = true
		case differs:
			differing[reference] = true
			for _, d := range conflict.Differences {
				conflicts = append(conflicts, fmt.Sprintf("%s:%d: %s: %s: on record %s, in the file %s (mend the line, or take a new reference)",
					b.p.file, b.lines[reference], reference, d.Field, orNone(d.Have), orNone(d.Want)))
			}
		case !errors.Is(err, client.ErrNotFound):
			return err
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(conflicts) > 0 && !b.p.skipBad:
		return &failure{status: exitError, message: "orders are on record with other content; nothing was started", details: someOf(conflicts, mostMistakes),
			hint: "mend the lines, or leave these orders out with --skip-bad"}
	}
	b.orders = slices.DeleteFunc(b.orders, func(r order.Request) bool { return differing[r.Reference] })
	b.skipped = append(b.skipped, conflicts...)
	return nil
}

// place places every order, or joins those that are there. An order that is refused does not
// keep the others from it; any other error ends the work, and the same file again goes on
// where this left off.
func (b *batch) place(ctx context.Context) error {
	bar := show.NewBar(b.Console, len(b.orders), "placed")
	defer bar.End()
	return b.client.Many.Place(ctx, b.orders, func(i int, p client.Placed) error {
		bar.Step()
		b.note(b.orders[i].Reference, p)
		return nil
	})
}

// note keeps what placing an order came to.
func (b *batch) note(reference string, p client.Placed) {
	if p.Err != nil {
		b.refused[reference] = asFailure(p.Err)
		return
	}
	if p.Outcome != client.Joined {
		b.started++
	}
	if !p.Status.State.Ended() {
		b.open = append(b.open, reference)
	}
}

// stopped says how far the work came that an error has ended, and writes the results all
// the same.
func (b *batch) stopped(ctx context.Context, err error) error {
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), endsWithin)
	defer stop()
	f := &failure{status: exitError, hint: "run the same command again: it goes on with the rest and starts nothing twice", cause: err}
	now, lost := b.takeStock(ending)
	if lost != nil {
		now.placed = len(b.known) + b.started
		f.details = []string{lost.Error()}
	}
	f.message = fmt.Sprintf("%d of %d orders were placed when this stopped it: %v", now.placed, len(b.orders), asFailure(err))
	return f
}

// someOf is the first lines of many, and how many more there are.
func someOf(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("… and %d more", len(lines)-most))
}
