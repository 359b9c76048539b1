package client

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"foxflow/internal/door"
	"foxflow/ledger"
	"foxflow/order"
)

// placeTimeout bounds one conversation with Temporal about one order.
const placeTimeout = 15 * time.Second

// Outcome is what placing a reference came to.
type Outcome int

// The outcomes.
const (
	Joined  Outcome = iota // it was placed before, and nothing was started
	Began                  // it is new
	Queued                 // it is new, and waits for its turn: a worker begins it
	Resumed                // it was on record and ran nowhere: it is started again, and goes on from what is on record
)

// Place puts an order on record and starts it, or joins what is there already, whatever
// its age and state. Where more orders are placed than the request budget can carry, it is
// queued, and begins by itself. It may be called again for the same request at any time, after any
// failure: it never starts a second order.
//
// It refuses with a *Conflict, *Foreign, *TooLong, *NotStarted or *Stranded; it ends with a
// *MaybeStarted or an *Unavailable where Temporal is in trouble. The request is taken as it
// is: order.Request.Validate finds its mistakes.
func (c *Client) Place(ctx context.Context, r order.Request) (s order.Status, how Outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, placeTimeout)
	defer cancel()
	t, err := c.forOrders(ctx)
	if err != nil {
		return s, Joined, err
	}
	if err := c.refuseForeign(ctx, t, r.Reference); err != nil {
		return s, Joined, err
	}
	if err := t.refuseTooLong(ctx, r.Reference); err != nil {
		return s, Joined, err
	}
	put, err := c.put(ctx, []order.Request{r}, door.Room(c.perMinute))
	if err != nil {
		return s, Joined, err
	}
	s, how, err = c.goOn(ctx, t, r, put[0])
	if err == nil && s.State == order.Queued {
		s, err = c.withTurn(ctx, s)
	}
	return s, how, err
}

// put puts orders on record. They begin where so many may be on their way, and else wait for
// their turn.
func (c *Client) put(ctx context.Context, orders []order.Request, most int) ([]ledger.Placed, error) {
	input, err := json.Marshal(c.intervals)
	if err != nil {
		return nil, err
	}
	return c.ledger.Queue.Put(ctx, orders, ledger.Placing{Most: most, Input: string(input), Claim: door.ClaimLasts, At: c.Time()})
}

// goOn starts an order that is on record, where it is not queued: its turn comes by itself.
func (c *Client) goOn(ctx context.Context, t *Connection, r order.Request, put ledger.Placed) (s order.Status, how Outcome, err error) {
	s = put.Status
	switch {
	case put.Conflict != nil:
		return s, Joined, &Conflict{Reference: put.Conflict.Reference, Differences: put.Conflict.Differences}
	case s.State == order.Queued && put.New:
		return s, Queued, nil
	case !s.State.Carried():
		return s, Joined, nil
	case put.New:
		how = Began
	default:
		_, known, err := t.look(ctx, KindOrder, r.Reference)
		if err != nil {
			return s, Joined, err
		}
		if !known {
			how = Resumed
		}
	}
	if err := c.start(ctx, t, r, put); err != nil {
		return s, Joined, err
	}
	s, err = c.ledger.Orders.Status(ctx, r.Reference)
	return s, how, err
}

// refuseForeign refuses a reference that Temporal knows and this ledger doesn't.
func (c *Client) refuseForeign(ctx context.Context, t *Connection, reference string) error {
	_, err := c.ledger.Orders.Status(ctx, reference)
	if !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	run, known, err := t.look(ctx, KindOrder, reference)
	if err != nil || !known {
		return err
	}
	// Another program may have begun it in this ledger between the two looks.
	if _, err := c.ledger.Orders.Status(ctx, reference); !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	return &Foreign{Kind: KindOrder, Name: reference, Restored: run.Ledger == c.ledger.ID() && !run.Closed}
}

// longestInSQL is the most characters of a workflow id that Temporal's tables take on
// PostgreSQL and MySQL. Temporal itself allows more, and would fail without an end.
const longestInSQL = 255

// refuseTooLong refuses a reference whose workflow id this Temporal can't keep. One that
// does not tell what it keeps them in is taken at its word when the order starts.
func (t *Connection) refuseTooLong(ctx context.Context, reference string) error {
	id := order.WorkflowID(reference)
	if len(id) <= longestInSQL {
		return nil
	}
	cluster, _ := t.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	store := cluster.GetPersistenceStore()
	if !strings.HasPrefix(store, "postgres") && !strings.HasPrefix(store, "mysql") {
		return nil
	}
	return &TooLong{Reference: reference, Have: len(id), Takes: longestInSQL, Address: t.address, Store: store}
}
