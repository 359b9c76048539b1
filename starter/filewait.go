package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"foxflow/ledger"
	"foxflow/order"
)

// waitForAll stays until every order has ended or the time is up. One look at
// the ledger serves all of them, however many: it reads the orders that are open
// anywhere, and only those of the file that are no longer among them are asked
// for one by one, once, at their end.
func (b *batch) waitForAll(ctx context.Context) error {
	pending := map[string]bool{}
	for reference, s := range b.at {
		if !s.State.Ended() {
			pending[reference] = true
		}
	}
	bar := b.Bar(len(pending), "waiting")
	defer bar.End()
	over := time.NewTimer(b.p.timeout)
	defer over.Stop()
	tick := time.NewTicker(b.lookEvery)
	defer tick.Stop()
	for len(pending) > 0 {
		ended, err := b.lookAtAll(ctx, pending)
		if err != nil {
			return err
		}
		for _, s := range ended {
			delete(pending, s.Reference)
			bar.Step()
			if !b.JSON && !b.ErrTerminal {
				b.Note("%s is %s (%d to go)", s.Reference, stateOf(s), len(pending))
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d orders: %w", len(pending), ctx.Err())
		case <-over.C:
			_, err := b.lookAtAll(ctx, pending)
			return err
		case <-tick.C:
		}
	}
	return nil
}

// lookAtAll brings b.at up to date and gives the pending orders that have ended.
func (b *batch) lookAtAll(ctx context.Context, pending map[string]bool) (ended []order.Status, err error) {
	open := map[string]bool{}
	for _, state := range order.States() {
		if state.Ended() {
			continue
		}
		err := b.book.Each(ctx, ledger.Filter{State: state}, func(s order.Status) error {
			if pending[s.Reference] {
				open[s.Reference] = true
				b.at[s.Reference] = s
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for reference := range pending {
		if open[reference] {
			continue
		}
		// It has ended, or it changed from a state that was not read yet to one
		// that was.
		s, err := b.book.Status(ctx, reference)
		if err != nil {
			return nil, err
		}
		b.at[reference] = s
		if s.State.Ended() {
			ended = append(ended, s)
		}
	}
	return ended, nil
}

// worst is the order of exit statuses over many orders: the first that fits any.
var worst = []int{exitUnresolved, exitNotEnded, exitFailed, exitCancelled, exitIncomplete}

// waitedStatus is the exit status of the whole file.
func (b *batch) waitedStatus() int {
	seen := map[int]bool{}
	for _, s := range b.at {
		seen[waitStatus(s)] = true
	}
	for _, status := range worst {
		if seen[status] {
			return status
		}
	}
	return exitDone
}

// open says whether any order has no end yet.
func (b *batch) open() bool {
	for _, s := range b.at {
		if !s.State.Ended() {
			return true
		}
	}
	return false
}

// finish writes the results, shows how all stands, and gives the exit status:
// that something was left out outranks how the rest ended.
func (b *batch) finish() error {
	if err := b.writeResults(); err != nil {
		return err
	}
	if err := b.showBatch(); err != nil {
		return err
	}
	var refused []string
	for _, r := range b.orders {
		if err := b.refused[r.Reference]; err != nil {
			refused = append(refused, fmt.Sprintf("%s:%d: %s", b.p.file, b.lines[r.Reference], strings.ReplaceAll(err.Error(), "\n", "; ")))
		}
	}
	switch {
	case len(refused)+len(b.skipped) > 0:
		return &failure{status: exitError, message: fmt.Sprintf("not every order of the file was placed: %d refused, %d mistakes left out", len(refused), len(b.skipped)),
			details: refused, hint: "mend them and run the same file again: nothing is started twice"}
	case b.p.wait && b.waitedStatus() != exitDone:
		message := "not every order is completed"
		if b.waitedStatus() == exitIncomplete {
			message = "every order is completed, but codes are missing"
		}
		if b.open() {
			message = "the time ran out, the orders go on: " + message
		}
		return &failure{status: b.waitedStatus(), message: message, details: b.unfinished(),
			hint: "starter explain REFERENCE tells why, and what may be done"}
	}
	return nil
}
