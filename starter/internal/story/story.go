package story

import (
	"fmt"
	"time"

	"foxflow/order"
)

// Event is one entry of an order's audit log, as the story tells it.
type Event struct {
	At      time.Time   `json:"at"`
	Kind    string      `json:"kind"`
	State   order.State `json:"state"`
	Reason  string      `json:"reason"`
	OrderID *string     `json:"orderId"`
}

// Story is an order's story for a person.
type Story struct {
	Reference string      `json:"reference"`
	State     order.State `json:"state"`
	OrderID   *string     `json:"orderId"`
	Means     string      `json:"means"`
	Why       *string     `json:"why"`
	// Facts are further things worth knowing: replacements, attempts, a pause.
	Facts    []string `json:"facts"`
	Timeline []Event  `json:"timeline"`
	Next     []string `json:"next"`
}

// Tell makes the story of an order from how it stands and its log, oldest entry
// first. heldBy says who switched payments off, "" when they are on.
func Tell(s order.Status, log []Event, heldBy string) Story {
	story := Story{Reference: s.Reference, State: s.State, OrderID: s.OrderID, Means: Means(s), Timeline: log, Next: Next(s), Facts: []string{}}
	if log == nil {
		story.Timeline = []Event{}
	}
	if why := Why(s); why != "" {
		story.Why = &why
	}
	fact := func(format string, args ...any) { story.Facts = append(story.Facts, fmt.Sprintf(format, args...)) }
	if s.Mock {
		fact("It is a mock order: no charge, fake codes.")
	}
	if s.Replacements > 0 {
		fact("FoxReload's order was replaced %s: an unpaid order ends by itself, and a new one is created under the same reference. One at most is paid.", times(s.Replacements))
	}
	if heldBy != "" && !s.Mock && !s.State.Ended() && !s.State.MoneyOut() {
		fact("Payments are switched off (by %s).", heldBy)
	}
	if codes := Codes(s); codes > 0 && s.State != order.Completed {
		fact("Codes in the vault: %d (starter codes %s).", codes, s.Reference)
	}
	if s.PaymentURL != nil && !s.State.Ended() && !s.State.MoneyOut() {
		fact("The payment link: %s", *s.PaymentURL)
	}
	if s.PaymentExpiresAt != nil && !s.State.Ended() && !s.State.MoneyOut() {
		fact("Its payment window ends at %s.", s.PaymentExpiresAt.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	return story
}

// Codes counts the codes of an order that are in the vault.
func Codes(s order.Status) int {
	codes := 0
	for _, it := range s.Items {
		codes += it.Codes
	}
	return codes
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
