package client

import (
	"context"
	"errors"

	"foxflow/internal/door"
	"foxflow/internal/story"
	"foxflow/ledger"
	"foxflow/order"
)

// Status is how an order stands on record, and of a queued one when its turn comes;
// ErrNotFound where there is none.
func (c *Client) Status(ctx context.Context, reference string) (order.Status, error) {
	s, err := c.ledger.Orders.Status(ctx, reference)
	if err == nil && s.State == order.Queued {
		s, err = c.withTurn(ctx, s)
	}
	return s, notFound(reference, err)
}

// withTurn adds when the turn of a queued order comes, as things stand.
func (c *Client) withTurn(ctx context.Context, s order.Status) (order.Status, error) {
	at, there, err := c.ledger.Queue.Position(ctx, s.Reference)
	if err != nil || !there || at.Begun { // its turn has come just now
		return s, err
	}
	now, err := c.ledger.Store.Now(ctx, c.Time())
	if err != nil {
		return s, err
	}
	held, err := door.Held(ctx, c.ledger, at.Payer, now)
	s.Turn = &order.Turn{Before: at.Before, AboutSeconds: int64(door.About(at.Before+1, c.perMinute).Seconds()), Held: held}
	return story.Worded(s), err
}

// List is the ledger's orders that fit, newest first.
func (c *Client) List(ctx context.Context, f ledger.Filter) ([]order.Status, error) {
	return c.ledger.Orders.List(ctx, f)
}

// Log is an order's audit log, oldest entry first.
type Log struct {
	Entries []ledger.AuditEntry
	// Broken says where the chain of hashes is not whole; nil: it is.
	Broken *ledger.BrokenChainError
}

// Audit is an order's log with its chain checked. A broken chain is no error here: the log
// is what there is to look into.
func (c *Client) Audit(ctx context.Context, reference string) (Log, error) {
	entries, err := c.ledger.Log.Entries(ctx, reference)
	if err != nil {
		return Log{}, notFound(reference, err)
	}
	err = c.ledger.Log.Verify(ctx, reference)
	broken, cut := errors.AsType[*ledger.BrokenChainError](err)
	if err != nil && !cut {
		return Log{}, err
	}
	return Log{Entries: entries, Broken: broken}, nil
}
