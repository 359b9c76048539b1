package client

import (
	"context"
	"errors"
	"maps"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// start starts the workflow of an order that was put on record and makes sure that
// the one which runs then is this ledger's.
func (c *Client) start(ctx context.Context, t *Connection, r order.Request, put ledger.Placed) error {
	names, err := c.productNames(ctx, r)
	if err != nil {
		return err
	}
	c.mu.Lock()
	maps.Copy(names, c.names)
	c.mu.Unlock()
	_, err = t.ExecuteWorkflow(ctx, workflows.StartOptions(r, names, c.taskQueue, c.ledger.ID()), workflows.OrderWorkflowName,
		workflows.OrderInput{Request: r, Intervals: c.intervals})
	switch {
	case err == nil:
	case !workflows.SurelyNotStarted(err):
		return &MaybeStarted{Kind: KindOrder, Name: r.Reference, Err: err}
	case c.withdrawn(ctx, t, r.Reference, put):
		return &NotStarted{Kind: KindOrder, Name: r.Reference, Err: t.explain(err)}
	default: // it is on record: a worker starts it, or somebody else did
		return &MaybeStarted{Kind: KindOrder, Name: r.Reference, Err: t.explain(err)}
	}
	run, known, err := t.look(ctx, KindOrder, r.Reference)
	switch {
	case err != nil:
		return &MaybeStarted{Kind: KindOrder, Name: r.Reference, Err: err}
	case !known:
		return &MaybeStarted{Kind: KindOrder, Name: r.Reference, Err: errors.New("Temporal does not show it yet")}
	case run.Ledger != c.ledger.ID():
		if put.New {
			// Nobody but the other ledger's workflow runs; an order that has a
			// history here all the same stays to be looked into.
			if err := c.ledger.Orders.Withdraw(ctx, r.Reference, put.Claim); err != nil && !errors.Is(err, ledger.ErrInUse) {
				return err
			}
		}
		return &Foreign{Kind: KindOrder, Name: r.Reference}
	case run.Closed:
		return c.refuseStranded(ctx, r.Reference)
	}
	return nil
}

// refuseStranded tells of a workflow that is closed though its order has no end:
// somebody terminated it.
func (c *Client) refuseStranded(ctx context.Context, reference string) error {
	s, err := c.ledger.Orders.Status(ctx, reference)
	if err != nil || s.State.Ended() {
		return err
	}
	return &Stranded{Kind: KindOrder, Name: reference, State: string(s.State)}
}

// withdrawn takes an order back whose workflow was refused. It can't where the order was on
// record before, where Temporal knows the workflow all the same or does not say, and where
// somebody else has claimed it: another attempt at it may have got through.
func (c *Client) withdrawn(ctx context.Context, t *Connection, reference string, put ledger.Placed) bool {
	if !put.New {
		return false
	}
	_, known, err := t.look(ctx, KindOrder, reference)
	return err == nil && !known && c.ledger.Orders.Withdraw(ctx, reference, put.Claim) == nil
}

// look asks Temporal for the workflow of an order or a top-up.
func (t *Connection) look(ctx context.Context, kind Kind, name string) (workflows.Execution, bool, error) {
	id := order.WorkflowID(name)
	if kind == KindTopUp {
		id = order.TopUpWorkflowID(name)
	}
	found, known, err := workflows.Find(ctx, t, t.Payloads, id)
	if err != nil {
		return found, false, &Unavailable{Part: PartTemporal, Doing: "ask Temporal for " + string(kind) + " " + name, Err: t.explain(err)}
	}
	return found, known, nil
}
