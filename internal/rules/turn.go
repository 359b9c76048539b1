package rules

import "foxflow/order"

// Turn is an order in the queue, as its rows say.
type Turn struct {
	State   order.State // of the order
	Claimed bool        // somebody was to start it
	Lapsed  bool        // and has not said for long that it runs
}

// Claim is what becomes of an order in the queue when somebody comes to start orders.
type Claim int

// What becomes of it.
const (
	NotNow Claim = iota // somebody is at it
	Begins              // its turn has come
	Again               // nobody is known to have started it
	Over                // it needs nobody any more, and leaves the queue
)

// Claim says what becomes of the order.
func (t Turn) Claim() Claim {
	switch {
	case t.Claimed && !t.Lapsed:
		return NotNow
	case t.State == order.Queued:
		return Begins
	case t.State == order.Creating:
		return Again
	}
	return Over
}

// Cancels says whether an order ends in the queue when a person cancels it: else its workflow
// is asked.
func (t Turn) Cancels() bool { return t.State == order.Queued }
