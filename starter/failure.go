package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"foxflow/order"
	"foxflow/settings"
	"foxflow/starter/internal/show"
	"foxflow/story"
)

// Exit statuses: scripts rely on them.
const (
	exitDone = iota
	exitError
	exitUsage
	exitCancelled
	exitFailed
	exitNotEnded
	exitUnresolved
	exitIncomplete
)

// exits are all exit statuses and what each means, as --help and the docs have it.
var exits = []string{
	exitDone:       "done; with --wait: completed with all its codes",
	exitError:      "error",
	exitUsage:      "wrong usage: nothing was started",
	exitCancelled:  "cancelled",
	exitFailed:     "failed",
	exitNotEnded:   "not at its end when --timeout ran out: it goes on",
	exitUnresolved: "unresolved, or blocked when --timeout ran out",
	exitIncomplete: "completed with fewer codes than were ordered",
}

// exitText is the table of exit statuses.
func exitText() string {
	var b strings.Builder
	b.WriteString("Exit status:\n")
	for status, means := range exits {
		fmt.Fprintf(&b, "  %d  %s\n", status, means)
	}
	b.WriteString("Of a file that is waited for: 0 if all is completed, else the first of 6, 5, 4, 3, 7\nthat fits any of its orders.")
	return b.String()
}

// endStatus is the exit status of an order that was waited for, by its end.
var endStatus = map[order.State]int{
	order.Completed:  exitDone,
	order.Cancelled:  exitCancelled,
	order.Failed:     exitFailed,
	order.Unresolved: exitUnresolved,
}

// waitStatus is the exit status for how an order stands once waiting for it is
// over, at its end or because the time ran out.
func waitStatus(s order.Status) int {
	status, ended := endStatus[s.State]
	switch {
	case s.State == order.Completed && s.Missing() > 0:
		return exitIncomplete
	case ended:
		return status
	case s.State == order.Blocked:
		return exitUnresolved
	}
	return exitNotEnded
}

// failure is everything but success: what happened, what a person can do next,
// and the exit status.
type failure struct {
	status  int
	message string
	details []string // one a line, below the message
	hint    string
	cause   error // what callers here tell apart; never shown
}

func (f *failure) Error() string {
	return strings.Join(append([]string{f.message}, f.details...), "\n")
}

func (f *failure) Unwrap() error { return f.cause }

func failed(hint, format string, args ...any) error {
	return &failure{status: exitError, message: fmt.Sprintf(format, args...), hint: hint}
}

func misused(hint, format string, args ...any) error {
	return &failure{status: exitUsage, message: fmt.Sprintf(format, args...), hint: hint}
}

// ending is nil for an order that is completed with all its codes, else how it stands as a failure
// with the exit status of a wait that is over.
func ending(s order.Status) error {
	status := waitStatus(s)
	if status == exitDone {
		return nil
	}
	f := &failure{status: status, message: story.Ending(s), hint: story.Hint(s)}
	if !s.State.Ended() {
		f.message = "the time ran out, the order goes on: " + f.message
	}
	return f
}

// unwritten is the end of a command whose output did not arrive, whatever else came of it:
// who counts on the exit status must not take what is missing for nothing.
func unwritten(lost, also error) error {
	f := &failure{status: exitError, message: lost.Error(),
		hint: "make room, or write elsewhere; whatever the command changed stays changed", cause: lost}
	if also != nil && !errors.Is(also, errors.Unwrap(lost)) {
		f.details = strings.Split(asFailure(also).Error(), "\n")
	}
	return f
}

// asFailure gives every error its exit status.
func asFailure(err error) *failure {
	var f *failure
	var bad settings.Errors
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &bad):
		return &failure{status: exitUsage, message: bad.Error(), hint: "starter --help lists every variable"}
	case errors.Is(err, context.Canceled):
		return &failure{status: exitError, message: "interrupted: " + err.Error(), hint: "orders that were started go on; run the same command again at any time"}
	default:
		return &failure{status: exitError, message: err.Error()}
	}
}

// report tells of an error on Err and gives its exit status.
func report(c *show.Console, err error) int {
	f := asFailure(err)
	if c.JSON {
		type body struct {
			Message string `json:"message"`
			Hint    string `json:"hint"`
		}
		_ = c.ErrLine(struct {
			Error body `json:"error"`
		}{body{f.Error(), f.hint}})
		return f.status
	}
	var b strings.Builder
	for i, line := range strings.Split(f.Error(), "\n") {
		if i == 0 {
			line = "starter: " + line
		} else {
			line = "  " + line
		}
		b.WriteString(show.Clean(line) + "\n")
	}
	if f.hint != "" {
		b.WriteString("  → " + show.Clean(f.hint) + "\n")
	}
	_, _ = c.Err.Write([]byte(b.String()))
	return f.status
}
