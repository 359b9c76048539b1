package client

import (
	"context"
	"errors"
	"maps"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// start starts the workflow of an order that is on record and makes sure that
// the one which runs then is this ledger's.
func (c *Client) start(ctx context.Context, t *Connection, r order.Request, begun bool) error {
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
	default:
		if begun {
			err = errors.Join(err, c.withdraw(ctx, t, r.Reference))
		}
		return &NotStarted{Kind: KindOrder, Name: r.Reference, Err: t.explain(err)}
	}
	run, known, err := t.look(ctx, KindOrder, r.Reference)
	switch {
	case err != nil:
		return &MaybeStarted{Kind: KindOrder, Name: r.Reference, Err: err}
	case !known:
		return &MaybeStarted{Kind: KindOrder, Name: r.Reference, Err: errors.New("Temporal does not show it yet")}
	case run.Ledger != c.ledger.ID():
		if begun {
			// Nobody but the other ledger's workflow runs; an order that has a
			// history here all the same stays to be looked into.
			if err := c.ledger.Orders.Withdraw(ctx, r.Reference); err != nil && !errors.Is(err, ledger.ErrInUse) {
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

// withdraw takes a row back whose workflow was refused, unless Temporal knows the
// workflow all the same: another program's attempt at it may have got through.
func (c *Client) withdraw(ctx context.Context, t *Connection, reference string) error {
	if _, known, err := t.look(ctx, KindOrder, reference); err == nil && known {
		return nil
	}
	if err := c.ledger.Orders.Withdraw(ctx, reference); err != nil && !errors.Is(err, ledger.ErrInUse) {
		return err
	}
	return nil
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
