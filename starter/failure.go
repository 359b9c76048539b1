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
	exitDone       = 0
	exitError      = 1
	exitUsage      = 2
	exitCancelled  = 3
	exitFailed     = 4
	exitNotEnded   = 5 // not at its end when --timeout ran out; it goes on
	exitUnresolved = 6 // or blocked when --timeout ran out
	exitIncomplete = 7 // completed with fewer codes than were ordered
)

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
