package story

import "foxflow/order"

// stance is what a state means and what may be done about it.
type stance struct {
	means string
	next  []Step
}

var stances = map[order.State]stance{
	order.Creating: {"It is about to be created at FoxReload. Nothing is paid. If it stays like this, no worker is running.",
		[]Step{followIt, cancelIt}},
	order.Active: {"FoxReload has the order; it is about to be paid.",
		[]Step{followIt, cancelIt}},
	order.AwaitingTopUp:   {"The balance is too low. " + unpaid, waits[WaitTopUp].next},
	order.AwaitingPayment: {"The payment link is out and not paid yet.", waits[WaitPayment].next},
	order.Paused: {"Payments are held, by the pause switch or the daily limit. " + unpaid,
		[]Step{{"starter resume", "a daily limit ends by itself at midnight UTC"}, cancelIt}},
	order.Paid: {"It is paid; FoxReload is about to deliver.",
		[]Step{followIt}},
	order.Processing: {"It is paid; the supplier is at work.",
		[]Step{followIt}},
	order.Stalled: {"It is paid, and the delivery is late: codes may still come, so do not order it again.", waits[WaitDelivery].next},
	order.Blocked: {"It can't go on without a person.",
		[]Step{{"starter status {R}", "says what it waits for: mend that"}}},
	order.Completed: {"It is delivered.",
		[]Step{{"starter codes {R}", ""}}},
	order.Failed: {"It failed. Codes that were delivered in spite of that are kept.",
		[]Step{readLog, support, anew}},
	order.Unresolved: {"It was given up after a long wait. Whether money is out has to be settled with FoxReload, so do not order it again before that.",
		[]Step{support, readLog}},
}

// refused is the stance of an order that failed before FoxReload made one of it.
var refused = stance{"It was refused, so there is no order at FoxReload and nothing was paid.",
	[]Step{{"", "mend what the error names"}, anew}}

// cancellations are the stances of cancelled orders, by reason.
var cancellations = map[string]stance{
	order.PaymentFailure: {"It was cancelled because the balance stayed too low. Nothing was paid.",
		[]Step{{"starter balance", "raise the balance first"}, anew}},
	order.PaymentExpiration: {"It was cancelled because the payment window ended. Nothing was paid.",
		[]Step{anew}},
	order.UserRequest: {"It was cancelled on request. Nothing was paid.",
		[]Step{anew}},
	order.PriceGuard: {"It was cancelled because its price is above --max-price. Nothing was paid.",
		[]Step{{"starter products show {ITEM}", "today's price"}, {"starter place --reference NEW --max-price HIGHER …", anew.Text}}},
}

var (
	otherCancellation = stance{"It was cancelled.", []Step{readLog, anew}}
	unheardOf         = stance{"Its state is not known to this version of foxflow.", []Step{readLog}}
)

func stanceOf(s order.Status) stance {
	switch {
	case s.State == order.Cancelled:
		if found, known := cancellations[text(s.CancelReason)]; known {
			return found
		}
		return otherCancellation
	case s.State == order.Failed && s.OrderID == nil:
		return refused
	}
	if found, known := waitOf(s); known {
		return found.stance
	}
	if s.State == order.AwaitingPayment && s.PaymentURL == nil {
		return waits[WaitNoLink].stance
	}
	if found, known := stances[s.State]; known {
		return found
	}
	return unheardOf
}

// Means is what an order's state means, in a sentence or two.
func Means(s order.Status) string { return stanceOf(s).means }
