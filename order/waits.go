package order

// Wait is the code of what an order waits for: Status.WaitingForCode. The words for
// people are package story's.
type Wait string

// The codes, each with the state that waits so.
const (
	WaitTurn           Wait = "turn"            // queued: its turn
	WaitTopUp          Wait = "topup"           // awaiting_topup: the balance is too low
	WaitPaymentLink    Wait = "payment_link"    // awaiting_payment: the payment at an external provider
	WaitResume         Wait = "resume"          // paused: payments are switched off
	WaitNextDay        Wait = "next_day"        // paused: the daily limit
	WaitLimitCurrency  Wait = "limit_currency"  // paused: the daily limit names no limit in the order's currency
	WaitDelivery       Wait = "delivery"        // stalled: paid, and late
	WaitCodes          Wait = "codes"           // stalled: completed, and codes are missing
	WaitKey            Wait = "key"             // blocked: FoxReload refuses the key, or this address of ours
	WaitAddress        Wait = "address"         // blocked: FoxReload is not where we ask
	WaitPaymentRefused Wait = "payment_refused" // blocked: the payment is refused, and tried on
	WaitDecision       Wait = "decision"        // blocked: a person must decide
)
