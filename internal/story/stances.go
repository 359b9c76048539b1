package story

import (
	"foxflow/internal/phrase"
	"foxflow/order"
)

// stance is what a state means and what may be done about it.
type stance struct {
	means string
	next  []Action
	// unpaid are the actions that are right only where it is certain that no payment is out.
	unpaid []Action
}

// allowed are the actions that may be taken: while a payment is in doubt nobody must
// cancel, or order anew.
func (st stance) allowed(s order.Status) []Action {
	if InDoubt(s) || strange(s) {
		return st.next
	}
	return append(append([]Action{}, st.next...), st.unpaid...)
}

const unpaid = "Nothing is paid."

// stances are what is said of a state when its wait or error says nothing closer.
var stances = map[order.State]stance{
	order.Queued: {"Its turn has not come, so no order was made of it. " + unpaid,
		[]Action{followIt}, []Action{cancelIt}},
	order.Creating: {"It is about to be created at FoxReload. Nothing is paid. If it stays like this, no worker is running.",
		[]Action{followIt}, []Action{cancelIt}},
	order.Active: {"FoxReload has the order; it is about to be paid.",
		[]Action{followIt}, []Action{cancelIt}},
	order.AwaitingTopUp: {"The balance is too low. " + unpaid,
		[]Action{{"starter top-up {R}", "once the balance is raised"}}, []Action{cancelIt}},
	order.AwaitingPayment: {"The payment is asked for at the provider, and not seen paid yet.",
		[]Action{{"", "open the payment link, or look for the payment of order {ID} in FoxReload's dashboard"}, followIt}, nil},
	order.Paused: {"Payments are paused, by the switch or the daily limit. " + unpaid,
		[]Action{{"starter resume", "a daily limit ends by itself at midnight UTC"}}, []Action{cancelIt}},
	order.Paid: {"It is paid; FoxReload is about to deliver.",
		[]Action{followIt}, nil},
	order.Processing: {"It is paid; the supplier is at work.",
		[]Action{followIt}, nil},
	order.Stalled: {"It is paid, and the delivery is late: codes may still come, so do not order it again.",
		[]Action{followIt, support}, nil},
	order.Blocked: {"It can't go on without a person.",
		[]Action{{"starter status {R}", "says what it waits for: mend that"}}, nil},
	order.Completed: {"It is delivered.",
		[]Action{{"starter codes {R}", ""}}, nil},
	order.Cancelled: {"It was cancelled.",
		[]Action{readLog}, []Action{anew}},
	order.Failed: {"It failed. Codes that were delivered in spite of that are kept.",
		[]Action{readLog, support}, []Action{anew}},
	order.Unresolved: {"It was given up after a long wait. Whether money is out has to be settled with FoxReload, so do not order it again before that.",
		[]Action{recheckIt, support, readLog}, nil},
}

// cancellations are the stances of cancelled orders, by reason.
var cancellations = map[string]stance{
	order.PaymentFailure: {"It was cancelled because the balance stayed too low. Nothing was paid.",
		[]Action{{"starter balance", "raise the balance first"}}, []Action{anew}},
	order.PaymentExpiration: {"It was cancelled because the payment window ended. Nothing was paid.",
		nil, []Action{anew}},
	order.UserRequest: {"It was cancelled on request. Nothing was paid.",
		nil, []Action{anew}},
	order.PriceGuard: {"It was cancelled because its price is above --max-price, or in another currency. Nothing was paid.",
		[]Action{{"starter products show {ITEM}", "today's price"}}, []Action{{"starter place --reference NEW --max-price HIGHER …", anew.Text}}},
}

// ending is a state that ended an order, with the code of its error.
type ending struct {
	state order.State
	code  string
}

// endings are the stances of ends that an error of our own explains better than the
// state or the reason does.
var endings = map[ending]stance{
	{order.Failed, order.CodeMockIgnored}: {"FoxReload did not keep to what was asked: a real order for a mock one, or the other way round. foxflow did not pay it: nothing was paid, and it expires by itself.",
		[]Action{support}, []Action{anew}},
	{order.Failed, order.CodeForeign}: {"Temporal knows this reference from another ledger, so nothing was started here. Nothing was created, and nothing was paid.",
		[]Action{{"", "take another reference, or place it with the ledger that the reference belongs to"}}, []Action{anew}},
	{order.Failed, order.CodeProduct}: {"The product's terms do not allow the order. Nothing was created, and nothing was paid.",
		[]Action{{"starter products show {ITEM}", "its terms"}, {"", "mend what the error names"}}, []Action{anew}},
	{order.Failed, order.CodeOrderFailed}: {"The supplier could not deliver all of it. Codes that were delivered in spite of that are kept.",
		[]Action{readLog, support}, []Action{anew}},
	{order.Cancelled, order.CodePaymentWindow}: {"It was cancelled because the payment windows of several orders in a row ended before a payment. Nothing was paid.",
		[]Action{readLog}, []Action{anew}},
	{order.Cancelled, order.CodeMoneyOut}: {"It is cancelled, and it was paid all the same, or may have been: the error says which. Whether the money came back has to be settled with FoxReload, so do not order it again before that.",
		[]Action{support, recheckIt, readLog}, nil},
	{order.Cancelled, order.CodeGuard}: {"It was cancelled on request, and nothing more is paid. The order that the error names may be paid: settle that with FoxReload before you order again.",
		[]Action{support, readLog}, nil},
	{order.Cancelled, order.CodeNotOurs}: {"It was cancelled on request. foxflow paid nothing for it, and left alone the order that FoxReload has under our key.",
		[]Action{readLog}, []Action{anew}},
	{order.Unresolved, order.CodeCodesMissing}: {"FoxReload calls it completed, and no code came in a long wait. Codes may still come, so do not order it again before that is settled with FoxReload.",
		[]Action{recheckIt, support, readLog}, nil},
	{order.Unresolved, order.CodeGivenUp}: {"It was given up after a long wait, and money is out or may be. That has to be settled with FoxReload, so do not order it again before that.",
		[]Action{recheckIt, support, readLog}, nil},
}

var (
	// refused is the stance of an order that failed before FoxReload made one of it.
	refused = stance{"It was refused, so there is no order at FoxReload and nothing was paid.",
		[]Action{{"", "mend what the error names"}}, []Action{anew}}
	// incomplete is completed with fewer codes than were ordered.
	incomplete = stance{"It is completed, but {MISSING}. They may still come, so do not order them again before that is settled with FoxReload.",
		[]Action{{"starter codes {R}", "those that came"}, recheckIt, support}, nil}
	unheardOf = stance{"Its state is not known to this version of foxflow.", []Action{readLog}, nil}
	// doubtful goes before all others: what else is said of the order takes it for unpaid.
	doubtful      = "A payment was sent and its outcome is not known yet; foxflow looks until FoxReload shows it, or until the payment window is over."
	unclear       = "FoxReload shows it with a status that nobody knows, so that it is not certain whether it is paid; foxflow looks until it is clear."
	doubtfulAtEnd = stance{"A payment was sent, and what became of it was never seen. Whether money is out has to be settled with FoxReload, so do not order it again before that.",
		[]Action{recheckIt, support, readLog}, nil}
)

// InDoubt says whether a payment was sent whose outcome is not known, so that nothing
// may say that the order is unpaid.
func InDoubt(s order.Status) bool {
	return s.PaymentInDoubt && !s.State.MoneyOut() && s.State != order.Completed
}

// strange says whether FoxReload shows the order with a status that nobody knows, so that
// nothing may say that it is unpaid.
func strange(s order.Status) bool { return code(s) == order.CodeUnknownStatus }

func stanceOf(s order.Status) stance {
	switch {
	case strange(s) && !InDoubt(s):
		return stance{unclear, []Action{followIt, support}, nil}
	case InDoubt(s) && s.State.Ended():
		return doubtfulAtEnd
	case InDoubt(s):
		settled := settledStance(s)
		return stance{doubtful, append([]Action{followIt}, without(settled.next, followIt)...), nil}
	}
	return settledStance(s)
}

// settledStance is the stance of an order whose payment is not in doubt.
func settledStance(s order.Status) stance {
	if found, known := waitOf(s); known {
		return found.stance
	}
	if found, known := endings[ending{s.State, code(s)}]; known {
		return found
	}
	switch {
	case s.State == order.Cancelled:
		if found, known := cancellations[phrase.Of(s.CancelReason)]; known {
			return found
		}
	case s.State == order.Failed && s.OrderID == nil:
		return refused
	case s.State == order.Completed && s.Missing() > 0:
		return incomplete
	}
	if found, known := stances[s.State]; known {
		return found
	}
	return unheardOf
}

func code(s order.Status) string {
	if s.Error == nil {
		return ""
	}
	return s.Error.Code
}

// Means is what an order's state means, in a sentence or two.
func Means(s order.Status) string { return filler(s).Replace(stanceOf(s).means) }
