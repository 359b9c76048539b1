package simulator

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// OrderRecord is an order as the simulator's owner sees it: the truth, whatever
// the knobs show to clients.
type OrderRecord struct {
	ID             string          `json:"id"`
	Status         string          `json:"status"`
	CancelReason   string          `json:"cancelReason,omitempty"`
	IdempotencyKey string          `json:"idempotencyKey,omitempty"`
	Mock           bool            `json:"isMock"`
	Price          decimal.Decimal `json:"price"`
	Currency       string          `json:"currency"`
	Behaviour      string          `json:"behaviour"`
	Provider       string          `json:"provider,omitempty"`
	CreatedAt      time.Time       `json:"createdAt"`
	ExpiresAt      time.Time       `json:"paymentExpiresAt"`
	Items          []ItemRecord    `json:"items"`
}

// ItemRecord is one item of an OrderRecord; ExternalData is as clients see it.
type ItemRecord struct {
	ItemID       string          `json:"itemId"`
	Quantity     int64           `json:"quantity"`
	Price        decimal.Decimal `json:"price"`
	ExternalData any             `json:"externalData"`
}

// Orders lists every order, oldest first.
func (s *Simulator) Orders() []OrderRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	list := make([]OrderRecord, 0, len(s.state.sequence))
	for _, id := range s.state.sequence {
		list = append(list, s.state.orders[id].record(now))
	}
	return list
}

func (o *order) record(now time.Time) OrderRecord {
	present := o.at(now)
	r := OrderRecord{ID: o.ID, Status: present.Status, CancelReason: present.Reason, IdempotencyKey: o.IdempotencyKey, Mock: o.Mock,
		Price: o.Price, Currency: o.Currency, Behaviour: o.Behaviour, CreatedAt: o.CreatedAt, ExpiresAt: o.ExpiresAt}
	if o.Link != nil {
		r.Provider = o.Link.Provider
	}
	for i, codes := range o.delivered(present) {
		item := o.Items[i]
		r.Items = append(r.Items, ItemRecord{ItemID: item.ItemID, Quantity: item.Quantity, Price: item.Price, ExternalData: o.externalData(present, i, codes)})
	}
	return r
}

// MoveOrder lets an order take a status now and stay there: a stuck one
// completes, one is cancelled in the dashboard. It moves no money, and what has
// ended stays ended.
func (s *Simulator) MoveOrder(id, status, reason string) error {
	if !slices.Contains(statuses, status) || status == statusActive {
		return fmt.Errorf("move order: %q is none of paid, processing, completed, cancelled, failed", status)
	}
	if reason != "" && (status != statusCancelled || !slices.Contains([]string{reasonPaymentFailure, reasonPaymentExpiration, reasonUserRequest}, reason)) {
		return fmt.Errorf("move order: reason %q goes with no status; only cancelled has one: payment_failure, payment_expiration or user_request", reason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, known := s.state.orders[id]
	if !known {
		return fmt.Errorf("move order: there is no order %q", id)
	}
	now := s.now()
	present := o.at(now)
	if terminal(present.Status) {
		return fmt.Errorf("move order %s: it is %s, which is an end", id, present.Status)
	}
	next := step{At: now, Status: status, Reason: reason, Codes: present.Codes}
	switch status {
	case statusCompleted:
		next.Codes = o.deliverables()
	case statusFailed:
		next.Error = supplierError
	}
	moved := o.copy()
	moved.replaceFuture(now, next)
	return s.commit(change{Orders: []*order{moved}})
}

// HoldOrder lets an order show a status from now on, known or not, for a while (0:
// for good). Then it goes on where it was, with all that is to come so much later.
func (s *Simulator) HoldOrder(id, status string, length time.Duration) error {
	if status == "" || slices.Contains(statuses, status) {
		return fmt.Errorf("hold order: %q is no status that nobody knows; write e.g. on_hold, or move the order", status)
	}
	return s.changeOrder("hold", id, func(o *order, now time.Time) {
		present := o.at(now)
		future := []step{{At: now, Status: status, Codes: present.Codes}}
		if length > 0 {
			present.At = now.Add(length)
			future = append(future, present)
			for _, st := range o.Timeline {
				if st.At.After(now) {
					st.At = st.At.Add(length)
					future = append(future, st)
				}
			}
		}
		o.replaceFuture(now, future...)
	})
}

// ForgetOrder lets an order be unknown to GET, pay and list from now on, for a
// while (0: for good). What has been paid goes on unseen.
func (s *Simulator) ForgetOrder(id string, length time.Duration) error {
	return s.changeOrder("forget", id, func(o *order, now time.Time) { o.Forgotten = absentFor(now, length) })
}

func (s *Simulator) changeOrder(verb, id string, edit func(*order, time.Time)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, known := s.state.orders[id]
	if !known {
		return fmt.Errorf("%s order: there is no order %q", verb, id)
	}
	changed := o.copy()
	edit(changed, s.now())
	return s.commit(change{Orders: []*order{changed}})
}

// TopUp is a crypto top-up as the simulator's owner sees it.
type TopUp = topUp

// TopUps lists every crypto top-up, oldest first.
func (s *Simulator) TopUps() []TopUp {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]TopUp, 0, len(s.state.topUps))
	for _, t := range s.state.topUps {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b TopUp) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list
}

// ConfirmTopUp lets a top-up arrive, also a late one: coins that were sent are
// not lost.
func (s *Simulator) ConfirmTopUp(id string) (TopUp, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, known := s.state.topUps[id]
	switch {
	case !known:
		return TopUp{}, fmt.Errorf("confirm top-up: there is no top-up %q", id)
	case t.ConfirmedAt != nil:
		return TopUp{}, fmt.Errorf("confirm top-up %s: it has arrived already", id)
	}
	err := s.confirm(t, s.now())
	return *s.state.topUps[id], err
}

// SetListing changes a product's price (nil: not for sale) and stock (nil:
// unknown).
func (s *Simulator) SetListing(productID string, price *decimal.Decimal, stock *int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, known := s.state.product(productID)
	switch {
	case !known:
		return fmt.Errorf("change product: there is no product %q", productID)
	case price != nil && checkAmount(*price) != nil:
		return fmt.Errorf("change product %s: price %s %w", productID, price, checkAmount(*price))
	case stock != nil && *stock < 0:
		return fmt.Errorf("change product %s: quantity %d is negative", productID, *stock)
	}
	return s.commit(change{Listings: map[string]listing{p.id: {Price: price, Stock: stock}}})
}

// Knobs are the knobs as they stand.
func (s *Simulator) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knobs
}

// SetKnob turns one knob (see AllKnobs) from now on; the state file remembers it.
func (s *Simulator) SetKnob(name, value string) error {
	return s.SetKnobs(map[string]string{name: value})
}

// SetKnobs turns several at once, all or none.
func (s *Simulator) SetKnobs(values map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	turned := s.knobs
	for _, name := range sortedKeys(values) {
		if err := turned.Set(name, values[name]); err != nil {
			return err
		}
	}
	if err := turned.check(); err != nil {
		return err
	}
	if err := s.commit(change{Knobs: values}); err != nil {
		return err
	}
	s.knobs = turned
	return nil
}

// Requests lists the latest answered requests, oldest first.
func (s *Simulator) Requests() []Request { return s.requests.all() }
