package workflows_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/activities"
	"foxflow/foxreload"
)

// hostile is FoxReload as a script has it behave, in virtual time. Its money
// ledger is the truth that everything is held against: so it shares nothing with the
// simulator or with upstream, whose mistakes it would repeat.
//
// It is coherent, as the real one must be: an order is paid at most once,
// whatever is said about it, and what it refuses has not happened.
type hostile struct {
	*trial
	balance    decimal.Decimal
	price      decimal.Decimal
	deafUntil  time.Time // refuses the key until then
	awayUntil  time.Time // answers with redirects until then
	pageUntil  time.Time // a proxy answers in its place until then
	oddUntil   time.Time // shows a status that nobody knows until then
	refusing   time.Time // pays are refused from then on, as the script says
	looks      int       // answers that showed an order
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
	mock      bool   // whether it is one, shown or not
	price     decimal.Decimal
	made      time.Time
	paid      time.Time
	cancelled time.Time
	reason    string
	session   bool            // an external provider's
	sent      bool            // a pay of it went out
	looked    bool            // it was looked at since
	shown     foxreload.Order // its price, currency and isMock, as far as answers that got through have told
	codes     []string        // in an answer that was taken in
}

// effect is that of a request which is still on its way.
type effect struct {
	at   time.Time
	pays string // the order that it pays
	told bool   // its request was answered, with something that proves nothing
	do   func(at time.Time)
}

func newHostile(t *trial) *hostile {
	h := &hostile{trial: t, balance: decimal.RequireFromString(t.script.Fox.Balance), price: decimal.RequireFromString("9.55"),
		used: map[string]*taken{}, calls: map[string]int{}, adopted: map[string]bool{}}
	// Bait: like ours in everything but the key, and like ours in nothing else.
	h.make(foxreload.CreateRequest{Items: h.items(), IsMock: t.script.Order.Mock, IdempotencyKey: "somebody-else"}, t.now()).foreign = true
	if t.script.Fox.KeyUsed {
		key := activities.IdempotencyKey(t.ref(), 0, 0)
		theirs := h.make(foxreload.CreateRequest{Items: []foxreload.CreateItem{{ItemID: "product_theirs", Quantity: 1}}, IsMock: t.script.Order.Mock, IdempotencyKey: key}, t.now())
		theirs.foreign, h.used[key] = true, theirs
	}
	return h
}

func (h *hostile) items() (items []foxreload.CreateItem) {
	for _, item := range h.in.Request.Items {
		items = append(items, foxreload.CreateItem{ItemID: item.ItemID, Quantity: item.Quantity})
	}
	return items
}

func (h *hostile) make(r foxreload.CreateRequest, at time.Time) *taken {
	price, mock := h.price, r.IsMock && h.script.Fox.Mock != "ignored"
	m := &taken{made: at, key: r.IdempotencyKey, mock: mock, price: price, order: foxreload.Order{ID: fmt.Sprintf("%s-fox-%d", h.ref(), len(h.orders)), Currency: h.script.Fox.Currency}}
	if h.script.Fox.Mock != "unsaid" {
		m.order.IsMock = &mock
	}
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
	case "behind a proxy":
		h.pageUntil = now.Add(f.For)
	case "page":
		return page
	}
	switch {
	case now.Before(h.deafUntil):
		return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
	case now.Before(h.awayUntil):
		return apiError(foxreload.ClassMisdirected, foxreload.CodeRedirect)
	case now.Before(h.pageUntil):
		return page
	}
	return nil
}

// page is a proxy's: nobody knows whose answer it is.
var page = apiError(foxreload.ClassForeign, "HTTP_404")

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
	case f.Kind == "stale" && h.now().Add(-f.For).Before(m.made):
		return o, apiError(foxreload.ClassNotFound, foxreload.CodeNotFound)
	case f.Kind == "stale":
		return h.see(m, h.now().Add(-f.For)), nil
	case f.Kind == "strange":
		return strange(h.see(m, h.now())), nil
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
			at := h.now()
			if f.Kind == "stale" {
				at = at.Add(-f.For)
			}
			o := h.see(m, at)
			left := filter.Status != "" && filter.Status != o.Status && !h.script.Fox.DeafList
			if (f.Kind == "hidden" && !m.foreign) || left || at.Before(m.made) {
				continue
			}
			if h.script.Fox.ThinList {
				o = thin(o)
			}
			if f.Kind == "strange" {
				o = strange(o)
			}
			h.shown(o)
			if !yield(o, nil) {
				return
			}
		}
	}
}
