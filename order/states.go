package order

import "slices"

// State is where an order stands. Upstream states keep FoxReload's names; the
// others are foxflow's own.
type State string

const (
	Queued          State = "queued"           // placed; its turn has not come, and no workflow carries it yet
	Creating        State = "creating"         // no FoxReload order is known yet
	Active          State = "active"           // created upstream, not paid
	AwaitingTopUp   State = "awaiting_topup"   // the balance is too low; nothing was paid
	AwaitingPayment State = "awaiting_payment" // an external provider's payment link is out
	Paused          State = "paused"           // payments are paused: switch or daily limit
	Paid            State = "paid"             // paid, fulfilment about to start
	Processing      State = "processing"       // the supplier is at work
	Stalled         State = "stalled"          // paid, but no end in time: a person is alerted, polling goes on slowly
	Blocked         State = "blocked"          // only a person can help
	Completed       State = "completed"        // delivered
	Cancelled       State = "cancelled"        // ended without delivery; see the reason
	Failed          State = "failed"           // fulfilment failed or the request was refused
	Unresolved      State = "unresolved"       // given up after a long time in stalled or blocked
)

// traits are all there is to say of a state.
type traits struct {
	State
	stance  stance
	payment payment
	// funded says that money may be kept for the order: it is paid as soon as it has it.
	funded bool
	// next are the states that may follow. A poller can miss states, so every forward jump
	// is legal; nothing follows an end.
	next []State
}

// stance is what an order does in a state.
type stance int

const (
	moves stance = iota // by itself
	waits               // until somebody or something outside moves it
	ended               // nothing more
)

// payment is what a state tells of the order's being paid.
type payment int

const (
	unpaid   payment = iota // nothing is paid, for all that is known
	linkOut                 // somebody may pay by the link at any time
	reported                // paid, on FoxReload's own word
	earlier                 // paid: FoxReload said so in a state before this
	untold                  // the state does not tell
)

// states is the one table of them, in the order of an order's life.
var states = []traits{
	{Queued, waits, unpaid, false, []State{Creating, Cancelled, Failed}},
	{Creating, moves, unpaid, true, []State{Active, Paid, Processing, AwaitingTopUp, AwaitingPayment, Paused, Stalled, Blocked, Completed, Cancelled, Failed}},
	{Active, moves, unpaid, true, []State{Creating, Paid, Processing, AwaitingTopUp, AwaitingPayment, Paused, Stalled, Blocked, Completed, Cancelled, Failed}},
	{AwaitingTopUp, waits, unpaid, true, []State{Creating, Active, Paid, Processing, AwaitingPayment, Paused, Stalled, Blocked, Completed, Cancelled, Failed}},
	{AwaitingPayment, waits, linkOut, false, []State{Paid, Processing, Stalled, Blocked, Completed, Cancelled, Failed}},
	{Paused, waits, unpaid, false, []State{Creating, Active, Paid, Processing, AwaitingTopUp, AwaitingPayment, Stalled, Blocked, Completed, Cancelled, Failed}},
	{Paid, moves, reported, false, []State{Processing, Stalled, Blocked, Completed, Cancelled, Failed}},
	{Processing, moves, reported, false, []State{Stalled, Blocked, Completed, Cancelled, Failed}},
	{Stalled, waits, earlier, false, []State{Blocked, Completed, Cancelled, Failed, Unresolved}},
	{Blocked, waits, untold, false, []State{Creating, Active, AwaitingTopUp, AwaitingPayment, Paused, Paid, Processing, Stalled,
		Completed, Cancelled, Failed, Unresolved}},
	{Completed, ended, reported, false, nil},
	{Cancelled, ended, untold, false, nil},
	{Failed, ended, untold, false, nil},
	{Unresolved, ended, untold, false, nil},
}

// beginning is what may come first. Queued: there was no room. Paid: taken up again after a reset.
var beginning = []State{Queued, Creating, Paid}

var byState = func() map[State]traits {
	table := make(map[State]traits, len(states)+1)
	table[""] = traits{stance: moves, payment: untold, next: beginning}
	for _, t := range states {
		table[t.State] = t
	}
	return table
}()

// States lists every state in the order of an order's life.
func States() []State { return StatesThat(State.Known) }

// StatesThat lists the states that a trait is true of, as in StatesThat(State.Ended).
func StatesThat(is func(State) bool) (list []State) {
	for _, t := range states {
		if is(t.State) {
			list = append(list, t.State)
		}
	}
	return list
}

// of is what there is to say of s; of one that nobody knows nothing is true.
func (s State) of() traits {
	if t, known := byState[s]; known {
		return t
	}
	return traits{payment: untold}
}

// Known says whether s is one of the states above.
func (s State) Known() bool { return s != "" && s.of().State == s }

// CanBecome says whether the step from s to next is legal.
func (s State) CanBecome(next State) bool { return slices.Contains(s.of().next, next) }

// Ended says whether s is an end: nothing follows it.
func (s State) Ended() bool { return s.of().stance == ended }

// Carried says whether a workflow carries an order in s: not one that waits for its turn,
// nor one that has ended.
func (s State) Carried() bool { return s.Known() && s != Queued && !s.Ended() }

// Starting says whether an order in s is on its way to its payment by itself: it asks for
// requests now.
func (s State) Starting() bool { return s.Known() && s.of().stance == moves && s.Unpaid() }

// Waits says whether the order is parked until somebody or something outside
// moves it: these states are kept current in the search attributes.
func (s State) Waits() bool { return s.of().stance == waits }

// MoneyOut says whether the order is known to be paid and has no end yet.
func (s State) MoneyOut() bool { return s.WasPaid() && !s.Ended() }

// WasPaid says whether an order in s was paid, surely.
func (s State) WasPaid() bool { return s.ReportedPaid() || s.of().payment == earlier }

// ReportedPaid says whether s is entered on FoxReload's own word alone that the order is paid.
func (s State) ReportedPaid() bool { return s.of().payment == reported }

// Unpaid says whether nothing is paid in s for all that is known, and no payment link is out.
func (s State) Unpaid() bool { return s.known(unpaid) }

// Payable says whether the order may turn out to be paid from the balance, and s does not
// say that it is.
func (s State) Payable() bool { return s.Carried() && (s.known(unpaid) || s.known(untold)) }

// Funded says whether money is kept for an order in s: it is paid as soon as it has it.
func (s State) Funded() bool { return s.of().funded }

func (s State) known(p payment) bool { return s.Known() && s.of().payment == p }

// LookedAt says whether what comes next is a look at the order, or may be: it is waited for
// what FoxReload shows.
func (s State) LookedAt() bool { return s.MoneyOut() || s == AwaitingPayment || s == Blocked }

// Reasons why an order is cancelled: FoxReload's three, and price_guard, which
// is foxflow's own.
const (
	PaymentFailure    = "payment_failure"
	PaymentExpiration = "payment_expiration"
	UserRequest       = "user_request"
	PriceGuard        = "price_guard"
)
