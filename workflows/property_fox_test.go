package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/foxreload"
)

// hostile is FoxReload as a script has it behave, in virtual time. Its money
// ledger is the truth that everything is held against.
//
// It is coherent, as the real one must be: an order is paid at most once,
// whatever is said about it, and what it refuses has not happened.
type hostile struct {
	*trial
	balance    decimal.Decimal
	price      decimal.Decimal
	deafUntil  time.Time // refuses the key until then
	awayUntil  time.Time // answers with redirects until then
	orders     []*taken
	late       []effect
	news       []func()          // codes shown to the present attempt
	used       map[string]*taken // by idempotency key
	calls      map[string]int
	adopted    map[string]bool // by a person, on their own authority
	everyDebit []string        // order ids, one for each debit
	everyPaid  []string        // the same, mock orders too
}

// taken is an order that FoxReload has.
type taken struct {
	order     foxreload.Order
	foreign   bool
	key       string // that it was created with, shown or not
	made      time.Time
	paid      time.Time
	cancelled time.Time
	reason    string
	session   bool             // an external provider's
	sent      bool             // a pay of it went out
	looked    bool             // it was looked at since
	price     *decimal.Decimal // in the last answer that got through
	codes     []string         // in an answer that was taken in
}

// effect is that of a request which is still on its way.
type effect struct {
	at   time.Time
	pays string // the order that it pays
	do   func(at time.Time)
}

func newHostile(t *trial) *hostile {
	h := &hostile{trial: t, balance: decimal.RequireFromString(t.script.Fox.Balance), price: decimal.RequireFromString("9.55"),
		used: map[string]*taken{}, calls: map[string]int{}, adopted: map[string]bool{}}
	// Bait: like ours in everything but the key.
	h.make(foxreload.CreateRequest{Items: h.items(), IsMock: t.script.Order.Mock, IdempotencyKey: "somebody-else"}, t.now()).foreign = true
	return h
}

func (h *hostile) items() (items []foxreload.CreateItem) {
	for _, item := range h.in.Request.Items {
		items = append(items, foxreload.CreateItem{ItemID: item.ItemID, Quantity: item.Quantity})
	}
	return items
}

func (h *hostile) make(r foxreload.CreateRequest, at time.Time) *taken {
	price := h.price
	m := &taken{made: at, key: r.IdempotencyKey, order: foxreload.Order{ID: fmt.Sprintf("%s-fox-%d", h.ref(), len(h.orders)), Price: &price, Currency: "usd", IsMock: &r.IsMock}}
	if h.script.Fox.ShowsKey {
		m.order.IdempotencyKey = r.IdempotencyKey
	}
	if h.script.Fox.Window > 0 {
		ends := at.Add(h.script.Fox.Window)
		m.order.PaymentExpiresAt = &ends
	}
	for _, item := range r.Items {
		m.order.Items = append(m.order.Items, foxreload.Item{ItemID: item.ItemID, Quantity: item.Quantity})
	}
	h.orders = append(h.orders, m)
	return m
}

// next is the fate of this call.
func (h *hostile) next(call string, faults []fault) fault {
	h.land(h.now())
	n := h.calls[call]
	h.calls[call]++
	if n < len(faults) {
		return faults[n]
	}
	return fault{Kind: "fine"}
}

// land has the effects of late requests happen that are due.
func (h *hostile) land(now time.Time) {
	slices.SortStableFunc(h.late, func(a, b effect) int { return a.at.Compare(b.at) })
	for len(h.late) > 0 && !h.late[0].at.After(now) {
		e := h.late[0]
		h.late = h.late[1:]
		e.do(e.at)
	}
}

// gate is what can befall any call before anything is looked at.
func (h *hostile) gate(f fault) error {
	now := h.now()
	switch f.Kind {
	case "passing":
		return &foxreload.Error{Code: foxreload.CodeNoAnswer, Class: foxreload.ClassPassing}
	case "passing 429":
		return &foxreload.Error{Code: "HTTP_429", Status: 429, Class: foxreload.ClassPassing, RetryAfter: min(f.For, 5*time.Minute)}
	case "unauthorised":
		h.deafUntil = now.Add(f.For)
	case "misdirected":
		h.awayUntil = now.Add(f.For)
	}
	switch {
	case now.Before(h.deafUntil):
		return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
	case now.Before(h.awayUntil):
		return apiError(foxreload.ClassMisdirected, foxreload.CodeRedirect)
	}
	return nil
}

func (h *hostile) GetOrder(_ context.Context, id string) (o foxreload.Order, err error) {
	defer h.lock()()
	h.before("get", nil)
	f := h.next("get", h.script.Get)
	defer func() { h.after("get "+short(id), f, o, err) }()
	m := h.find(id)
	switch err := h.gate(f); {
	case err != nil:
		return o, err
	case f.Kind == "malformed":
		return o, &foxreload.Error{Code: foxreload.CodeMalformed, Class: foxreload.ClassPassing}
	case f.Kind == "not found", m == nil:
		return o, apiError(foxreload.ClassNotFound, foxreload.CodeNotFound)
	case f.Kind == "stale":
		return h.see(m, h.now().Add(-f.For)), nil
	case f.Kind == "strange":
		o = h.see(m, h.now())
		o.Status = "on_hold"
		return o, nil
	}
	return h.see(m, h.now()), nil
}

func (h *hostile) ListOrders(_ context.Context, filter foxreload.OrderFilter) iter.Seq2[foxreload.Order, error] {
	return func(yield func(foxreload.Order, error) bool) {
		defer h.lock()()
		h.before("list", nil)
		f := h.next("list", h.script.List)
		err := h.gate(f)
		switch {
		case err != nil:
		case f.Kind == "malformed":
			err = &foxreload.Error{Code: foxreload.CodeMalformed, Class: foxreload.ClassPassing}
		case f.Kind == "not found":
			err = apiError(foxreload.ClassNotFound, foxreload.CodeNotFound)
		}
		h.after("list", f, foxreload.Order{}, err)
		if err != nil {
			yield(foxreload.Order{}, err)
			return
		}
		for _, m := range h.orders {
			o := h.see(m, h.now())
			if (f.Kind == "hidden" && !m.foreign) || (filter.Status != "" && filter.Status != o.Status) {
				continue
			}
			h.shown(o)
			if !yield(o, nil) {
				return
			}
		}
	}
}

// shown notes what an answer that got through has told.
func (h *hostile) shown(o foxreload.Order) {
	m := h.find(o.ID)
	if m == nil {
		return
	}
	m.price, m.looked = o.Price, true
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
	o, life := m.order, h.script.Life
	o.Items = slices.Clone(o.Items)
	o.Status, o.CancelReason = h.status(m, at)
	code := func(i int) json.RawMessage {
		return json.RawMessage(fmt.Sprintf("%q", fmt.Sprintf("code-%s-%d", o.ID, i)))
	}
	switch {
	case o.Status == foxreload.StatusCompleted:
		for i := range o.Items {
			o.Items[i].Codes = []json.RawMessage{code(i), json.RawMessage(`{"pin":"1234"}`)}
		}
	case life.Early && (o.Status == foxreload.StatusProcessing || o.Status == foxreload.StatusFailed):
		o.Items[0].Codes = []json.RawMessage{code(0)}
	}
	if o.Status == foxreload.StatusFailed {
		o.Items[len(o.Items)-1].Error = "out of stock"
	}
	return o
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
