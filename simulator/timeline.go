package simulator

import (
	"hash/fnv"
	"time"
)

// Statuses of an order, as the contract writes them. They are written out here
// and not taken from the client, so that a slip there is seen.
const (
	statusActive     = "active"
	statusPaid       = "paid"
	statusProcessing = "processing"
	statusCompleted  = "completed"
	statusCancelled  = "cancelled"
	statusFailed     = "failed"
)

var statuses = []string{statusActive, statusPaid, statusProcessing, statusCompleted, statusCancelled, statusFailed}

func terminal(status string) bool {
	return status == statusCompleted || status == statusCancelled || status == statusFailed
}

// Reasons of a cancellation.
const (
	reasonPaymentFailure    = "payment_failure"
	reasonPaymentExpiration = "payment_expiration"
	reasonUserRequest       = "user_request"
)

// step is what an order becomes at a time. An order's timeline is settled when
// it is created and again when it is paid; how it stands is then only a matter
// of the clock, so a restart changes nothing and no goroutine moves it.
type step struct {
	At     time.Time `json:"at"`
	Status string    `json:"status"`
	Reason string    `json:"cancelReason,omitempty"`
	Codes  int       `json:"codes,omitempty"` // delivered so far, over all items in their order
	Error  string    `json:"error,omitempty"` // for the items that lack codes, or else the last one
}

// at is how the order stands: the last step whose time has come.
func (o *order) at(now time.Time) step {
	present := o.Timeline[0]
	for _, st := range o.Timeline[1:] {
		if st.At.After(now) {
			break
		}
		present = st
	}
	return present
}

// unpaidTimeline is an order's life as long as nobody pays.
func unpaidTimeline(createdAt, expiresAt time.Time) []step {
	return []step{
		{At: createdAt, Status: statusActive},
		{At: expiresAt, Status: statusCancelled, Reason: reasonPaymentExpiration},
	}
}

// replaceFuture gives the order another future: what has been stays.
func (o *order) replaceFuture(now time.Time, future ...step) {
	past := make([]step, 0, len(o.Timeline)+len(future))
	for _, st := range o.Timeline {
		if !st.At.After(now) {
			past = append(past, st)
		}
	}
	o.Timeline = append(past, future...)
}

// pay lets the order be paid now and lays out what its behaviour makes of it.
func (o *order) pay(now time.Time, k Knobs, b Behaviour) {
	due, all := now, o.deliverables()
	if all == 0 && b.needsCodes {
		o.Forced = 1
		all = 1
	}
	var future []step
	for _, st := range b.stages {
		due = due.Add(st.after.in(k, o))
		codes := 0
		switch st.codes {
		case codesHalf:
			codes = (all + 1) / 2
		case codesAll:
			codes = all
		}
		future = append(future, step{At: due, Status: st.status, Reason: st.reason, Codes: codes, Error: st.failure})
	}
	o.replaceFuture(now, future...)
}

// delay is the time between two stages.
type delay struct {
	fixed      time.Duration
	paid       bool // the knob paid-for
	processing bool // the knob processing-for, times the product's factor
}

var (
	atOnce = delay{}
	pickup = delay{paid: true}
	supply = delay{processing: true}
)

func fixed(d time.Duration) delay { return delay{fixed: d} }

func (d delay) in(k Knobs, o *order) time.Duration {
	length := d.fixed
	switch {
	case d.paid:
		length = k.PaidFor
	case d.processing:
		length = k.ProcessingFor * time.Duration(o.slowness())
	}
	return time.Duration(float64(length) * o.pace(k.Spread) / k.Speed)
}

// pace is the order's own tempo, from 1−spread to 1+spread, taken from its id:
// orders differ, and a restart does not change them.
func (o *order) pace(spread float64) float64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(o.ID)) // never fails
	return 1 - spread + 2*spread*float64(h.Sum32()%1000)/999
}
