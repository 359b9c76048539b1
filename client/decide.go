package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"foxflow/internal/door"
	"foxflow/order"
	"foxflow/workflows"
)

// answerTimeout is longer than a call in flight can take: what a person asks of an order
// waits for it.
const answerTimeout = 2 * time.Minute

// Cancel stops an order that is not paid, and answers once it is cancelled; a payment in
// flight is waited for. again: it was cancelled before. One that is paid, or whose payment
// is in doubt, or that has ended otherwise, gives a *NotCancellable. A queued one ends at
// once; for any other a worker must be running.
func (c *Client) Cancel(ctx context.Context, reference string) (s order.Status, again bool, err error) {
	s, err = c.Status(ctx, reference)
	if err != nil {
		return s, false, err
	}
	if s.State == order.Queued {
		var done bool
		s, done, err = c.ledger.Queue.Cancel(ctx, reference, c.Time())
		if err != nil || done {
			return s, false, err
		}
	}
	if s.State.Ended() {
		return cancelledBefore(s)
	}
	t, err := c.forOrders(ctx)
	if err != nil {
		return s, false, err
	}
	s, err = c.askToCancel(ctx, t, reference)
	if err != nil {
		// It may have ended in the meantime, one way or the other.
		if s, missed := c.ledger.Orders.Status(ctx, reference); missed == nil && s.State.Ended() {
			return cancelledBefore(s)
		}
		if said, refused := errors.AsType[*refusal](err); refused {
			err = &NotCancellable{Reference: reference, Words: said.words}
		}
		return s, false, err
	}
	if s.State != order.Cancelled {
		return s, false, &NotCancellable{Reference: reference, State: s.State, After: &s}
	}
	return s, false, nil
}

// askToCancel has a running order cancel itself. One that has begun just now may not run yet:
// somebody starts it.
func (c *Client) askToCancel(ctx context.Context, t *Connection, reference string) (s order.Status, err error) {
	for range c.looks(ctx, door.ClaimLasts) {
		s, err = t.update(ctx, "cancel", reference, workflows.UpdateCancel)
		if !as[*NotRunning](err) {
			break
		}
		_, starts, missed := c.ledger.Queue.Position(ctx, reference)
		if missed != nil || !starts {
			break
		}
	}
	return s, err
}

// cancelledBefore is the answer for an order that has ended already: to have it
// cancelled is what was wanted, any other end is a refusal.
func cancelledBefore(s order.Status) (order.Status, bool, error) {
	if s.State == order.Cancelled {
		return s, true, nil
	}
	return s, false, &NotCancellable{Reference: s.Reference, State: s.State}
}

// Resolve hands a person's decision to an order that asks for one, and answers once it is
// taken up. An order that asks for none, or has ended, gives a *NotAsked; a FoxReload order
// of another reference an *OtherReference. A worker must be running.
func (c *Client) Resolve(ctx context.Context, reference string, decided workflows.Resolution) (order.Status, error) {
	s, err := c.Status(ctx, reference)
	if err != nil {
		return s, err
	}
	if !s.State.Carried() {
		return s, &NotAsked{Reference: reference, State: s.State}
	}
	switch owner, owned, err := c.ledger.Pins.OwnerOf(ctx, decided.OrderID); {
	case err != nil:
		return s, err
	case owned && owner != reference:
		return s, &OtherReference{Reference: reference, OrderID: decided.OrderID, Owner: owner}
	}
	t, err := c.forOrders(ctx)
	if err != nil {
		return s, err
	}
	s, err = t.update(ctx, "resolve", reference, workflows.UpdateResolve, decided)
	if said, refused := errors.AsType[*refusal](err); refused {
		err = &NotAsked{Reference: reference, Words: said.words}
	}
	return s, err
}

// refusal is an order's own no to what was asked of it.
type refusal struct{ words string }

func (r *refusal) Error() string { return r.words }

// update tells a running order something and waits for its answer: a *refusal where it
// says no.
func (t *Connection) update(ctx context.Context, verb, reference, name string, args ...any) (s order.Status, err error) {
	waiting, stop := context.WithTimeout(ctx, answerTimeout)
	defer stop()
	update, err := t.UpdateWorkflow(waiting, sdk.UpdateWorkflowOptions{WorkflowID: order.WorkflowID(reference), UpdateName: name, Args: args,
		WaitForStage: sdk.WorkflowUpdateStageCompleted})
	if err == nil {
		err = update.Get(waiting, &s)
	}
	said, refused := errors.AsType[*temporal.ApplicationError](err)
	doing := verb + " order " + reference
	switch {
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return s, ctx.Err()
	case refused:
		return s, &refusal{words: said.Message()}
	case as[*sdk.WorkflowUpdateServiceTimeoutOrCanceledError](err), errors.Is(err, context.DeadlineExceeded):
		return s, &Unavailable{Part: PartWorker, Doing: doing, Reference: reference, Err: err}
	case as[*serviceerror.NotFound](err):
		return s, &NotRunning{Reference: reference, Verb: verb}
	}
	return s, fmt.Errorf("%s: %w", doing, t.explain(err))
}
