package order

import "slices"

// State is where an order stands. Upstream states keep FoxReload's names; the
// others are foxflow's own.
type State string

const (
	Creating        State = "creating"         // no FoxReload order is known yet
	Active          State = "active"           // created upstream, not paid
	AwaitingTopUp   State = "awaiting_topup"   // the balance is too low; nothing was paid
	AwaitingPayment State = "awaiting_payment" // an external provider's payment link is out
	Paused          State = "paused"           // payments are held: switch or daily limit
	Paid            State = "paid"             // paid, fulfilment about to start
	Processing      State = "processing"       // the supplier is at work
	Stalled         State = "stalled"          // paid, but no end in time: a person is alerted, polling goes on slowly
	Blocked         State = "blocked"          // only a person can help
	Completed       State = "completed"        // delivered
	Cancelled       State = "cancelled"        // ended without delivery; see the reason
	Failed          State = "failed"           // fulfilment failed or the request was refused
	Unresolved      State = "unresolved"       // given up after a long time in stalled or blocked
)

// steps is the state machine: which states may follow which. A poller can miss
// states, so every forward jump is legal; nothing follows an end.
var steps = map[State][]State{
	"":              {Creating, Paid}, // paid: taken up again after a reset
	Creating:        {Active, Paid, Processing, AwaitingTopUp, AwaitingPayment, Paused, Stalled, Blocked, Completed, Cancelled, Failed},
	Active:          {Creating, Paid, Processing, AwaitingTopUp, AwaitingPayment, Paused, Stalled, Blocked, Completed, Cancelled, Failed},
	AwaitingTopUp:   {Creating, Active, Paid, Processing, AwaitingPayment, Paused, Stalled, Blocked, Completed, Cancelled, Failed},
	AwaitingPayment: {Paid, Processing, Stalled, Blocked, Completed, Cancelled, Failed},
	Paused:          {Creating, Active, Paid, Processing, AwaitingTopUp, AwaitingPayment, Stalled, Blocked, Completed, Cancelled, Failed},
	Paid:            {Processing, Stalled, Blocked, Completed, Cancelled, Failed},
	Processing:      {Stalled, Blocked, Completed, Cancelled, Failed},
	Stalled:         {Blocked, Completed, Cancelled, Failed, Unresolved},
	Blocked: {Creating, Active, AwaitingTopUp, AwaitingPayment, Paused, Paid, Processing, Stalled,
		Completed, Cancelled, Failed, Unresolved},
	Completed:  nil,
	Cancelled:  nil,
	Failed:     nil,
	Unresolved: nil,
}

// States lists every state in the order of an order's life.
func States() []State {
	return []State{Creating, Active, AwaitingTopUp, AwaitingPayment, Paused, Paid, Processing, Stalled, Blocked,
		Completed, Cancelled, Failed, Unresolved}
}

// Known says whether s is one of the states above.
func (s State) Known() bool { return slices.Contains(States(), s) }

// CanBecome says whether the step from s to next is legal.
func (s State) CanBecome(next State) bool { return slices.Contains(steps[s], next) }

// Ended says whether s is an end: nothing follows it.
func (s State) Ended() bool {
	return s == Completed || s == Cancelled || s == Failed || s == Unresolved
}

// Waits says whether the order is parked until somebody or something outside
// moves it: these states are kept current in the search attributes.
func (s State) Waits() bool {
	return s == AwaitingTopUp || s == AwaitingPayment || s == Paused || s == Stalled || s == Blocked
}

// MoneyOut says whether the order is known to be paid and has no end yet.
func (s State) MoneyOut() bool { return s == Paid || s == Processing || s == Stalled }

// Reasons why an order is cancelled: FoxReload's three, and price_guard, which
// is foxflow's own.
const (
	PaymentFailure    = "payment_failure"
	PaymentExpiration = "payment_expiration"
	UserRequest       = "user_request"
	PriceGuard        = "price_guard"
)
