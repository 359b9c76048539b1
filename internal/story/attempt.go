package story

import (
	"fmt"
	"strings"
	"time"
)

// Attempt is a step that Temporal is carrying out for an order, or will try again.
type Attempt struct {
	Activity string     `json:"activity"` // PollStatus, PayOrder, …
	Attempt  int        `json:"attempt"`  // 1 is the first
	Running  bool       `json:"running"`  // a worker is at it right now
	LastAt   *time.Time `json:"lastAt"`   // when an attempt was last begun
	NextAt   *time.Time `json:"nextAt"`   // when the next one is due; null: one is running, or waits for a worker
}

// Answer is what an order heard last, without anything secret in it.
type Answer struct {
	Code    string     `json:"code"` // the API's, or one of ours; "" where it was no refusal
	Message string     `json:"message"`
	At      *time.Time `json:"at"`
	// From says who knew it: temporal (the step that is being tried) or ledger.
	From string `json:"from"`
}

// The sources of an answer.
const (
	FromTemporal = "temporal"
	FromLedger   = "ledger"
)

// doing says what each activity is about.
var doing = map[string]string{
	"CreateOrder": "create the order",
	"AdoptOrder":  "adopt the order that a person named",
	"PayOrder":    "pay the order",
	"PollStatus":  "ask FoxReload how it stands",
}

// String is the attempt in words.
func (a Attempt) String() string {
	what := doing[a.Activity]
	if what == "" {
		what = "run " + a.Activity
	}
	parts := []string{fmt.Sprintf("attempt %d to %s", a.Attempt, what)}
	switch {
	case a.Running:
		parts = append(parts, "running now")
	case a.NextAt != nil:
		parts = append(parts, "next at "+clock(*a.NextAt))
	default:
		parts = append(parts, "waiting for a worker")
	}
	if a.LastAt != nil {
		parts = append(parts, "last at "+clock(*a.LastAt))
	}
	return strings.Join(parts, ", ")
}

// String is the answer in words.
func (a Answer) String() string {
	words := a.Message
	if a.Code != "" {
		words = a.Code + ": " + words
	}
	if a.At != nil {
		words += " (" + clock(*a.At) + ")"
	}
	return words
}
