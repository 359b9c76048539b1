package client

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"

	"foxflow/internal/balance"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// DeskSilent is after how long without a look at the balance no worker's balance desk
// is taken to be at work: while orders wait it looks once a minute.
const DeskSilent = 90 * time.Second

// Woken is what waking orders came to.
type Woken struct {
	// Woken are the references that look again, or that a worker's balance desk will wake.
	Woken []string
	// NotWaiting are the orders that wait for no money: nothing changes for them.
	NotWaiting []order.Status
	// Failures are the orders that could not be told, each with why. Telling them again
	// does no harm.
	Failures []string
}

// ToppedUp tells orders that the balance was raised, so that they look again at once:
// those that are named, or, with none, all in this ledger that wait for money or are
// paused. It is a hint, and harms none. Every name is looked up before anything is sent.
// Where a balance desk is at work, it wakes those that were not named itself, as many as
// the balance covers.
func (w Waiting) ToppedUp(ctx context.Context, references ...string) (Woken, error) {
	c := w.client
	orders, err := w.named(ctx, references)
	if err != nil {
		return Woken{}, err
	}
	t, err := c.forOrders(ctx)
	if err != nil {
		return Woken{}, err
	}
	if err := balance.New(c.ledger.Store).Hint(ctx, c.Time()); err != nil {
		return Woken{}, err
	}
	var left map[string]bool
	if len(references) == 0 {
		if left, err = w.leftToDesk(ctx, orders); err != nil {
			return Woken{}, err
		}
	}
	return t.wake(ctx, orders, left), nil
}

// Resumed tells the paused orders that payments are made again. It spares them the wait
// until they look again by themselves: so many are waiting for that where Temporal could
// not be reached.
func (w Waiting) Resumed(ctx context.Context) (woken Woken, waiting int, err error) {
	orders, err := w.in(ctx, order.Paused)
	if err != nil || len(orders) == 0 {
		return Woken{}, 0, err
	}
	t, err := w.client.Connect(ctx)
	if err != nil {
		return Woken{}, len(orders), err
	}
	return t.wake(ctx, orders, nil), 0, nil
}

// named are the named orders, or all that wait for money.
func (w Waiting) named(ctx context.Context, references []string) ([]order.Status, error) {
	if len(references) == 0 {
		return w.in(ctx, order.AwaitingTopUp, order.Paused)
	}
	var orders []order.Status
	for _, reference := range references {
		s, err := w.client.Status(ctx, reference)
		if err != nil {
			return nil, err
		}
		orders = append(orders, s)
	}
	return orders, nil
}

func (w Waiting) in(ctx context.Context, states ...order.State) ([]order.Status, error) {
	var orders []order.Status
	for _, state := range states {
		found, err := w.client.ledger.Orders.List(ctx, ledger.Filter{State: state})
		if err != nil {
			return nil, err
		}
		orders = append(orders, found...)
	}
	return orders, nil
}

// leftToDesk are the orders that need no word of ours: a worker's balance desk has
// been told to look at once, and wakes as many as the balance covers. Waking all would
// have FoxReload orders made anew for some that can't be paid.
func (w Waiting) leftToDesk(ctx context.Context, orders []order.Status) (left map[string]bool, err error) {
	at, err := balance.New(w.client.ledger.Store).Standing(ctx)
	if err != nil || w.client.Time().Sub(at.LookedAt) > DeskSilent {
		return nil, err
	}
	left = map[string]bool{}
	for _, s := range orders {
		left[s.Reference] = s.State == order.AwaitingTopUp && !s.Mock
	}
	return left, nil
}

// wake tells each order to look again, but those that are left to the balance desk.
// One that can't be told does not keep the others from it.
func (t *Connection) wake(ctx context.Context, orders []order.Status, left map[string]bool) (w Woken) {
	for _, s := range orders {
		waits := s.State == order.AwaitingTopUp || s.State == order.Paused
		if !waits {
			w.NotWaiting = append(w.NotWaiting, s)
		}
		if !s.State.Carried() {
			continue
		}
		if left[s.Reference] {
			w.Woken = append(w.Woken, s.Reference)
			continue
		}
		err := t.SignalWorkflow(ctx, s.WorkflowID, "", workflows.SignalTopUp, nil)
		switch {
		case as[*serviceerror.NotFound](err):
			w.Failures = append(w.Failures, fmt.Sprintf("%s: Temporal runs no workflow for it; place it again the same way", s.Reference))
		case err != nil:
			w.Failures = append(w.Failures, fmt.Sprintf("%s: %v", s.Reference, t.explain(err)))
		case waits:
			w.Woken = append(w.Woken, s.Reference)
		}
	}
	return w
}
