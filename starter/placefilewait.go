package main

import (
	"context"
	"fmt"
	"strings"

	"foxflow/starter/internal/show"
)

// waitForAll stays until every order has ended or the time is up. Of a few orders it tells
// each end, of many how many there were.
func (b *batch) waitForAll(ctx context.Context) error {
	left := len(b.open)
	bar := show.NewBar(b.Console, left, "ended")
	defer bar.End()
	tells := left <= mostNamed && !b.JSON && !b.ErrTerminal
	if tells {
		b.Note("waiting for %d of %d orders", left, len(b.orders))
	}
	for s, err := range b.client.Many.Watch(ctx, b.open, b.p.timeout) {
		if err != nil {
			return err
		}
		if !s.State.Ended() {
			continue
		}
		left--
		bar.Step()
		if tells {
			b.Note("%s is %s (%d to go)", s.Reference, stateOf(s), left)
		}
	}
	return nil
}

// worst is the order of exit statuses over many orders: the first that fits any.
var worst = []int{exitUnresolved, exitNotEnded, exitFailed, exitCancelled, exitIncomplete}

// waitedStatus is the exit status of the whole file.
func (now stock) waitedStatus() int {
	for _, status := range worst {
		if now.waited[status] {
			return status
		}
	}
	return exitDone
}

// finish writes the results, shows how all stands, and gives the exit status:
// that something was left out outranks how the rest ended.
func (b *batch) finish(ctx context.Context) error {
	now, err := b.takeStock(ctx)
	if err != nil {
		return err
	}
	if err := b.showBatch(ctx, now); err != nil {
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
			details: someOf(refused, mostMistakes), hint: "mend them and run the same file again: nothing is started twice"}
	case b.p.wait && now.waitedStatus() != exitDone:
		message := "not every order is completed"
		if now.waitedStatus() == exitIncomplete {
			message = "every order is completed, but codes are missing"
		}
		if now.open {
			message = "the time ran out, the orders go on: " + message
		}
		return &failure{status: now.waitedStatus(), message: message, details: now.unfinishedLines(),
			hint: "starter explain REFERENCE tells why, and what may be done"}
	}
	return nil
}
