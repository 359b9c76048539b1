package simulator

import (
	"maps"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// payOrder answers POST /api/orders/{id}/pay: from the balance, or with a link
// to an external provider.
func (s *Simulator) payOrder(c *call) (answer, error) {
	body, err := c.readBody()
	if err != nil {
		return answer{}, err
	}
	body.only("paymentProvider", "paymentReturnUrl")
	provider, returnURL := body.text("paymentProvider", false), body.text("paymentReturnUrl", false)
	if _, there := body.fields["paymentProvider"]; !there {
		body.wrong("paymentProvider", "missing", "Field required")
	}
	if returnURL != "" && !isWebAddress(returnURL) {
		body.wrong("paymentReturnUrl", "url_parsing", "Input should be a valid URL")
	}
	if err := body.err(); err != nil {
		return answer{}, err
	}
	o, known := s.state.orders[c.path("id")]
	if !known {
		return answer{}, refuse(codeNotFound, "order not found")
	}
	behaviour := recall(o.Behaviour)
	if status := o.at(c.now).Status; status != statusActive || behaviour.pay == payNever {
		return answer{}, refuse(codeNotPayable, "order can't be paid").with("status", status)
	}
	if provider != "" {
		return s.payByProvider(c, o, provider, returnURL)
	}
	return s.payByBalance(c, o, behaviour)
}

// payByBalance debits the balance and starts fulfilment in one change, or
// refuses and leaves the order as the knob or the behaviour says.
func (s *Simulator) payByBalance(c *call, o *order, b Behaviour) (answer, error) {
	available := s.state.balances[o.Currency]
	short := !o.Mock && available.LessThan(o.Price)
	asked := b.pay == payLowKeep || b.pay == payLowCancel
	refusedAt, refused := s.state.refusals[o.Trigger]
	if asked && (!refused || s.state.credits <= refusedAt) {
		short = true
	}
	if short {
		return answer{}, s.refusePay(c, o, b)
	}
	paid := o.copy()
	paid.pay(c.now, c.knobs, b)
	ch := change{Orders: []*order{paid}}
	if !o.Mock {
		ch.Entries = []Entry{{At: c.now, Kind: EntryDebit, Currency: o.Currency, Amount: o.Price, OrderID: o.ID, IdempotencyKey: o.IdempotencyKey}}
	}
	if asked {
		ch.Refusals = map[string]int{o.Trigger: forgotten}
	}
	if err := s.commit(ch); err != nil {
		return answer{}, err
	}
	return ok(c.payJSON(paid, ""))
}

// forgotten takes a refusal out of the state: the next order that asks for one
// is refused again.
const forgotten = -1

func (s *Simulator) refusePay(c *call, o *order, b Behaviour) error {
	var ch change
	if b.pay == payLowKeep || b.pay == payLowCancel {
		ch.Refusals = map[string]int{o.Trigger: s.state.credits}
	}
	if b.pay == payLowCancel || b.pay != payLowKeep && c.knobs.LowBalance == lowBalanceCancel {
		cancelled := o.copy()
		cancelled.replaceFuture(c.now, step{At: c.now, Status: statusCancelled, Reason: reasonPaymentFailure})
		ch.Orders = []*order{cancelled}
	}
	if err := s.commit(ch); err != nil {
		return err
	}
	return lowBalance(o, s.state.balances[o.Currency])
}

// payByProvider hands out a link; the order stays active until it is visited.
// Asking again gives the same link for the same provider.
func (s *Simulator) payByProvider(c *call, o *order, provider, returnURL string) (answer, error) {
	if o.Link == nil || o.Link.Provider != provider {
		linked := o.copy()
		linked.Link = &paymentLink{Token: strings.ReplaceAll(uuid.NewString(), "-", ""), Provider: provider, ReturnURL: returnURL}
		if err := s.commit(change{Orders: []*order{linked}}); err != nil {
			return answer{}, err
		}
		o = linked
	}
	return ok(c.payJSON(o, c.linkTo("/pay/"+o.Link.Token)))
}

// payJSON is pay's answer in the shape of the knob.
func (c *call) payJSON(o *order, link string) map[string]any {
	shown := map[string]any{}
	switch c.knobs.PayAnswer {
	case payAnswerOrder:
		maps.Copy(shown, c.orderJSON(o, true))
	case payAnswerNested:
		shown["order"] = c.orderJSON(o, true)
	case payAnswerMinimal:
		shown["success"] = true
	}
	if link != "" {
		shown[c.knobs.PaymentLinkKey] = link
	}
	return shown
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
