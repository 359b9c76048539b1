package story

import (
	"fmt"
	"time"

	"foxflow/order"
)

// Watch says how often an order is looked at, and until when it waits: what the order
// was started with.
type Watch struct {
	PollInitial, PollMax time.Duration
	StallAfter           time.Duration
	StallPoll            time.Duration
	// Until is when the present wait is given up; zero: not known, or never.
	Until time.Time
}

// Looks says when an order is looked at next by itself, "" when it is not. Polls are
// retries that Temporal times, so their rhythm is what can be said beforehand; the page
// "Pending Activities" and starter explain show the very time.
func Looks(s order.Status, w Watch) string {
	rare := every(w.StallPoll)
	if InDoubt(s) && !s.State.Ended() {
		looks := "FoxReload is asked what became of the payment: " + rhythm(w) + ", and after five minutes about every minute"
		if s.State == order.Blocked {
			return looks + w.until("is given up as unresolved")
		}
		return looks + "."
	}
	if strange(s) {
		return "FoxReload is asked " + rhythm(w) + ", until it shows a status that is known."
	}
	switch s.State {
	case order.AwaitingTopUp:
		return "A worker reads the balance about once a minute" + w.until("is cancelled")
	case order.AwaitingPayment:
		return "FoxReload is asked " + rhythm(w) + "."
	case order.Paid, order.Processing:
		return "FoxReload is asked " + rhythm(w) + "; without an end " + shortly(w.StallAfter) + " after the payment the order is stalled."
	case order.Stalled:
		if s.Codes() > 0 && s.WaitingForCode != nil && *s.WaitingForCode == order.WaitCodes {
			return "FoxReload is asked " + rare + w.until("ends as completed with the codes that are there")
		}
		return "FoxReload is asked " + rare + w.until("is given up as unresolved")
	case order.Blocked:
		if asksDecision(s) {
			return "Nothing is asked of FoxReload before a person decides" + w.until("is given up as unresolved")
		}
		return "FoxReload is asked " + rare + w.until("is given up as unresolved")
	}
	return unasked[s.State]
}

// unasked are the states in which nothing is asked of FoxReload before a worker says so.
var unasked = map[order.State]string{
	order.Queued: "A worker begins it as soon as its turn comes; until then nothing is asked of FoxReload.",
	order.Paused: "A worker tells the order as soon as it may be paid; until then nothing is asked of FoxReload.",
}

// until says what becomes of the order in the end, where that is known.
func (w Watch) until(end string) string {
	if w.Until.IsZero() {
		return "."
	}
	return "; it " + end + " at " + clock(w.Until) + " if nothing comes of it."
}

func rhythm(w Watch) string {
	if w.PollMax <= w.PollInitial {
		return every(w.PollInitial)
	}
	return "after about " + shortly(w.PollInitial) + ", then less and less often, at least every " + shortly(w.PollMax) + " or so"
}

// single are the lengths of time that read better as words.
var single = map[string]string{"1 s": "second", "1 min": "minute", "1 h": "hour"}

func every(d time.Duration) string {
	if one, ok := single[shortly(d)]; ok {
		return "about every " + one
	}
	return "about every " + shortly(d)
}

// shortly is a length of time in one unit where it comes out even.
func shortly(d time.Duration) string {
	for _, u := range []struct {
		d    time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if d >= u.d && d%u.d == 0 {
			return fmt.Sprintf("%d %s", d/u.d, u.name)
		}
	}
	return d.String()
}
