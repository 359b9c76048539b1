package client

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"foxflow/internal/door"
	"foxflow/ledger"
	"foxflow/order"
)

// startsAtOnce is how many orders are being started at the same time.
const startsAtOnce = 8

// Placed is what placing one of many orders came to.
type Placed struct {
	Status  order.Status
	Outcome Outcome
	// Err refuses this one order, as AboutOne says; nil: it is placed.
	Err error
}

// Place places orders, hundreds in one transaction, and tells each what it came to as
// Client.Place does, by its place in the list: one at a time, in whatever order. It ends with the
// first error of each, or one that is not about one order alone; the same again goes on where
// it was.
//
// All begin at once where there is room for all of them. Else they are queued, in their order,
// and a worker begins the first within moments: what is queued asks nothing of Temporal, so
// that a reference which belongs to another ledger is found out when its turn comes.
func (m Many) Place(ctx context.Context, orders []order.Request, each func(i int, p Placed) error) error {
	c := m.client
	t, err := c.forOrders(ctx)
	if err != nil {
		return err
	}
	room := door.Room(c.perMinute)
	if len(orders) > room {
		room = 0
	}
	var telling sync.Mutex
	first := 0
	for chunk := range slices.Chunk(orders, ledger.MostPlaced) {
		from := first
		err := c.placeSome(ctx, t, chunk, room, func(i int, p Placed) error {
			telling.Lock()
			defer telling.Unlock()
			return each(from+i, p)
		})
		if err != nil {
			return err
		}
		first += len(chunk)
	}
	return nil
}

// placeSome places orders, all in one transaction. It may tell of several at a time.
func (c *Client) placeSome(ctx context.Context, t *Connection, orders []order.Request, room int, tell func(int, Placed) error) error {
	places, err := c.acceptable(ctx, t, orders, room > 0, tell)
	if err != nil {
		return err
	}
	requests := make([]order.Request, len(places))
	for i, place := range places {
		requests[i] = orders[place]
	}
	put, err := c.put(ctx, requests, room)
	if err != nil {
		return err
	}
	return atOnce(ctx, len(put), func(ctx context.Context, i int) error {
		ctx, cancel := context.WithTimeout(ctx, placeTimeout)
		defer cancel()
		s, how, err := c.goOn(ctx, t, requests[i], put[i])
		if err != nil && !AboutOne(err) {
			return err
		}
		return tell(places[i], Placed{Status: s, Outcome: how, Err: err})
	})
}

// acceptable are the places of the orders that Temporal can take, and tells of the others. Of
// orders that may begin now it is asked whether it knows them from another ledger.
func (c *Client) acceptable(ctx context.Context, t *Connection, orders []order.Request, begin bool, tell func(int, Placed) error) (places []int, err error) {
	refused := make([]error, len(orders))
	err = atOnce(ctx, len(orders), func(ctx context.Context, i int) error {
		ctx, cancel := context.WithTimeout(ctx, placeTimeout)
		defer cancel()
		err := t.refuseTooLong(ctx, orders[i].Reference)
		if err == nil && begin {
			err = c.refuseForeign(ctx, t, orders[i].Reference)
		}
		if err == nil {
			return nil
		}
		if !AboutOne(err) {
			return err
		}
		refused[i] = err
		return tell(i, Placed{Err: err})
	})
	for i := range orders {
		if refused[i] == nil {
			places = append(places, i)
		}
	}
	return places, err
}

// atOnce does work for each of n, several at a time, until one fails.
func atOnce(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(startsAtOnce)
	for i := range n {
		if working.Err() != nil {
			break
		}
		group.Go(func() error { return work(working, i) })
	}
	return cmp.Or(group.Wait(), ctx.Err())
}
