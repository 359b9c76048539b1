package main

import (
	"fmt"
	"strings"

	"foxflow/internal/story"
	"foxflow/order"
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
