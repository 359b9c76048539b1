package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"foxflow/internal/settings"
	"foxflow/starter/internal/show"
)

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
	if errors.As(err, &f) {
		return f
	}
	for _, refused := range refusals {
		if f := refused.tell(err); f != nil {
			f.status = refused.status
			return f
		}
	}
	switch {
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
