package main

import (
	"cmp"
	"errors"
	"fmt"

	"foxflow/client"
	"foxflow/internal/story"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// refusals are the client's errors as the command line tells them: each with its exit
// status and with what a person can do next. The words are the error's own.
var refusals = []struct {
	status int
	tell   func(error) *failure // nil: it is another error
}{
	{exitError, always[*client.NotFound]("starter list shows what is here")},
	{exitError, of(func(*client.Conflict) string { return "place it as it is on record, or take a new reference" }, differing)},
	{exitError, always[*client.TopUpConflict]("ask for it as it is on record, or leave --id out for a new one")},
	{exitError, of(foreignHint)},
	{exitError, always[*client.TooLong]("take a shorter one, or one with more of A-Z a-z 0-9 . _ -, which need no encoding; nothing was started")},
	{exitError, of(func(e *client.NotStarted) string { return "nothing was " + begun[e.Kind] })},
	{exitError, always[*client.MaybeStarted]("run the same command again: it goes on with the same order and starts nothing twice")},
	{exitError, of(strandedHint)},
	{exitError, of(notCancelledHint)},
	{exitError, of(func(e *client.NotAsked) string { return story.Command("status", e.Reference) + standsOrEnded(e.State) })},
	{exitError, of(func(e *client.OtherReference) string { return story.Command("status", e.Owner) + " shows that order" })},
	{exitError, of(func(e *client.NotEnded) string { return story.Command("watch", e.Reference) + " follows it" })},
	{exitError, of(noCodesHint)},
	{exitError, of(func(e *client.NotRunning) string {
		return "place it again the same way to start it, then " + e.Verb + " it"
	})},
	{exitError, of(func(e *client.Mismatch) string { return cmp.Or(ledger.Fix(e), "FOXFLOW_LEDGER names the ledger") })},
	{exitError, of(func(e *workflows.MissingAttributesError) string { return e.Fix() })},
	{exitError, of(unavailableHint)},
}

// of tells of one kind of error: its hint, and the lines below it where it has any.
func of[E error](hint func(E) string, details ...func(E) []string) func(error) *failure {
	return func(err error) *failure {
		refused, is := errors.AsType[E](err)
		if !is {
			return nil
		}
		f := &failure{message: err.Error(), hint: hint(refused), cause: err}
		for _, lines := range details {
			f.details = append(f.details, lines(refused)...)
		}
		return f
	}
}

// always is of, for a kind of error whose hint never changes.
func always[E error](hint string) func(error) *failure { return of(func(E) string { return hint }) }

// differing tells what differs from the request on record, field by field.
func differing(e *client.Conflict) (lines []string) {
	for _, d := range e.Differences {
		lines = append(lines, fmt.Sprintf("%s: on record %s, asked for %s", d.Field, orNone(d.Have), orNone(d.Want)))
	}
	return lines
}

func orNone(s string) string { return cmp.Or(s, "none") }

// begun is what was not done where a start was refused.
var begun = map[client.Kind]string{client.KindOrder: "started", client.KindTopUp: "requested"}

func foreignHint(e *client.Foreign) string {
	switch {
	case e.Restored:
		return "this ledger was put back from a backup: a worker takes the order up within a minute or so; starter ledger check shows what else is lacking"
	case e.Kind == client.KindTopUp:
		return "one ledger goes with one Temporal namespace: set FOXFLOW_LEDGER to the one it was requested with, or leave --id out for a new one"
	}
	return "one ledger goes with one Temporal namespace: set FOXFLOW_LEDGER or TEMPORAL_NAMESPACE to those it was placed with, or take a new reference"
}

func strandedHint(e *client.Stranded) string {
	hint := "reset it: " + story.Reset(e.WorkflowID())
	if e.Kind == client.KindTopUp {
		hint += "; or leave --id out for a new one"
	}
	return hint
}

func notCancelledHint(e *client.NotCancellable) string {
	if e.After != nil { // which is shown
		return ""
	}
	return story.Command("status", e.Reference) + standsOrEnded(e.State)
}

func standsOrEnded(end order.State) string {
	if end == "" {
		return " shows how it stands"
	}
	return " shows how it ended"
}

func noCodesHint(e *client.NoCodes) string {
	switch e.State {
	case order.Cancelled, order.Failed, order.Unresolved:
		return story.Command("explain", e.Reference) + " tells what happened"
	}
	return story.Command("watch", e.Reference) + " follows it"
}

func unavailableHint(e *client.Unavailable) string {
	switch {
	case e.Part == client.PartWorker:
		return "is a worker running, and ready? " + story.Command("explain", e.Reference) + " shows what holds it up; " +
			story.Command("status", e.Reference) + " whether it was done after all"
	case e.Obstacle != "":
		return e.Obstacle + "; nothing was started"
	case e.Doing == "":
		return "start it (make dev), or set TEMPORAL_ADDRESS to where it runs; nothing was started"
	}
	return "run the same command again: nothing is started twice"
}
