package client

import (
	"cmp"
	"context"
	"sync"
	"time"

	"foxflow/internal/keyset"
	"foxflow/internal/story"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// lookEvery is how often the ledger is looked at while something is followed.
const lookEvery = 250 * time.Millisecond

// perMinute is FoxReload's limit, requests/minute.
const perMinute = 100

// Config is what a Client works with. Ledger and Keys are needed by all, Temporal and
// TaskQueue by what asks something of a running order.
type Config struct {
	Ledger *ledger.Ledger // open; closing it is the caller's
	Keys   *keyset.Keyset // seals all that goes to Temporal; the one that the ledger was opened with
	// Temporal says how it is reached.
	Temporal Temporal
	// TaskQueue is where the workers take orders up.
	TaskQueue string
	// Intervals travel into each order that is placed. A zero one is the default.
	Intervals life.Intervals
	// PerMinute is the request budget over all that use the ledger: what it can't carry yet is
	// queued. 0: 100 requests a minute.
	PerMinute int

	Now       func() time.Time // nil: this machine's clock
	LookEvery time.Duration    // between two looks while something is followed; 0: 250 ms
}

// Client places an order, follows it and asks things of it. What is for many orders at once, and
// what has to do with money, is told apart by its parts. Use it from any number of goroutines.
type Client struct {
	Many    Many
	TopUps  TopUps
	Waiting Waiting

	ledger    *ledger.Ledger
	keys      *keyset.Keyset
	temporal  Temporal
	taskQueue string
	intervals life.Intervals
	perMinute int
	now       func() time.Time
	lookEvery time.Duration
	// ahead is how far the ledger's clock was ahead of this machine's at the beginning.
	ahead time.Duration

	mu        sync.Mutex
	connected *Connection // nil: not yet
	fit       bool        // it was found that orders can go on by it
	names     story.Names // of products, as far as somebody told us
}

// Many is for many orders at once: hundreds share a transaction, and a look at all that are
// followed costs what has changed.
type Many struct{ client *Client }

// TopUps are the crypto top-ups that FoxReload is asked for.
type TopUps struct{ client *Client }

// Waiting are the orders that wait for money, or for payments to be made again. Told that it
// has come, they look at once.
type Waiting struct{ client *Client }

// New is a Client over an open ledger. It reads the ledger's clock, and dials nothing.
func New(ctx context.Context, with Config) (*Client, error) {
	c := &Client{ledger: with.Ledger, keys: with.Keys, temporal: with.Temporal, taskQueue: with.TaskQueue, intervals: with.Intervals,
		perMinute: cmp.Or(with.PerMinute, perMinute),
		now:       with.Now, lookEvery: cmp.Or(with.LookEvery, lookEvery), names: story.Names{}}
	c.Many, c.TopUps, c.Waiting = Many{c}, TopUps{c}, Waiting{c}
	if c.now == nil {
		c.now = time.Now
	}
	here := c.now()
	there, err := c.ledger.Store.Now(ctx, here)
	if err != nil {
		return nil, err
	}
	c.ahead = there.Sub(here)
	return c, nil
}

// Close ends the connection to Temporal, where there is one. The ledger stays open.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected != nil {
		c.connected.Close()
		c.connected, c.fit = nil, false
	}
}

// Time is the time on the ledger's clock: what the workers wrote is compared with it.
func (c *Client) Time() time.Time { return c.now().Add(c.ahead) }

// NameProduct tells what a product is called: orders that are placed from now on bear the
// name where people read of them. The ledger's own names do not need it.
func (c *Client) NameProduct(id, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[id] = name
}

// productNames is what an order's products are called, as far as the ledger knows.
func (c *Client) productNames(ctx context.Context, r order.Request) (story.Names, error) {
	return c.ledger.Products.Names(ctx, r.Products()...)
}
