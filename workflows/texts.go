package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"foxflow/order"
)

// What a waiting order waits for, in words for a person, and whether that ends
// by itself.
const (
	waitTopUp   = "a top-up: the balance is too low; goes on by itself within a minute or so once the balance covers it, at once after: starter top-up REFERENCE"
	waitPayment = "the payment through the provider's link; ends by itself when it is paid or the payment window is over"
	waitNoLink  = "the payment at the provider, whose answer held no link: look for it in FoxReload's dashboard; ends by itself when it is paid or the payment window is over"
	waitPaused  = "the release of payments, which are held; goes on by itself after: starter resume"
	waitLimit   = "the next day: payments have reached FOXFLOW_DAILY_LIMIT; goes on by itself after midnight UTC, or once the limit is raised"
	waitStalled = "the delivery, which is late: the order is paid; it is watched on and ends by itself when FoxReload delivers; else ask FoxReload's support, do not order again"
	waitKey     = "a valid API key: FoxReload refuses the present one or this address; goes on by itself once it is accepted"
	waitAddress = "the right address: FoxReload answered with a redirect elsewhere; goes on by itself once FOXRELOAD_BASE_URL is right"
	waitExists  = "a person's decision: FoxReload says that this order exists, and it can't be found; nothing was paid. Look for it in FoxReload's dashboard, then run starter resolve REFERENCE with --adopt ORDER_ID (go on with that order), --retry (create it anew under a fresh key; the other expires unpaid) or --abort (end as cancelled)"
	waitGuard   = "a person's decision: the ledger forbids to pay this order; nothing more is paid. The error names the order in its way; run starter resolve REFERENCE with --adopt ORDER_ID (go on with that order), --retry (try again as it stands) or --abort (end as cancelled)"
)

func waitsForPayment(s order.Status) string {
	if s.PaymentURL == nil {
		return waitNoLink
	}
	return waitPayment
}

// addressed names the order in a text for a person.
func addressed(text, reference string) string {
	return strings.ReplaceAll(text, "REFERENCE", reference)
}

// show sets the text that the Web UI shows for the running order.
func (o *run) show(ctx workflow.Context) {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** · order %s", o.status.State, words(o.orderID(), "not created yet"))
	if o.status.Price != nil {
		fmt.Fprintf(&b, " · %s %s", *o.status.Price, words(deref(o.status.Currency), ""))
	}
	if o.status.WaitingFor != nil {
		fmt.Fprintf(&b, "\n\nWaits for %s", *o.status.WaitingFor)
	}
	if o.status.PaymentURL != nil && o.status.State == order.AwaitingPayment {
		fmt.Fprintf(&b, "\n\nPay here: %s", *o.status.PaymentURL)
		if o.status.PaymentExpiresAt != nil {
			fmt.Fprintf(&b, " (before %s)", o.status.PaymentExpiresAt.UTC().Format("2006-01-02 15:04:05 UTC"))
		}
	}
	if o.status.CancelReason != nil {
		fmt.Fprintf(&b, "\n\nReason: %s", *o.status.CancelReason)
	}
	if o.status.Error != nil {
		fmt.Fprintf(&b, "\n\n%s: %s", o.status.Error.Code, o.status.Error.Message)
	}
	fmt.Fprintf(&b, "\n\n%s", strings.Join(o.timeline, " → "))
	workflow.SetCurrentDetails(ctx, b.String())
}

func words(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
