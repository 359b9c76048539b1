package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/foxreload"
)

// stage is a status that an order has reached a while after it was paid.
type stage struct {
	after  time.Duration
	status foxreload.Status
}

var quick = []stage{{0, foxreload.StatusPaid}, {3 * time.Second, foxreload.StatusProcessing}, {20 * time.Second, foxreload.StatusCompleted}}

// upstream is FoxReload as a test scripts it, in virtual time. Only what a story
// sets is special; the rest behaves. It stands in the client's place, and is not the simulator
// behind a client: stories bend what was read, and fail calls by their class, which no
// server can be told to.
type upstream struct {
	mu  sync.Mutex
	now func() time.Time

	balance      decimal.Decimal
	price        decimal.Decimal
	window       time.Duration // payment window; 0: none
	lowCancels   bool          // too low a balance cancels the order
	mockUnsaid   bool          // isMock is not echoed
	stages       []stage
	codes        []json.RawMessage
	itemError    string
	cancelReason string
	link         string
	linkless     bool // an external provider is asked, and its answer holds no link

	// Faults: called before the call has its effect; an error is answered.
	onCreate, onPay, onGet func(n int) error
	onSee                  func(*foxreload.Order) // bends an answer
	listError              error
	loseCreate, losePay    func(n int) bool // the effect happens, the answer is lost

	onProduct func(id string) (foxreload.Product, error)
	onOrder   func(r foxreload.CreateRequest) error // a create is refused for what it says

	orders             []*made
	creates, pays, get int
	asked              int // for products
	unbounded          int // pays without a deadline
	debits             map[string]decimal.Decimal
}

type made struct {
	order  foxreload.Order
	paidAt time.Time
	status foxreload.Status // set by hand; wins
}

func newUpstream(now func() time.Time) *upstream {
	return &upstream{now: now, balance: decimal.NewFromInt(100), price: decimal.RequireFromString("9.55"), stages: quick,
		codes: []json.RawMessage{json.RawMessage(`"AAAA-BBBB"`)}, debits: map[string]decimal.Decimal{}}
}

var errLost = &foxreload.Error{Code: "NO_ANSWER", Class: foxreload.ClassUnknown, Method: "POST", Path: "/api/orders/"}

func apiError(class foxreload.Class, code string) error {
	return &foxreload.Error{Code: code, Class: class, Message: code, Status: 400, Method: "POST", Path: "/api/orders/"}
}

func (u *upstream) CreateOrder(ctx context.Context, r foxreload.CreateRequest) (foxreload.Order, error) {
	if _, err := foxreload.Leave(ctx); err != nil {
		return foxreload.Order{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.creates++
	if u.onCreate != nil {
		if err := u.onCreate(u.creates); err != nil {
			return foxreload.Order{}, err
		}
	}
	if u.onOrder != nil {
		if err := u.onOrder(r); err != nil {
			return foxreload.Order{}, err
		}
	}
	price := u.price
	m := &made{order: foxreload.Order{ID: fmt.Sprintf("fox-%d", len(u.orders)+1), Price: &price, Currency: "usd", IdempotencyKey: r.IdempotencyKey}}
	if !u.mockUnsaid {
		m.order.IsMock = &r.IsMock
	}
	if u.window != 0 {
		ends := u.now().Add(u.window)
		m.order.PaymentExpiresAt = &ends
	}
	for _, item := range r.Items {
		m.order.Items = append(m.order.Items, foxreload.Item{ItemID: item.ItemID, Quantity: item.Quantity})
	}
	u.orders = append(u.orders, m)
	if u.loseCreate != nil && u.loseCreate(u.creates) {
		return foxreload.Order{}, errLost
	}
	return u.see(m), nil
}

func (u *upstream) PayOrder(ctx context.Context, id string, _ foxreload.PayRequest) (foxreload.Payment, error) {
	ctx, err := foxreload.Leave(ctx)
	if err != nil {
		return foxreload.Payment{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pays++
	if _, bounded := ctx.Deadline(); !bounded {
		u.unbounded++
	}
	if u.onPay != nil {
		if err := u.onPay(u.pays); err != nil {
			return foxreload.Payment{}, err
		}
	}
	m := u.find(id)
	if u.see(m).Status != foxreload.StatusActive {
		return foxreload.Payment{}, apiError(foxreload.ClassNotPayable, "ORDER_PAYMENT_NOT_POSSIBLE")
	}
	if u.link != "" || u.linkless {
		raw, _ := json.Marshal(map[string]any{"session": fmt.Sprintf("s-%d", u.pays), "paymentUrl": u.link})
		return foxreload.Payment{Order: u.see(m), Link: u.link, Raw: raw}, nil
	}
	if u.balance.LessThan(*m.order.Price) {
		if u.lowCancels {
			m.status, m.order.CancelReason = foxreload.StatusCancelled, "payment_failure"
		}
		return foxreload.Payment{}, apiError(foxreload.ClassBalance, "BalanceNotEnough")
	}
	u.settle(m)
	if u.losePay != nil && u.losePay(u.pays) {
		return foxreload.Payment{}, errLost
	}
	return foxreload.Payment{Order: u.see(m)}, nil
}

func (u *upstream) settle(m *made) { u.settleIn(m, 0) }

// settleIn has a payment land in a while: until then looks show nothing of it. One that
// comes before it is the one that counts.
func (u *upstream) settleIn(m *made, late time.Duration) {
	at := u.now().Add(late)
	if !m.paidAt.IsZero() {
		if m.paidAt.After(at) {
			m.paidAt = at
		}
		return
	}
	m.paidAt = at
	u.balance = u.balance.Sub(*m.order.Price)
	u.debits[m.order.ID] = u.debits[m.order.ID].Add(*m.order.Price)
}

func (u *upstream) GetOrder(_ context.Context, id string) (foxreload.Order, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.get++
	if u.onGet != nil {
		if err := u.onGet(u.get); err != nil {
			return foxreload.Order{}, err
		}
	}
	m := u.find(id)
	if m == nil {
		return foxreload.Order{}, apiError(foxreload.ClassNotFound, "NOT_FOUND")
	}
	return u.see(m), nil
}

func (u *upstream) ListOrders(_ context.Context, f foxreload.OrderFilter) iter.Seq2[foxreload.Order, error] {
	return func(yield func(foxreload.Order, error) bool) {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.listError != nil {
			yield(foxreload.Order{}, u.listError)
			return
		}
		for _, m := range u.orders {
			if o := u.see(m); (f.Status == "" || f.Status == o.Status) && !yield(o, nil) {
				return
			}
		}
	}
}

func (u *upstream) find(id string) *made {
	for _, m := range u.orders {
		if m.order.ID == id {
			return m
		}
	}
	return nil
}

// see is the order as it stands now.
func (u *upstream) see(m *made) foxreload.Order {
	o := m.order
	o.Status = foxreload.StatusActive
	switch {
	case m.status != "":
		o.Status = m.status
	case !m.paidAt.IsZero():
		for _, s := range u.stages {
			if u.now().Sub(m.paidAt) >= s.after {
				o.Status = s.status
			}
		}
	case o.PaymentExpiresAt != nil && !u.now().Before(*o.PaymentExpiresAt):
		o.Status, o.CancelReason = foxreload.StatusCancelled, "payment_expiration"
	}
	if o.Status == foxreload.StatusCancelled && u.cancelReason != "" && o.CancelReason == "" {
		o.CancelReason = u.cancelReason
	}
	o.Items = append([]foxreload.Item(nil), o.Items...)
	for i := range o.Items {
		switch o.Status {
		case foxreload.StatusCompleted:
			o.Items[i].Codes = u.codes
		case foxreload.StatusFailed:
			o.Items[i].Error = u.itemError
		}
	}
	if u.onSee != nil {
		u.onSee(&o)
	}
	return o
}

// do changes the world from a test's callback.
func (u *upstream) do(f func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f()
}

// Product is not in the catalogue, unless a story puts it there.
func (u *upstream) Product(_ context.Context, id string) (foxreload.Product, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	if u.onProduct != nil {
		return u.onProduct(id)
	}
	return foxreload.Product{}, apiError(foxreload.ClassNotFound, foxreload.CodeNotFound)
}
