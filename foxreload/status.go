package foxreload

import (
	"slices"
	"strings"
)

// Status is where FoxReload says an order stands.
type Status string

const (
	StatusActive     Status = "active"     // created, waiting for payment
	StatusPaid       Status = "paid"       // payment confirmed, fulfilment about to start
	StatusProcessing Status = "processing" // codes are being fetched from the supplier
	StatusCompleted  Status = "completed"  // delivered
	StatusCancelled  Status = "cancelled"  // see Order.CancelReason
	StatusFailed     Status = "failed"     // fulfilment failed; see Item.Error
)

// jumps says which status may be seen after which. Orders only move forward, and
// a poller misses states between two looks, so every forward jump is legal.
var jumps = map[Status][]Status{
	StatusActive:     {StatusPaid, StatusProcessing, StatusCompleted, StatusCancelled, StatusFailed},
	StatusPaid:       {StatusProcessing, StatusCompleted, StatusCancelled, StatusFailed},
	StatusProcessing: {StatusCompleted, StatusCancelled, StatusFailed},
	StatusCompleted:  {},
	StatusCancelled:  {},
	StatusFailed:     {},
}

// Known says whether s is one of the six published statuses. A status that is
// not known is neither an end nor an error: keep polling, and say so.
func (s Status) Known() bool {
	_, known := jumps[s]
	return known
}

// Terminal says whether nothing follows s.
func (s Status) Terminal() bool { return s.Known() && len(jumps[s]) == 0 }

// CanBecome says whether next is a legal later status than s. It is false for
// the same status, a step back, and where either is unknown.
func (s Status) CanBecome(next Status) bool { return slices.Contains(jumps[s], next) }

// readStatus takes a status as any casing of its name, and cancelled with one l.
func readStatus(text string) Status {
	if s := Status(strings.ToLower(text)); s != "canceled" {
		return s
	}
	return StatusCancelled
}
