package story

import (
	"slices"
	"strings"

	"foxflow/order"
)

// wait is one thing that an order can wait for: the words for it, which say whether it
// ends by itself or needs a person's decision, and the stance of an order that waits so.
// The words never say that nothing is paid: a payment may be in doubt in any wait.
type wait struct {
	state order.State
	code  order.Wait
	when  func(order.Status) bool // nil: always
	words string
	stance
}

// alreadyExists is FoxReload's code for an order that it has and that foxflow can't find.
const alreadyExists = "ORDER_ALREADY_EXISTS"

// waits are all waits; of several with one code the first that fits is meant.
var waits = []wait{
	{order.Queued, order.WaitTurn, held(order.WaitTopUp),
		"its turn, which comes once there is money: orders wait for a top-up; {TURN}; begins by itself, in the order of placing",
		stance{notMade, []Action{{"starter top-up --all", "once the balance is raised"},
			{"starter list --state awaiting_topup", "how much is missing, for all that wait"}}, []Action{cancelIt}}},
	{order.Queued, order.WaitTurn, held(order.WaitResume),
		"its turn, which comes once payments are made again: they are switched off; {TURN}; begins by itself after: starter resume",
		stance{notMade, []Action{{"starter resume", "for all orders"}}, []Action{cancelIt}}},
	{order.Queued, order.WaitTurn, held(""),
		"its turn: {TURN}; it begins by itself, as the request budget can carry it",
		stance{notMade, []Action{followIt}, []Action{cancelIt}}},
	{order.Queued, order.WaitTurn, nil,
		"its turn: more orders are placed than can be begun; it begins by itself, in the order of placing",
		stance{notMade, []Action{followIt}, []Action{cancelIt}}},

	{order.AwaitingTopUp, order.WaitTopUp, nil,
		"a top-up: the balance is too low; goes on by itself within a minute or so once the balance covers it, at once after: starter top-up {R}",
		stance{unpaid, []Action{{"starter top-up {R}", "once the balance is raised"},
			{"starter list --state awaiting_topup", "how much is missing, for all that wait"}}, []Action{cancelIt}}},

	{order.AwaitingPayment, order.WaitPaymentLink, func(s order.Status) bool { return s.PaymentURL != nil },
		"the payment through the provider's link; ends by itself when it is paid or the payment window is over",
		stance{"The payment link is out.", []Action{{"", "open the payment link"}, followIt}, nil}},
	{order.AwaitingPayment, order.WaitPaymentLink, nil,
		"the payment at the provider, whose answer held no link: look for it in FoxReload's dashboard; ends by itself when it is paid or the payment window is over",
		stance{"The payment is asked for at the provider.", []Action{{"", "look for the payment of order {ID} in FoxReload's dashboard"}, followIt}, nil}},

	{order.Paused, order.WaitResume, nil,
		"the release of payments, which are paused; goes on by itself after: starter resume",
		stance{unpaid, []Action{{"starter resume", "for all orders"}}, []Action{cancelIt}}},
	{order.Paused, order.WaitNextDay, order.Status.AboveDailyLimit,
		"a higher limit: the order alone is above FOXFLOW_DAILY_LIMIT, so that no other day lets it through; goes on by itself once the limit is raised",
		stance{unpaid, []Action{{"", "raise FOXFLOW_DAILY_LIMIT and restart the workers"}}, []Action{cancelIt}}},
	{order.Paused, order.WaitNextDay, func(s order.Status) bool {
		return s.Error != nil && s.Error.Code == order.CodeDailyLimit && s.Price == nil
	},
		"a price: FoxReload does not say what the order costs, so that it can't be counted towards FOXFLOW_DAILY_LIMIT, on no day; goes on by itself once that is not set",
		stance{unpaid, []Action{{"", "leave FOXFLOW_DAILY_LIMIT out and restart the workers, for as long as it takes"}}, []Action{cancelIt}}},
	{order.Paused, order.WaitNextDay, nil,
		"the next day: payments have reached FOXFLOW_DAILY_LIMIT; goes on by itself after midnight UTC, or once the limit is raised",
		stance{unpaid, []Action{{"", "raise FOXFLOW_DAILY_LIMIT and restart the workers, or leave it"}}, []Action{cancelIt}}},
	{order.Paused, order.WaitLimitCurrency, nil,
		"a daily limit in the order's currency{CURRENCY}: FOXFLOW_DAILY_LIMIT names none; goes on by itself once it does",
		stance{unpaid, []Action{{"", "name the currency in FOXFLOW_DAILY_LIMIT and restart the workers"}}, []Action{cancelIt}}},

	{order.Stalled, order.WaitDelivery, nil,
		"the delivery, which is late: the order is paid; it is watched on and ends by itself when FoxReload delivers; else ask FoxReload's support, do not order again",
		stance{"Money is out, and codes may still come.", []Action{followIt, support}, nil}},
	{order.Stalled, order.WaitCodes, nil,
		"its codes: FoxReload calls the order completed, and not all of them are there; they may still come: it is watched on and ends by itself; do not order again, ask FoxReload's support; once it has ended, starter recheck {R} looks again",
		stance{"FoxReload says that it has delivered, and codes may still come.",
			[]Action{followIt, support, {"starter recheck {R}", "later, once it has ended: looks again for codes"}}, nil}},

	{order.Blocked, order.WaitKey, nil,
		"a valid API key: FoxReload refuses the present one or this address; goes on by itself once it is accepted",
		stance{"FoxReload does not let us in.",
			[]Action{{"", "mend FOXRELOAD_API_KEY, or the key's list of addresses in FoxReload's dashboard, and restart the workers"}, {"starter balance", "tries the key of this shell"}},
			[]Action{stopIt}}},
	{order.Blocked, order.WaitAddress, nil,
		"the right address: what answers there is a redirect, or not FoxReload's API; goes on by itself once FOXRELOAD_BASE_URL is right, or whatever stands in between lets us through",
		stance{"FoxReload is not where foxflow asks.",
			[]Action{{"", "mend FOXRELOAD_BASE_URL and restart the workers, or mend the proxy in between"}, {"starter balance", "tries the address of this shell"}},
			[]Action{stopIt}}},
	{order.Blocked, order.WaitPaymentRefused, nil,
		"a payment that gets through: FoxReload refuses it ({CODE}); it is tried on by itself, and the order goes on as soon as a payment gets through or FoxReload shows it paid",
		stance{"FoxReload refuses to take the payment; the error says why.",
			[]Action{{"", "mend what the error names, or ask FoxReload's support about order {ID}"}, followIt}, []Action{stopIt}}},

	{order.Blocked, order.WaitDecision, failedWith(alreadyExists),
		"a person's decision: FoxReload says that this order exists, and it can't be found; look for it in FoxReload's dashboard",
		stance{unpaid, []Action{
			{resolveIt + "--adopt ORDER_ID", "you found it in FoxReload's dashboard: go on with that order"}, createAnew}, []Action{abort}}},
	{order.Blocked, order.WaitDecision, failedWith(order.CodeGuard),
		"a person's decision: the ledger forbids to pay this order; the error names the order in its way",
		stance{"Nothing more is paid before a person decides.", []Action{
			{resolveIt + "--adopt ORDER_ID", "go on with the order that the error names"},
			{resolveIt + "--retry", "try again as it stands"}}, []Action{abort}}},
	{order.Blocked, order.WaitDecision, failedWith(order.CodeNotOurs),
		"a person's decision: the order that FoxReload has under our key is not what was asked for; the error names what differs",
		stance{"foxflow pays nothing for it and stores no code of it before a person decides.", []Action{createAnew}, []Action{abort}}},
	{order.Blocked, order.WaitDecision, failedWith(order.CodeNotFound),
		"a person's decision: FoxReload no longer knows the order that is to be paid; look for it in FoxReload's dashboard",
		stance{"foxflow pays nothing for it before a person decides.", []Action{
			{resolveIt + "--adopt ORDER_ID", "you found it in FoxReload's dashboard: go on with that order"},
			{resolveIt + "--retry", "look for it again, and pay it when it is there"}}, []Action{abort}}},
	{order.Blocked, order.WaitDecision, nil,
		"a person's decision: the error says about what",
		stance{"foxflow pays nothing for it before a person decides.", []Action{
			{resolveIt + "--adopt ORDER_ID", "go on with that order"},
			{resolveIt + "--retry", "try again"}}, []Action{abort}}},
}

// notMade is what a queued order's state means.
const notMade = "No order was made of it yet. " + unpaid

// held chooses the queued orders whose turn was worked out, and that are held by that; "":
// by nothing.
func held(by order.Wait) func(order.Status) bool {
	return func(s order.Status) bool { return s.Turn != nil && s.Turn.Held == by }
}

func failedWith(code string) func(order.Status) bool {
	return func(s order.Status) bool { return s.Error != nil && s.Error.Code == code }
}

// waitOf finds what an order waits for. A code of another version is not known.
func waitOf(s order.Status) (wait, bool) {
	if s.WaitingForCode == nil {
		return wait{}, false
	}
	i := slices.IndexFunc(waits, func(w wait) bool {
		return w.state == s.State && w.code == *s.WaitingForCode && (w.when == nil || w.when(s))
	})
	if i < 0 {
		return wait{}, false
	}
	return waits[i], true
}

// asksDecision says whether only "starter resolve" takes the order on.
func asksDecision(s order.Status) bool {
	return s.WaitingForCode != nil && *s.WaitingForCode == order.WaitDecision
}

// WaitingFor is what an order waits for in words, and whether that ends by itself or
// needs a person's decision; "" when it waits for nothing.
func WaitingFor(s order.Status) string {
	w, known := waitOf(s)
	if !known {
		return ""
	}
	words := w.words
	if strange(s) {
		words = "a status of FoxReload's that is known: it is looked at until then"
	}
	if asksDecision(s) {
		words += "; run " + strings.TrimSpace(resolveIt) + " with " + choices(w.allowed(s))
	}
	if InDoubt(s) {
		words += "; meanwhile foxflow looks for a payment that was sent, as its outcome is not known yet"
	}
	return filler(s).Replace(words)
}

// Worded is s with the words for what it waits for made anew from the code: those on
// record are of the version that wrote them.
func Worded(s order.Status) order.Status {
	if words := WaitingFor(s); words != "" {
		s.WaitingFor = &words
	}
	return s
}

// choices are the ways to decide: "--adopt ORDER_ID (…), --retry (…) or --abort (…)".
func choices(actions []Action) string {
	var all []string
	for _, a := range actions {
		if flags, decides := strings.CutPrefix(a.Command, resolveIt); decides {
			all = append(all, flags+" ("+a.Text+")")
		}
	}
	if last := len(all) - 1; last > 0 {
		return strings.Join(all[:last], ", ") + " or " + all[last]
	}
	return strings.Join(all, "")
}
