package story

import (
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

// KindState is the kind of an event that entered a state.
const KindState = "state"

// Timeline is how an order came to where it stands: how it began, and what happened
// last. What lies between is only counted, so that an order that is blocked or replaced
// again and again takes no more room than any other. The zero value is empty.
type Timeline struct {
	First, Last []Event
	Left        int // events between the two that are left out
}

const keepFirst, keepLast = 4, 16

// Add puts an event at the timeline's end.
func (t *Timeline) Add(e Event) {
	if len(t.First) < keepFirst {
		t.First = append(t.First, e)
		return
	}
	if len(t.Last) == keepLast {
		copy(t.Last, t.Last[1:])
		t.Last[keepLast-1] = e
		t.Left++
		return
	}
	t.Last = append(t.Last, e)
}

// TimelineOf is the timeline of an audit log.
func TimelineOf(log []Event) Timeline {
	var t Timeline
	for _, e := range log {
		t.Add(e)
	}
	return t
}

// clock is how the story tells a time.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
