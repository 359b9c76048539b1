package story

import "foxflow/order"

// Wait names something that an order can wait for.
type Wait string

// The things that an order can wait for.
const (
	WaitTopUp    Wait = "top-up"
	WaitPayment  Wait = "payment"  // through the provider's link
	WaitNoLink   Wait = "no-link"  // at the provider, whose answer held no link
	WaitResume   Wait = "resume"   // payments are switched off
	WaitNextDay  Wait = "next-day" // the daily limit is reached
	WaitDelivery Wait = "delivery" // paid, and late
	WaitKey      Wait = "key"      // FoxReload refuses the key, or this address
	WaitAddress  Wait = "address"  // FoxReload is not where we ask
	WaitExists   Wait = "exists"   // a decision: our order exists and can't be found
	WaitGuard    Wait = "guard"    // a decision: another order of the reference may be paid
)

// Waits lists all of them.
func Waits() []Wait {
	return []Wait{WaitTopUp, WaitPayment, WaitNoLink, WaitResume, WaitNextDay, WaitDelivery, WaitKey, WaitAddress, WaitExists, WaitGuard}
}

// wait is what goes on record as what an order waits for, whether that ends by
// itself included, and the stance of an order that waits for it.
type wait struct {
	state order.State
	words string
	stance
}

const unpaid = "Nothing is paid."

var waits = map[Wait]wait{
	WaitTopUp: {order.AwaitingTopUp,
		"a top-up: the balance is too low; goes on by itself within a minute or so once the balance covers it, at once after: starter top-up {R}",
		stance{unpaid, []Step{{"starter top-up {R}", "once the balance is raised"},
			{"starter list --state awaiting_topup", "how much is missing, for all that wait"}, cancelIt}}},
	WaitPayment: {order.AwaitingPayment,
		"the payment through the provider's link; ends by itself when it is paid or the payment window is over",
		stance{"The payment link is out.", []Step{{"", "open the payment link"}, followIt}}},
	WaitNoLink: {order.AwaitingPayment,
		"the payment at the provider, whose answer held no link: look for it in FoxReload's dashboard; ends by itself when it is paid or the payment window is over",
		stance{"The payment is asked for at the provider.", []Step{{"", "look for the payment of order {ID} in FoxReload's dashboard"}, followIt}}},
	WaitResume: {order.Paused,
		"the release of payments, which are held; goes on by itself after: starter resume",
		stance{unpaid, []Step{{"starter resume", "for all orders"}, cancelIt}}},
	WaitNextDay: {order.Paused,
		"the next day: payments have reached FOXFLOW_DAILY_LIMIT; goes on by itself after midnight UTC, or once the limit is raised",
		stance{unpaid, []Step{{"", "raise FOXFLOW_DAILY_LIMIT and restart the workers, or leave it"}, cancelIt}}},
	WaitDelivery: {order.Stalled,
		"the delivery, which is late: the order is paid; it is watched on and ends by itself when FoxReload delivers; else ask FoxReload's support, do not order again",
		stance{"Money is out, and codes may still come.", []Step{followIt, support}}},
	WaitKey: {order.Blocked,
		"a valid API key: FoxReload refuses the present one or this address; goes on by itself once it is accepted",
		stance{"FoxReload does not let us in.", []Step{{"", "mend FOXRELOAD_API_KEY, or the key's list of addresses in FoxReload's dashboard, and restart the workers"}, {"starter balance", "tries the key of this shell"},
			{"starter cancel {R}", "stop it, as long as nothing is paid"}}}},
	WaitAddress: {order.Blocked,
		"the right address: FoxReload answered with a redirect elsewhere; goes on by itself once FOXRELOAD_BASE_URL is right",
		stance{"FoxReload is not where foxflow asks.", []Step{{"", "mend FOXRELOAD_BASE_URL and restart the workers"}, {"starter balance", "tries the address of this shell"}}}},
	WaitExists: {order.Blocked,
		"a person's decision: FoxReload says that this order exists, and it can't be found; nothing was paid. Look for it in FoxReload's dashboard, then run starter resolve {R} with --adopt ORDER_ID (go on with that order), --retry (create it anew under a fresh key; the other expires unpaid) or --abort (end as cancelled)",
		stance{unpaid, []Step{
			{"starter resolve {R} --adopt ORDER_ID", "you found it in FoxReload's dashboard: go on with that order"},
			{"starter resolve {R} --retry", "create it anew under a fresh key; the other expires unpaid"}, abort}}},
	WaitGuard: {order.Blocked,
		"a person's decision: the ledger forbids to pay this order; nothing more is paid. The error names the order in its way; run starter resolve {R} with --adopt ORDER_ID (go on with that order), --retry (try again as it stands) or --abort (end as cancelled)",
		stance{"Nothing more is paid before a person decides.", []Step{
			{"starter resolve {R} --adopt ORDER_ID", "go on with the order that the error names"},
			{"starter resolve {R} --retry", "try again as it stands"}, abort}}},
}

var abort = Step{"starter resolve {R} --abort", "end it as cancelled"}

// WaitingFor is what goes on record, and is shown, as what an order waits for.
func WaitingFor(w Wait, reference string) string {
	return filler(order.Status{Reference: reference}).Replace(waits[w].words)
}

// waitOf finds what an order waits for by the words on record. Words of an earlier
// version are not known any more.
func waitOf(s order.Status) (wait, bool) {
	for _, w := range Waits() {
		if found := waits[w]; s.WaitingFor != nil && found.state == s.State && *s.WaitingFor == WaitingFor(w, s.Reference) {
			return found, true
		}
	}
	return wait{}, false
}
