package rules

import "foxflow/order"

// Payment is what the ledger knows of a request to pay an order that is about to leave.
type Payment struct {
	// Over says that the order was found to have ended unpaid.
	Over bool
	// Late says that a later step of the reference is on record than the attempt's own.
	Late bool
	// Unseen says that another attempt to pay the order is on record than the latest that this
	// one knew of as it looked.
	Unseen bool
	// State is the reference's, on record.
	State order.State
	// Pinned says that the order is the reference's own.
	Pinned bool
	// Other says that the payment of another order of the reference stands.
	Other bool
	// Flying says that the request of another attempt may be on its way.
	Flying bool
}

// Leave says whether a request to pay leaves, or what holds it back.
type Leave int

// What becomes of a request to pay.
const (
	Leaves       Leave = iota
	LateToPay          // what the attempt looked at is from before: it looks again
	HasEnded           // the reference has come to its end
	NotPinned          // the order is not known to be the reference's
	OtherPayment       // another order of the reference may have been paid
	InFlight           // another attempt's request may be on its way: later
)

// Leave says whether the request leaves. Pause and limit come after that: they are about all
// orders, not about this one.
func (p Payment) Leave() Leave {
	switch {
	case p.Over, p.Late, p.Unseen:
		return LateToPay
	case p.State.Ended():
		return HasEnded
	case !p.Pinned:
		return NotPinned
	case p.Other:
		return OtherPayment
	case p.Flying:
		return InFlight
	}
	return Leaves
}

// Unpaid is what somebody says of an order: that nothing was paid of what was sent for it.
type Unpaid struct {
	// Begun says that an attempt to pay the order is on record, and Latest that who says this
	// knows of the latest one.
	Begun, Latest bool
	// Ended says that the order has ended: nothing is to be sent for it any more.
	Ended bool
}

// Void says what is written of it: that the payment is void, and that the order is over.
// overtaken: neither, since another attempt has begun.
func (u Unpaid) Void() (void, over, overtaken bool) {
	if u.Begun && !u.Latest {
		return false, false, true
	}
	return u.Begun, u.Ended, false
}
