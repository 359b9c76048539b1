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

// statusOnHold is one that the contract does not list.
const statusOnHold = "on_hold"

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

// shown is how the order stands for who asks. Where the knob looks counts, its end waits for
// the look of that number.
func (c *call) shown(o *order) step {
	present := o.at(c.seen)
	if c.knobs.Looks > 0 && present.Status == statusCompleted && c.paidLooks[o.ID] < c.knobs.Looks {
		return step{At: present.At, Status: statusProcessing}
	}
	return present
}

// countLook counts a look at an order that is paid.
func (c *call) countLook(o *order) {
	if c.knobs.Looks > 0 && o.at(c.seen).Status != statusActive {
		c.paidLooks[o.ID]++
	}
}

// unpaidLife is how an order stands as long as nobody pays.
type unpaidLife int

const (
	activeAtOnce     unpaidLife = iota
	heldCreated                 // created on hold, active later; it can't be paid before
	heldForGood                 // created on hold and never anything else
	heldLater                   // active in the answer to the create, then on hold for a while; it can be paid all the time
	heldUntilPaid               // the same until it is paid or expires
	forgottenForGood            // known to the answer to the create alone
	forgottenAWhile
)

// timeline is an order's life as long as nobody pays.
func (u unpaidLife) timeline(createdAt, expiresAt time.Time, held time.Duration) []step {
	active := func(at time.Time) step { return step{At: at, Status: statusActive} }
	onHold := func(at time.Time) step { return step{At: at, Status: statusOnHold} }
	expired := step{At: expiresAt, Status: statusCancelled, Reason: reasonPaymentExpiration}
	released := createdAt.Add(held)
	if released.After(expiresAt) {
		released = expiresAt
	}
	switch u {
	case heldCreated:
		return []step{onHold(createdAt), active(released), expired}
	case heldForGood:
		return []step{onHold(createdAt)}
	case heldLater:
		return []step{active(createdAt), onHold(createdAt.Add(1)), active(released), expired}
	case heldUntilPaid:
		return []step{active(createdAt), onHold(createdAt.Add(1)), expired}
	default:
		return []step{active(createdAt), expired}
	}
}

// payable says whether an order with this status takes a pay.
func (u unpaidLife) payable(status string) bool {
	return status == statusActive || status == statusOnHold && (u == heldLater || u == heldUntilPaid)
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
		due = due.Add(time.Duration(float64(st.after(k, o)) * o.pace(k.Spread) / k.Speed))
		codes := 0
		switch st.codes {
		case codesHalf:
			codes = (all + 1) / 2
		case codesButOne:
			codes = max(0, all-1)
		case codesAll:
			codes = all
		}
		var before step
		if len(future) > 0 {
			before = future[len(future)-1]
		}
		if k.CodesAfter > 0 && st.status == statusCompleted && before.Status != statusCompleted {
			future = append(future, step{At: due, Status: statusCompleted, Codes: before.Codes})
			due = due.Add(k.CodesAfter)
		}
		future = append(future, step{At: due, Status: st.status, Reason: st.reason, Codes: codes, Error: st.failure})
	}
	o.LatePay = nil
	o.replaceFuture(now, future...)
}

// delay is the time between two stages, before the order's own pace and the knob
// speed.
type delay func(Knobs, *order) time.Duration

func atOnce(Knobs, *order) time.Duration        { return 0 }
func pickup(k Knobs, _ *order) time.Duration    { return k.PaidFor }
func supply(k Knobs, o *order) time.Duration    { return k.ProcessingFor * time.Duration(o.slowness()) }
func onHold(k Knobs, _ *order) time.Duration    { return k.OnHoldFor }
func lateCodes(k Knobs, _ *order) time.Duration { return k.LateCodesAfter }

func fixed(d time.Duration) delay { return func(Knobs, *order) time.Duration { return d } }

// pace is the order's own tempo, from 1−spread to 1+spread, taken from its id:
// orders differ, and a restart does not change them.
func (o *order) pace(spread float64) float64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(o.ID)) // never fails
	return 1 - spread + 2*spread*float64(h.Sum32()%1000)/999
}
