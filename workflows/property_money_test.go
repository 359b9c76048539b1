package workflows_test

import (
	"context"
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
	return h.take(r, h.now())
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
	return &foxreload.HeldError{For: h.script.Queue[n]}
}

// take is what a create does when it is carried out.
func (h *hostile) take(r foxreload.CreateRequest, at time.Time) (foxreload.Order, error) {
	if r.IdempotencyKey != "" {
		earlier := h.used[r.IdempotencyKey]
		switch {
		case h.script.Fox.Key == "rejected":
			return foxreload.Order{}, &foxreload.Error{Code: "VALIDATION", Status: 422, Class: foxreload.ClassFinal, Field: foxreload.FieldIdempotencyKey}
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
	m := h.find(id)
	if status, _ := h.status(m, h.now()); status == foxreload.StatusActive && m.paid.IsZero() && !m.session {
		// What is refused so is an order that could be paid.
		switch f.Kind {
		case "not payable":
			return p, apiError(foxreload.ClassNotPayable, foxreload.CodePaymentNotPossible)
		case "refused":
			return p, apiError(foxreload.ClassFinal, "VALIDATION")
		case "balance":
			return p, apiError(foxreload.ClassBalance, "BalanceNotEnough")
		}
	}
	switch f.Kind {
	case "lost before":
		return p, errLost
	case "late":
		h.late = append(h.late, effect{at: h.now().Add(f.For), pays: id, do: func(at time.Time) { _ = h.pay(id, r, at) }})
		return p, errLost
	}
	err = h.pay(id, r, h.now())
	switch {
	case f.Kind == "lost after":
		return p, errLost
	case err != nil:
		return p, err
	}
	p.Order = h.see(m, h.now())
	if r.Provider != "" {
		p.Link = "https://pay.example/" + id
	}
	return p, nil
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
	mock := h.script.Order.Mock
	if !mock && fromBalance {
		if h.balance.LessThan(*m.order.Price) {
			if h.script.Fox.LowCancels {
				m.cancelled, m.reason = at, "payment_failure"
			}
			return apiError(foxreload.ClassBalance, "BalanceNotEnough")
		}
		h.balance = h.balance.Sub(*m.order.Price)
	}
	m.paid = at
	h.everyPaid = append(h.everyPaid, m.order.ID)
	if !mock {
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
	owner, pinned, err := h.book.OwnerOf(h.ctx, id)
	if err != nil || !pinned || owner != h.ref() {
		h.breach("%s is paid without its pin on record: %v", short(id), err)
	}
	intent, err := h.book.PaymentIntent(h.ctx, id)
	if err != nil || intent.Begun.IsZero() || intent.Voided {
		h.breach("%s is paid without an intent that stands: %v", short(id), err)
	}
	for _, e := range h.late {
		if e.pays != "" {
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
	if most := h.in.Request.MaxPrice; m != nil && most != nil && (m.price == nil || m.price.GreaterThan(*most)) {
		h.breach("%s is paid though the last price seen is above %s", short(id), most)
	}
}

// ours says whether a key is one that this reference may send: derived from the
// reference and what the ledger remembers, whatever was reset.
func (h *hostile) ours(key string) bool {
	for replacement := range 30 {
		for fresh := range 6 {
			if key == activities.IdempotencyKey(h.ref(), replacement, fresh) {
				return true
			}
		}
	}
	return false
}
