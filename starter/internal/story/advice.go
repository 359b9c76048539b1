package story

import (
	"cmp"
	"fmt"
	"strings"

	"foxflow/order"
)

// stance is what a state means and what may be done about it. In both, R stands
// for the reference and ID for the order id.
type stance struct {
	means string
	next  []string
}

const (
	followIt = "starter watch R"
	cancelIt = "starter cancel R"
	anew     = "starter place --reference NEW … (a new reference: this one has ended)"
	support  = "ask FoxReload's support about order ID"
)

var stances = map[order.State]stance{
	order.Creating: {"It is about to be created at FoxReload. Nothing is paid. If it stays like this, no worker is running.",
		[]string{followIt, cancelIt}},
	order.Active: {"FoxReload has the order; it is about to be paid.",
		[]string{followIt, cancelIt}},
	order.AwaitingTopUp: {"The balance is too low. Nothing is paid. Once the balance covers it, a worker notices within a minute or so.",
		[]string{"raise the balance, then: starter top-up R", cancelIt}},
	order.AwaitingPayment: {"The payment link is out and not paid yet.",
		[]string{"open the payment link (starter status R shows it)", followIt}},
	order.Paused: {"Payments are held, by the pause switch or the daily limit. Nothing is paid.",
		[]string{"starter resume (a daily limit ends by itself at midnight UTC)", cancelIt}},
	order.Paid: {"It is paid; FoxReload is about to deliver.",
		[]string{followIt}},
	order.Processing: {"It is paid; the supplier is at work.",
		[]string{followIt}},
	order.Stalled: {"It is paid, and the delivery is late. It is watched on: money is out and codes may still come, so do not order it again.",
		[]string{followIt, support}},
	order.Blocked: {"It can't go on without a person.",
		[]string{"mend what it waits for (starter status R says what)"}},
	order.Completed: {"It is delivered.",
		[]string{"starter codes R"}},
	order.Failed: {"It failed. Codes that were delivered in spite of that are kept.",
		[]string{"starter audit R", support, anew}},
	order.Unresolved: {"It was given up after a long wait. Whether money is out has to be settled with FoxReload, so do not order it again before that.",
		[]string{support, "starter audit R"}},
}

// cancellations are the stances of cancelled orders, by reason.
var cancellations = map[string]stance{
	order.PaymentFailure: {"It was cancelled because the balance stayed too low. Nothing was paid.",
		[]string{"raise the balance (starter balance shows it)", anew}},
	order.PaymentExpiration: {"It was cancelled because the payment window ended. Nothing was paid.",
		[]string{anew}},
	order.UserRequest: {"It was cancelled on request. Nothing was paid.",
		[]string{anew}},
	order.PriceGuard: {"It was cancelled because its price is above --max-price. Nothing was paid.",
		[]string{"starter products show ITEM", "starter place --reference NEW --max-price HIGHER …"}},
}

func stanceOf(s order.Status) stance {
	if s.State == order.Cancelled {
		if found, known := cancellations[text(s.CancelReason)]; known {
			return found
		}
		return stance{"It was cancelled.", []string{"starter audit R", anew}}
	}
	if s.State == order.Blocked && strings.Contains(text(s.WaitingFor), "starter resolve") {
		return stance{"It can't go on before a person decides. Nothing is paid meanwhile.", []string{
			"starter resolve R --adopt ORDER_ID (you found it in FoxReload's dashboard: go on with that order)",
			"starter resolve R --retry (try again; what can't be found is created anew, the other expires unpaid)",
			"starter resolve R --abort (end it as cancelled)"}}
	}
	if s.State == order.AwaitingPayment && s.PaymentURL == nil {
		return stance{"The payment is asked for at the provider, and its answer held no link.",
			[]string{"look for the payment of order ID in FoxReload's dashboard", followIt}}
	}
	if found, known := stances[s.State]; known {
		if s.State == order.Failed && s.OrderID == nil {
			found = stance{"FoxReload refused the request, so there is no order and nothing was paid.", []string{"mend what the error names", anew}}
		}
		return found
	}
	return stance{"Its state is not known to this version of foxflow.", []string{"starter audit R"}}
}

// Means is what an order's state means, in a sentence or two.
func Means(s order.Status) string { return stanceOf(s).means }

// Next lists what a person may do about an order, the likeliest first.
func Next(s order.Status) []string {
	fill := strings.NewReplacer(" R ", " "+s.Reference+" ", " ITEM", " "+firstItem(s), "order ID", "order "+cmp.Or(text(s.OrderID), "of "+s.Reference))
	next := stanceOf(s).next
	steps := make([]string, len(next))
	for i, step := range next {
		steps[i] = strings.TrimSuffix(fill.Replace(step+" "), " ")
	}
	return steps
}

// Ending says in one line how an order ended and why, or why it has not: fit for
// an error.
func Ending(s order.Status) string {
	line := fmt.Sprintf("order %s is %s", s.Reference, s.State)
	if why := Why(s); why != "" {
		line += ": " + why
	}
	return line
}

// Why is what is on record as the reason of an order's state: what it waits for,
// why it was cancelled, which errors there were. "" when there is none.
func Why(s order.Status) string {
	var why []string
	if s.CancelReason != nil {
		why = append(why, *s.CancelReason)
	}
	if s.WaitingFor != nil {
		why = append(why, "waits for "+*s.WaitingFor)
	}
	if s.Error != nil {
		why = append(why, fmt.Sprintf("%s: %s", s.Error.Code, s.Error.Message))
	}
	for i, it := range s.Items {
		// The order's own error may be made of its items' errors.
		if it.Error != nil && (s.Error == nil || !strings.Contains(s.Error.Message, *it.Error)) {
			why = append(why, fmt.Sprintf("item %d (%s): %s", i+1, it.ItemID, *it.Error))
		}
	}
	return strings.Join(why, "; ")
}

func firstItem(s order.Status) string {
	if len(s.Items) == 0 {
		return "ITEM"
	}
	return s.Items[0].ItemID
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
