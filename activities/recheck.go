package activities

import (
	"context"
	"fmt"

	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// NotEndedError says that an order is still on its way: its workflow looks at it.
type NotEndedError struct {
	Reference string
	State     order.State
}

func (e *NotEndedError) Error() string {
	return fmt.Sprintf("order %s has not ended, it is %s; foxflow looks by itself", e.Reference, e.State)
}

// Recheck looks once more at an order that has ended: codes that came since go into the
// vault, and what changed goes on record. An order that was given up may come to the end
// that FoxReload names; any other end stays. It is no activity: the workflow is over.
func (a *Activities) Recheck(ctx context.Context, reference string) (order.Status, error) {
	was, err := a.Ledger.Orders.Status(ctx, reference)
	switch {
	case err != nil:
		return order.Status{}, err
	case !was.State.Ended():
		return order.Status{}, &NotEndedError{Reference: reference, State: was.State}
	case was.OrderID == nil:
		return was, nil // there is no FoxReload order to look at
	}
	request, err := a.Ledger.Orders.Request(ctx, reference)
	if err != nil {
		return order.Status{}, err
	}
	if ctx, err = a.onClock(ctx); err != nil {
		return order.Status{}, err
	}
	o, err := a.API.GetOrder(ctx, *was.OrderID)
	if err != nil {
		return order.Status{}, fmt.Errorf("look at order %s (%s): %w", *was.OrderID, reference, err)
	}
	in := Step{Terms: life.Terms{Request: request}, Facts: life.EndedAs(was)}
	s, err := a.sight(ctx, in, o)
	if err != nil {
		return order.Status{}, err
	}
	next := in.Rechecked(in.Facts, s)
	status := in.Status(next)
	reason := fmt.Sprintf("looked again: FoxReload shows order %s as %.40s", o.ID, o.Status)
	if next.State != was.State {
		reason += "; " + next.Reason(status)
	} else if status.Codes() != was.Codes() {
		reason += fmt.Sprintf("; codes stored since: %d", status.Codes()-was.Codes())
	}
	return status, a.Ledger.Orders.Record(ctx, ledger.Entry{
		Reference: reference, Key: fmt.Sprintf("recheck/%d", s.At.UnixNano()), Kind: ledger.KindState, State: next.State,
		Reason: reason, OrderID: o.ID, At: s.At, Recheck: true,
	}, status)
}
