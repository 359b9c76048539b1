package workflows_test

import (
	"context"
	"strings"
	"time"

	"foxflow/activities"
	"foxflow/foxreload"
)

// The two calls of hostile that change anything, and what must be true whenever
// money is about to move.

func (h *hostile) CreateOrder(ctx context.Context, r foxreload.CreateRequest) (o foxreload.Order, err error) {
	if err := h.leave(ctx, "create"); err != nil {
		return o, err
	}
	defer h.lock()()
	if r.IdempotencyKey != "" && !h.ours(r.IdempotencyKey) {
		h.breach("a create carries key %s, which is none of this reference's", r.IdempotencyKey)
	}
	h.before("create", &effect{do: func(at time.Time) { _, _ = h.take(r, at) }})
	f := h.next("create", h.script.Create)
	defer func() { h.after("create", f, o, err) }()
	if err := h.gate(f); err != nil {
		return o, err
	}
	switch f.Kind {
	case "lost after":
		_, _ = h.take(r, h.now())
		return o, errLost
	case "lost before":
		return o, errLost
	case "late":
		h.late = append(h.late, effect{at: h.now().Add(f.For), do: func(at time.Time) { _, _ = h.take(r, at) }})
		return o, errLost
	case "exists":
		return o, &foxreload.Error{Code: foxreload.CodeAlreadyExists, Status: 409, Class: foxreload.ClassExists}
	case "exists elsewhere":
		if !h.script.Fox.ShowsKey {
			break // nobody could tell that it is not ours
		}
		return o, &foxreload.Error{Code: foxreload.CodeAlreadyExists, Status: 409, Class: foxreload.ClassExists, OrderID: h.orders[0].order.ID}
	case "refused":
		return o, apiError(foxreload.ClassFinal, "VALIDATION")
	case "balance":
		return o, apiError(foxreload.ClassBalance, "BalanceNotEnough")
	case "dearer":
		h.price = h.price.Mul(two)
	}
	o, err = h.take(r, h.now())
	switch {
	case err != nil:
		return o, err
	case f.Kind == "strange":
		o = strange(o)
	}
	if h.script.Fox.ThinCreate && !h.find(o.ID).foreign { // nobody could tell that it is not ours
		o = thin(o)
	}
	return o, nil
}

// leave waits in the request budget, which may have no room, and has the request go on
// record as it leaves.
func (h *hostile) leave(ctx context.Context, call string) error {
	if err := h.queue(call); err != nil {
		return err
	}
	_, err := foxreload.Leave(ctx)
	return err
}

func (h *hostile) queue(call string) error {
	defer h.lock()()
	n := h.calls["queue "+call]
	h.calls["queue "+call]++
	if n >= len(h.script.Queue) || h.script.Queue[n] == 0 {
		return nil
	}
	h.tell("%s: the budget has no room", call)
	return &foxreload.ThrottledError{For: h.script.Queue[n]}
}

// take is what a create does when it is carried out.
func (h *hostile) take(r foxreload.CreateRequest, at time.Time) (foxreload.Order, error) {
	if r.IdempotencyKey != "" {
		earlier := h.used[r.IdempotencyKey]
		switch {
		case h.script.Fox.Key == "rejected":
			return foxreload.Order{}, &foxreload.Error{Code: "VALIDATION", Status: 422, Class: foxreload.ClassFinal, Field: foxreload.FieldIdempotencyKey}
		case h.script.Fox.Key == "replayed" && earlier != nil:
			return h.see(earlier, at), nil
		case h.script.Fox.Key == "honoured" && earlier != nil:
			exists := &foxreload.Error{Code: foxreload.CodeAlreadyExists, Status: 409, Class: foxreload.ClassExists}
			if h.script.Fox.NamesOrder {
				exists.OrderID = earlier.order.ID
			}
			return foxreload.Order{}, exists
		}
	}
	m := h.make(r, at)
	h.used[r.IdempotencyKey] = m
	return h.see(m, at), nil
}

func (h *hostile) PayOrder(ctx context.Context, id string, r foxreload.PayRequest) (p foxreload.Payment, err error) {
	if err := h.leave(ctx, "pay"); err != nil {
		return p, err
	}
	defer h.lock()()
	h.mayPay(id)
	h.before("pay", &effect{pays: id, do: func(at time.Time) { _ = h.pay(id, r, at) }})
	f := h.next("pay", h.script.Pay)
	defer func() { h.after("pay "+short(id), f, p.Order, err) }()
	if err := h.gate(f); err != nil {
		return p, err
	}
	switch f.Kind {
	case "lost before":
		return p, errLost
	case "late":
		h.late = append(h.late, effect{at: h.now().Add(f.For), pays: id, do: func(at time.Time) { _ = h.pay(id, r, at) }})
		return p, errLost
	case "409 late", "page late":
		h.late = append(h.late, effect{at: h.now().Add(f.For), pays: id, told: true, do: func(at time.Time) { _ = h.pay(id, r, at) }})
		return p, refused[strings.TrimSuffix(f.Kind, " late")]
	}
	m := h.find(id)
	if err := h.refuses(m, f.Kind); f.Kind != "lost after" && err != nil {
		return p, err
	}
	err = h.pay(id, r, h.now())
	switch {
	case f.Kind == "lost after":
		return p, errLost
	case err != nil:
		return p, err
	}
	if f.Kind == "silent" {
		return p, nil
	}
	p.Order = h.see(m, h.now())
	if f.Kind == "strange" {
		p.Order = strange(p.Order)
	}
	if r.Provider != "" {
		p.Link = "https://pay.example/" + id
	}
	return p, nil
}

// refused are the ways in which a pay is refused that nobody lists, and those that are.
var refused = map[string]error{
	"409": refusedPay(409, "PAYMENT_IN_PROGRESS"), "423": refusedPay(423, "ORDER_LOCKED"), "402": refusedPay(402, "INSUFFICIENT_FUNDS"),
	"refused": apiError(foxreload.ClassFinal, "VALIDATION"), "page": page,
	"not payable": apiError(foxreload.ClassNotPayable, foxreload.CodePaymentNotPossible),
	"not found":   apiError(foxreload.ClassNotFound, foxreload.CodeNotFound),
	"balance":     apiError(foxreload.ClassBalance, "BalanceNotEnough"),
}

// refuses is how a pay is refused, which then is not carried out.
func (h *hostile) refuses(m *taken, kind string) error {
	fox, now := h.script.Fox, h.now()
	payable := m.paid.IsZero() && !m.session
	for _, e := range h.late {
		if e.pays == m.order.ID && fox.Busy != "" {
			return refused[fox.Busy]
		}
	}
	switch status, _ := h.status(m, now); {
	case status != foxreload.StatusActive:
		return nil
	case !payable && fox.Busy != "":
		return refused[fox.Busy] // it is paid, and does not show it yet
	case !payable:
		return nil
	}
	if h.refusing.IsZero() {
		h.refusing = now
	}
	switch {
	case fox.Refuses == codesInTurn && now.Sub(h.refusing) < fox.RefusesFor:
		return refused[[]string{"409", "423", "402"}[h.calls["pay"]%3]]
	case now.Sub(h.refusing) < fox.RefusesFor:
		return refused[fox.Refuses]
	}
	return refused[kind] // of an order that could be paid
}

// pay is what a pay does when it is carried out.
func (h *hostile) pay(id string, r foxreload.PayRequest, at time.Time) error {
	m := h.find(id)
	if status, _ := h.status(m, at); status != foxreload.StatusActive || !m.paid.IsZero() {
		return apiError(foxreload.ClassNotPayable, foxreload.CodePaymentNotPossible)
	}
	if r.Provider != "" {
		m.session = true
		return nil
	}
	return h.debit(m, at, true)
}

func (h *hostile) debit(m *taken, at time.Time, fromBalance bool) error {
	if !m.mock && fromBalance {
		if h.balance.LessThan(m.price) {
			if h.script.Fox.LowCancels {
				m.cancelled, m.reason = at, "payment_failure"
			}
			return apiError(foxreload.ClassBalance, "BalanceNotEnough")
		}
		h.balance = h.balance.Sub(m.price)
	}
	if h.cancelled {
		h.breach("%s is paid, and a person was told that it is cancelled", short(m.order.ID))
	}
	m.paid = at
	h.everyPaid = append(h.everyPaid, m.order.ID)
	if !m.mock {
		h.everyDebit = append(h.everyDebit, m.order.ID)
	}
	h.tell("        %s is paid", short(m.order.ID))
	return nil
}

// mayPay is asked at the moment in which a pay goes out.
func (h *hostile) mayPay(id string) {
	if h.cancelled {
		h.breach("%s is paid, and a person was told that it is cancelled", short(id))
	}
	h.land(h.now())
	owner, pinned, err := h.book.Pins.OwnerOf(h.ctx, id)
	if err != nil || !pinned || owner != h.ref() {
		h.breach("%s is paid without its pin on record: %v", short(id), err)
	}
	intent, err := h.book.Payments.Intent(h.ctx, id)
	if err != nil || intent.Begun.IsZero() || intent.Voided {
		h.breach("%s is paid without an intent that stands: %v", short(id), err)
	}
	for _, e := range h.late {
		if soon := e.told && (e.pays == id || !h.inTime(e)); e.pays != "" && !soon { // one that was answered is repeated soon
			h.breach("%s is paid while a pay of %s is on its way", short(id), short(e.pays))
		}
	}
	for _, paid := range h.everyPaid {
		if paid != id {
			h.breach("%s is paid beside %s", short(id), short(paid))
		}
	}
	m := h.find(id)
	if m != nil && m.sent && !m.looked {
		h.breach("%s is paid again without a look", short(id))
	}
	if m != nil {
		m.sent, m.looked = true, false
	}
	if m == nil || (!h.adopted[id] && (m.foreign || (m.key != "" && !h.ours(m.key)))) {
		h.breach("%s is paid, which is not ours", short(id))
	}
	if m != nil {
		h.asAgreed(m)
	}
}

// asAgreed holds what was shown of an order that is paid against what was asked for.
func (h *hostile) asAgreed(m *taken) {
	r, shown := h.in.Request, m.shown
	switch {
	case r.MaxPrice != nil && (shown.Price == nil || shown.Price.GreaterThan(*r.MaxPrice)):
		h.breach("%s is paid though the last price seen is not %s or less", short(m.order.ID), r.MaxPrice)
	case r.MaxPrice != nil && r.MaxPriceCurrency != "" && shown.Currency != "" && shown.Currency != r.MaxPriceCurrency:
		h.breach("%s is paid in %s, and its highest price is in %s", short(m.order.ID), shown.Currency, r.MaxPriceCurrency)
	case shown.IsMock != nil && *shown.IsMock != r.Mock, shown.IsMock == nil && m.order.IsMock != nil && m.mock != r.Mock:
		h.breach("%s is paid, and isMock is %t", short(m.order.ID), m.mock)
	}
}

// ours says whether a key is one that this reference may send: derived from the
// reference and what the ledger remembers, whatever was reset.
func (h *hostile) ours(key string) bool {
	for replacement := range 60 {
		for fresh := range 6 {
			if key == activities.IdempotencyKey(h.ref(), replacement, fresh) {
				return true
			}
		}
	}
	return false
}
