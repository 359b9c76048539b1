package workflows_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"foxflow/foxreload"
)

// What hostile shows of its orders, and what became of that.

// shown notes what an answer that got through has told.
func (h *hostile) shown(o foxreload.Order) {
	m := h.find(o.ID)
	if m == nil {
		return
	}
	m.looked = true
	if o.Price != nil {
		m.shown.Price = o.Price
	}
	if o.IsMock != nil {
		m.shown.IsMock = o.IsMock
	}
	m.shown.Currency = cmp.Or(o.Currency, m.shown.Currency)
	for _, item := range o.Items {
		for _, code := range item.Codes {
			h.news = append(h.news, func() { m.codes = append(m.codes, string(code)) })
		}
	}
}

// takenIn says whether the attempt that was shown news came to its end with it.
func (h *hostile) takenIn(well bool) {
	for _, remember := range h.news {
		if well {
			remember()
		}
	}
	h.news = nil
}

func (h *hostile) find(id string) *taken {
	for _, m := range h.orders {
		if m.order.ID == id {
			return m
		}
	}
	return nil
}

// see is the order as looks showed it at a time.
func (h *hostile) see(m *taken, at time.Time) foxreload.Order {
	o := m.order
	h.looks++
	o.Items = slices.Clone(o.Items)
	o.Status, o.CancelReason = h.status(m, at)
	if !h.script.Fox.Priceless {
		price := m.price
		o.Price = &price
	}
	for i, codes := range h.codes(m, at) {
		o.Items[i].Codes = codes
	}
	if o.Status == foxreload.StatusFailed {
		o.Items[len(o.Items)-1].Error = "out of stock"
	}
	if turned := h.script.Fox.Turned; turned == "reversed" || turned == "changing" && h.looks%2 == 0 {
		slices.Reverse(o.Items)
	}
	if at.Before(h.oddUntil) && !m.foreign {
		o = strange(o)
	}
	return o
}

// strange is an answer with a status that nobody knows.
func strange(o foxreload.Order) foxreload.Order {
	o.Status, o.CancelReason = "on_hold", ""
	return o
}

// thin is an answer with no more in it than FoxReload promises.
func thin(o foxreload.Order) foxreload.Order {
	return foxreload.Order{ID: o.ID, Status: o.Status, CancelReason: o.CancelReason, PaymentExpiresAt: o.PaymentExpiresAt, IdempotencyKey: o.IdempotencyKey}
}

// codes are what is delivered of each item at a time.
func (h *hostile) codes(m *taken, at time.Time) [][]json.RawMessage {
	life, items := h.script.Life, m.order.Items
	codes := make([][]json.RawMessage, len(items))
	status, _ := h.status(m, at)
	all := status == foxreload.StatusCompleted && at.Sub(m.paid) >= life.EndAfter+life.CodesAfter
	if life.Early && (all || status == foxreload.StatusProcessing || status == foxreload.StatusFailed || status == foxreload.StatusCompleted) {
		codes[0] = append(codes[0], h.code(m, 0, 0))
	}
	for i, item := range items {
		for n := len(codes[i]); all && n < int(item.Quantity); n++ {
			if last := i == len(items)-1 && n == int(item.Quantity)-1; !last || !life.Short {
				codes[i] = append(codes[i], h.code(m, i, n))
			}
		}
	}
	return codes
}

// code is one that tells whose it is.
func (h *hostile) code(m *taken, i, n int) json.RawMessage {
	whose := fmt.Sprintf("%s-%s-%d", m.order.ID, m.order.Items[i].ItemID, n)
	switch {
	case n == 2:
		return json.RawMessage(fmt.Sprintf(`{"pin":%q}`, whose))
	case h.script.Life.Forms && i == 0 && n == 0:
		return json.RawMessage(`"null"`)
	case h.script.Life.Forms:
		return json.RawMessage(fmt.Sprintf("%q", fmt.Sprintf(`[%q]`, whose)))
	}
	return json.RawMessage(fmt.Sprintf("%q", whose))
}

func (h *hostile) status(m *taken, at time.Time) (status foxreload.Status, reason string) {
	life := h.script.Life
	since := at.Sub(m.paid)
	paid := !m.paid.IsZero() && since >= 0
	switch {
	case !m.cancelled.IsZero() && !at.Before(m.cancelled):
		return foxreload.StatusCancelled, m.reason
	case paid && since < life.ShownAfter:
		return foxreload.StatusActive, ""
	case paid && life.End != "" && since >= life.EndAfter:
		if life.End == "cancelled" {
			return foxreload.StatusCancelled, "user_request"
		}
		return foxreload.Status(life.End), ""
	case paid && life.Odd && since >= life.Processing:
		return "screening", ""
	case paid && life.Processing > 0 && since >= life.Processing:
		return foxreload.StatusProcessing, ""
	case paid:
		return foxreload.StatusPaid, ""
	case m.paid.IsZero() && m.order.PaymentExpiresAt != nil && !at.Before(*m.order.PaymentExpiresAt):
		return foxreload.StatusCancelled, "payment_expiration"
	}
	return foxreload.StatusActive, ""
}

// Product is one that the catalogue can't tell: checks are other stories' matter.
func (h *hostile) Product(context.Context, string) (foxreload.Product, error) {
	return foxreload.Product{}, apiError(foxreload.ClassNotFound, foxreload.CodeNotFound)
}
