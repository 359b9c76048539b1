package story

import (
	"fmt"
	"slices"
	"strings"

	"foxflow/internal/phrase"
	"foxflow/order"
)

// Story is an order's story for a person: the JSON of "starter explain".
type Story struct {
	Reference string      `json:"reference"`
	State     order.State `json:"state"`
	// WaitingForCode is the code of what it waits for; null when it waits for nothing.
	WaitingForCode *order.Wait `json:"waitingForCode"`
	OrderID        *string     `json:"orderId"`
	// Items say how many codes came, and how many are missing.
	Items []order.ItemStatus `json:"items"`
	// Summary is what was ordered: "2 × Steam 10 USD · mock".
	Summary string  `json:"summary"`
	Means   string  `json:"means"`
	Why     *string `json:"why"` // what is on record as the reason, on one line
	// Facts are further things worth knowing: replacements, a pause, a payment window.
	Facts []string `json:"facts"`
	// PaymentURL is the link that can be paid now.
	PaymentURL *string `json:"paymentUrl"`
	// Looks says when the order is looked at next by itself; "" where that is not known.
	Looks string `json:"looks"`
	// Attempt is the step that Temporal is at; LastAnswer what the order heard last.
	Attempt    *Attempt `json:"attempt"`
	LastAnswer *Answer  `json:"lastAnswer"`
	// NotAsked says why Temporal could not be asked for the two above; null when it was.
	NotAsked *string  `json:"notAsked"`
	Timeline []Event  `json:"timeline"`
	Next     []Action `json:"next"`

	reasons []reason
}

// Told is what a story is made of, beside the order's status.
type Told struct {
	Request order.Request
	Names   Names
	Log     []Event // the audit log, oldest entry first
	// PausedBy says who switched payments off; "" when they are on.
	PausedBy string
	// Watch is how often the order is looked at; nil: not known.
	Watch *Watch
}

// Tell makes the story of an order.
func Tell(s order.Status, of Told) Story {
	story := Story{Reference: s.Reference, State: s.State, WaitingForCode: s.WaitingForCode, OrderID: s.OrderID,
		Items: append([]order.ItemStatus{}, s.Items...), Summary: Summary(of.Request, of.Names), Means: Means(s),
		Timeline: of.Log, Next: Next(s), Facts: []string{}, reasons: reasons(s), LastAnswer: lastAnswer(s, of.Log)}
	if of.Log == nil {
		story.Timeline = []Event{}
	}
	if why := Why(s); why != "" {
		story.Why = &why
	}
	if of.Watch != nil {
		story.Looks = Looks(s, *of.Watch)
	}
	payable := !s.State.Ended() && !s.State.MoneyOut()
	if payable {
		story.PaymentURL = s.PaymentURL
	}
	fact := func(said bool, format string, args ...any) {
		if said {
			story.Facts = append(story.Facts, fmt.Sprintf(format, args...))
		}
	}
	fact(s.Price != nil, "Price: %s", Price(s))
	fact(notes(of.Request) != "", "For the player: %s", notes(of.Request))
	fact(s.Mock, "It is a mock order: no charge, fake codes.")
	fact(s.Replacements > 0, "FoxReload's order was replaced %s: an unpaid order ends by itself, and a new one is created under the same reference. One at most is paid.", times(s.Replacements))
	fact(of.PausedBy != "" && !s.Mock && payable, "Payments are switched off (by %s).", of.PausedBy)
	fact(s.Codes() > 0 && s.State != order.Completed, "Codes in the vault: %d (%s).", s.Codes(), Command("codes", s.Reference))
	if s.PaymentExpiresAt != nil && payable {
		fact(true, "Its payment window ends at %s.", clock(*s.PaymentExpiresAt))
	}
	return story
}

// RunsNowhere says that Temporal has no workflow for an order without an end, in the
// namespace where it was looked for: nothing of what it waits for comes by itself.
func (s *Story) RunsNowhere(namespace string) {
	s.Facts = append(s.Facts, fmt.Sprintf("It runs nowhere, so it does not go on by itself: Temporal has no workflow for it in namespace %s. "+
		"Temporal's data was lost, or the order was placed in another namespace.", namespace))
	s.Looks = ""
	s.reasons = slices.DeleteFunc(s.reasons, func(r reason) bool { return r.label == waitsFor })
	s.Next = []Action{{Command("place --reference", s.Reference) + " …",
		"place it again the same way, items and all: it goes on from what is on record, and is never paid twice"}}
}

// Reasons are what is on record as the reasons of the order's state, one by one.
func (s Story) Reasons() []string {
	var why []string
	for _, r := range s.reasons {
		why = append(why, r.String())
	}
	return why
}

// AnswerIsReason says whether the last answer is among the reasons already.
func (s Story) AnswerIsReason() bool {
	return s.LastAnswer != nil && slices.Contains(s.reasons, reason{s.LastAnswer.Code + ":", s.LastAnswer.Message})
}

// reason is one thing on record that says why an order stands as it does.
type reason struct{ label, words string }

func (r reason) String() string {
	if r.label == "" {
		return r.words
	}
	return r.label + " " + r.words
}

const waitsFor = "waits for"

// reasons are what an order waits for, why it was cancelled, which errors there were,
// which codes are missing.
func reasons(s order.Status) []reason {
	var why []reason
	if s.CancelReason != nil {
		why = append(why, reason{"", *s.CancelReason})
	}
	if words := phrase.Of(Worded(s).WaitingFor); words != "" {
		why = append(why, reason{waitsFor, words})
	}
	if s.Error != nil {
		why = append(why, reason{s.Error.Code + ":", s.Error.Message})
	}
	for i, it := range s.Items {
		if it.Missing > 0 {
			why = append(why, reason{fmt.Sprintf("item %d (%s):", i+1, it.ItemID), Missing(it)})
		}
		// The order's own error may be made of its items' errors.
		if it.Error != nil && (s.Error == nil || !strings.Contains(s.Error.Message, *it.Error)) {
			why = append(why, reason{fmt.Sprintf("item %d (%s):", i+1, it.ItemID), *it.Error})
		}
	}
	return why
}

// Why is what is on record as the reason of an order's state, on one line; "" when
// there is none.
func Why(s order.Status) string {
	return strings.Join(Story{reasons: reasons(s)}.Reasons(), "; ")
}

// Ending says in one line how an order ended and why, or why it has not: fit for
// an error.
func Ending(s order.Status) string {
	line := fmt.Sprintf("order %s is %s", s.Reference, s.State)
	if why := Why(s); why != "" {
		line += ": " + why
	}
	return line
}

// lastAnswer is what the ledger knows of FoxReload's last answer: the error on record,
// or the last status that it reported.
func lastAnswer(s order.Status, log []Event) *Answer {
	if s.Error != nil {
		at := s.UpdatedAt
		return &Answer{Code: s.Error.Code, Message: s.Error.Message, At: &at, From: FromLedger}
	}
	for i := len(log) - 1; i >= 0; i-- {
		if e := log[i]; e.Kind == KindState && e.OrderID != nil && reported[e.State] {
			return &Answer{Message: fmt.Sprintf("order %s is %s", *e.OrderID, e.State), At: &e.At, From: FromLedger}
		}
	}
	return nil
}

// reported are the states that only FoxReload's word leads to.
var reported = map[order.State]bool{order.Active: true, order.Paid: true, order.Processing: true, order.Completed: true, order.Failed: true}

// Price is what an order costs, with its currency; "" when that is not known.
func Price(s order.Status) string {
	return strings.TrimSpace(phrase.Of(s.Price) + " " + phrase.Of(s.Currency))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
