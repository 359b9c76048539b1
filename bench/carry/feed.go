package carry

import (
	"errors"
	"fmt"
	"time"
)

// Order is one that was placed, and what became of it.
type Order struct {
	Reference    string
	Placed, Done time.Time
	State        string
	Codes        int
	OrderID      string // "": its idempotency key is its reference
}

// Feed says when orders are placed.
type Feed struct {
	Orders int
	Open   int           // the most that are open at once; 0: all
	Every  time.Duration // between two of them; 0: none
	// Within bounds the time until all are done.
	Within time.Duration
	// For ends the run after that time, whatever has ended by then; 0: all do.
	For time.Duration
	// KillAt is how many orders have ended when the worker is killed and started anew; 0: never.
	KillAt int
}

// Carry places orders and waits for the end of all of them, or for a time.
func (r *Run) Carry(f Feed) ([]Order, error) {
	p := &placing{run: r, feed: f, orders: make([]Order, f.Orders), places: map[string]int{}}
	deadline := time.After(f.Within)
	var clock, enough <-chan time.Time
	if f.For > 0 {
		enough = time.After(f.For)
	}
	if f.Every > 0 {
		ticker := time.NewTicker(f.Every)
		defer ticker.Stop()
		clock = ticker.C
	}
	for p.ended < f.Orders {
		var err error
		if f.Every == 0 {
			err = p.fill()
		}
		if err != nil {
			return p.orders, err
		}
		select {
		case <-clock:
			err = p.place()
		case one := <-r.results:
			err = p.take(one)
		case <-enough:
			return p.orders, nil
		case <-r.Shop.Done():
			err = fmt.Errorf("%s ended: %s", r.Name, r.Shop.LastWords())
		case <-deadline:
			err = fmt.Errorf("%s: %d of %d orders have ended after %s", r.Name, p.ended, f.Orders, f.Within)
		}
		if err != nil {
			return p.orders, err
		}
	}
	return p.orders, nil
}

// placing is a feed on its way.
type placing struct {
	run         *Run
	feed        Feed
	orders      []Order
	places      map[string]int // of references among orders
	next, ended int
}

// fill places as many as may be open.
func (p *placing) fill() error {
	for p.next < len(p.orders) && (p.feed.Open == 0 || p.next-p.ended < p.feed.Open) {
		if err := p.place(); err != nil {
			return err
		}
	}
	return nil
}

// place places the next one, if there is one.
func (p *placing) place() error {
	if p.next == len(p.orders) {
		return nil
	}
	o := &p.orders[p.next]
	o.Reference, o.Placed = fmt.Sprintf("%s-%d", p.run.name, p.next), time.Now()
	p.places[o.Reference] = p.next
	p.next++
	return p.run.Place(o.Reference)
}

// take notes the end of an order. One that is told once more after a restart is known.
func (p *placing) take(one result) error {
	at, known := p.places[one.Reference]
	if !known || !p.orders[at].Done.IsZero() {
		return nil
	}
	o := &p.orders[at]
	o.Done, o.State, o.Codes, o.OrderID = one.at, one.State, one.Codes, one.OrderID
	p.ended++
	if p.ended == p.feed.KillAt {
		return p.run.restart(p.orders[:p.next])
	}
	return nil
}

// Place gives one reference to the contender.
func (r *Run) Place(reference string) error {
	if r.feed == nil {
		return errors.New(r.Name + " takes no orders")
	}
	_, err := fmt.Fprintln(r.feed, reference)
	return err
}

// restart kills the worker with SIGKILL and starts it anew at once. A program that shop and
// worker are one of is told of its open orders again.
func (r *Run) restart(orders []Order) error {
	r.Killed = time.Now()
	r.Worker.Kill()
	if err := r.again(); err != nil {
		return err
	}
	for _, o := range orders {
		if r.Shop == r.Worker && o.Done.IsZero() {
			if err := r.Place(o.Reference); err != nil {
				return err
			}
		}
	}
	return nil
}
