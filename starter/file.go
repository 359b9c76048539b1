package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/input"
)

// startsAtOnce is how many orders of a file are being started at the same time.
const startsAtOnce = 8

// batch is the orders of a file on their way.
type batch struct {
	*desk
	p       *placing
	lines   map[string]int
	orders  []order.Request // in the file's order
	fresh   []order.Request // those that the ledger does not know yet
	results *sink           // nil: not asked for
	// skipped are the bad lines and refused orders that were left out, one a
	// line, with file and line.
	skipped []string

	mu      sync.Mutex
	started int                     // begun by this command
	at      map[string]order.Status // how each order stands, as far as known
	refused map[string]error
}

// placeFile places all orders of a file. Everything that can be known before is
// checked before the first one starts.
func (a *app) placeFile(ctx context.Context, p *placing) error {
	sheet, err := a.readSheet(ctx, p.file)
	if err != nil {
		return err
	}
	if p.file == "-" {
		p.file = "stdin" // as messages name it
	}
	b := &batch{p: p, lines: sheet.Lines, orders: sheet.Orders, at: map[string]order.Status{}, refused: map[string]error{}}
	for _, problem := range sheet.Problems {
		b.skipped = append(b.skipped, problem.In(p.file))
	}
	if len(b.skipped) > 0 && (sheet.Broken || !p.skipBad) {
		return b.badFile()
	}
	for i := range b.orders {
		b.orders[i].NoCheck = p.request.NoCheck
	}
	return a.atNewDesk(ctx, func(d *desk) error {
		b.desk = d
		if err := b.openResults(ctx); err != nil {
			return err
		}
		for i := range b.orders {
			d.nameCurrency(&b.orders[i])
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
		return sheet, misused("name a CSV file that can be read, or - for stdin", "--file: %v", err)
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

// reads are the files that every command at a desk lives on.
func (d *desk) reads() []string { return []string{d.settings.Ledger.Reveal(), d.settings.KeysetFile} }

func (b *batch) badFile() error {
	return &failure{status: exitUsage, message: fmt.Sprintf("%s can't be used as it is; nothing was started", b.p.file), details: b.skipped,
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
		t, err := b.connectToOrders(ctx)
		if err != nil {
			return err
		}
		defer t.Close()
		if check {
			if err := b.checkBalance(ctx, b.fresh, b.p.goOnShort); err != nil {
				return err
			}
		}
		err = b.start(ctx, t)
		if err == nil && b.p.wait {
			err = b.waitForAll(ctx)
		}
		if err != nil {
			return errors.Join(err, b.writeResults())
		}
	}
	return b.finish()
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

// compare holds every order against the ledger: which are new, and which are on
// record with other content. Those are refused before anything starts.
func (b *batch) compare(ctx context.Context) error {
	var agreed []order.Request
	var conflicts []string
	for _, r := range b.orders {
		s, err := b.book.Status(ctx, r.Reference)
		if errors.Is(err, ledger.ErrNotFound) {
			agreed, b.fresh = append(agreed, r), append(b.fresh, r)
			continue
		}
		if err != nil {
			return err
		}
		before, err := b.book.Request(ctx, r.Reference)
		if err != nil {
			return err
		}
		if differences := order.Differences(before, r); len(differences) > 0 {
			for _, d := range differences {
				conflicts = append(conflicts, fmt.Sprintf("%s:%d: %s: %s: on record %s, in the file %s (mend the line, or take a new reference)",
					b.p.file, b.lines[r.Reference], r.Reference, d.Field, orNone(d.Have), orNone(d.Want)))
			}
			continue
		}
		b.at[r.Reference] = s
		agreed = append(agreed, r)
	}
	if len(conflicts) > 0 && !b.p.skipBad {
		return &failure{status: exitError, message: "orders are on record with other content; nothing was started", details: conflicts,
			hint: "mend the lines, or leave these orders out with --skip-bad"}
	}
	b.orders, b.skipped = agreed, append(b.skipped, conflicts...)
	return nil
}

// start starts every order, or joins those that are there. An order that is
// refused does not keep the others from it; one of which Temporal does not say
// whether it was started ends the work: Temporal is in trouble, and the same
// file again goes on where this left off.
func (b *batch) start(ctx context.Context, t *temporal) error {
	bar := b.Bar(len(b.orders), "starting")
	defer bar.End()
	group, starting := errgroup.WithContext(ctx)
	group.SetLimit(startsAtOnce)
	for _, r := range b.orders {
		if starting.Err() != nil {
			break
		}
		group.Go(func() error {
			s, how, err := b.place(starting, t, r)
			bar.Step()
			return b.note(r.Reference, s, how, err)
		})
	}
	if err := cmp.Or(group.Wait(), ctx.Err()); err != nil {
		return b.interrupted(err)
	}
	return nil
}

// note keeps how an order's start went. An error that is not about this order
// alone is given back, to end the work.
func (b *batch) note(reference string, s order.Status, how placed, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var refused *failure
	switch {
	case err == nil:
		b.at[reference] = s
		if how != joined {
			b.started++
		}
		return nil
	case errors.Is(err, errTrouble), !errors.As(err, &refused):
		return err
	}
	b.refused[reference] = err
	return nil
}

// interrupted says how far the work came.
func (b *batch) interrupted(err error) error {
	return &failure{status: exitError, message: fmt.Sprintf("%d of %d orders were placed when this stopped it: %v", b.started, len(b.fresh), asFailure(err)),
		hint: "run the same command again: it goes on with the rest and starts nothing twice", cause: err}
}
