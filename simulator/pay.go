package simulator

import (
	"errors"
	"maps"
	"net/url"
	"strings"
	"time"

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
	if !known || !o.there(c.now) {
		return answer{}, refuse(codeNotFound, "order not found")
	}
	behaviour := recall(o.Behaviour)
	if err := s.refuseOutright(c, o, behaviour); err != nil {
		return answer{}, err
	}
	if c.struck.late {
		return s.payLate(c, o)
	}
	if provider != "" {
		return s.payByProvider(c, o, provider, returnURL)
	}
	return s.payByBalance(c, o, behaviour)
}

// refuseOutright refuses a pay before money is looked at: the order can't be paid,
// an earlier pay is under way, or the behaviour or a knob wants it so.
func (s *Simulator) refuseOutright(c *call, o *order, b Behaviour) error {
	status := o.at(c.now).Status
	notPayable := refuse(codeNotPayable, "order can't be paid").with("status", status)
	switch {
	case !b.unpaid.payable(status) || b.pay == payNever:
		return notPayable
	case o.LatePay != nil && c.knobs.LatePayRefusal.Status != 0:
		return c.knobs.LatePayRefusal.error("an earlier payment of this order is in progress")
	case b.pay == payRefused:
		return c.knobs.PayRefusal.error("the payment is refused")
	}
	refusal := c.knobs.PayRefusal.error("the payment is refused")
	times := c.knobs.PayRefusals
	switch b.pay {
	case payRefusedTwice:
		times = 2
	case payNeverTwice:
		refusal, times = notPayable, 2
	}
	if o.Refused >= times {
		return nil
	}
	counted := o.copy()
	counted.Refused++
	if err := s.commit(change{Orders: []*order{counted}}); err != nil {
		return err
	}
	return refusal
}

// payLate takes a pay that lands later: nobody is told.
func (s *Simulator) payLate(c *call, o *order) (answer, error) {
	due := c.now.Add(c.knobs.LatePayFor)
	late := o.copy()
	late.LatePay = &due
	if err := s.commit(change{Orders: []*order{late}}); err != nil {
		return answer{}, err
	}
	return ok(map[string]any{})
}

// receivePays lets pays land whose time has come. What can't be paid then is
// refused, and nobody is told of that either.
func (s *Simulator) receivePays(now time.Time) error {
	for _, id := range sortedKeys(s.state.late) {
		o := s.state.orders[id]
		if o.LatePay.After(now) {
			continue
		}
		c, b := &call{now: *o.LatePay, seen: *o.LatePay, knobs: s.knobs, looks: s.looks}, recall(o.Behaviour)
		var err error
		if b.unpaid.payable(o.at(c.now).Status) {
			_, err = s.payByBalance(c, o, b)
		}
		if refusal := (*apiError)(nil); err != nil && !errors.As(err, &refusal) {
			return err
		}
		if left := s.state.orders[id]; left.LatePay != nil {
			over := left.copy()
			over.LatePay = nil
			if err := s.commit(change{Orders: []*order{over}}); err != nil {
				return err
			}
		}
	}
	return nil
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
