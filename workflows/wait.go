package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/order"
)

// awaitTopUp waits until a top-up is hinted at, a person cancels, or the time is
// up. The hint is not trusted: it means "look again", and the pay that follows
// finds out. Whether the payment window has ended meanwhile is looked at then
// too: a replacement makes sense only when there is money to hope for.
func (o *run) awaitTopUp(ctx workflow.Context) error {
	left := o.since.Add(o.in.Intervals.GiveUpAfter).Sub(workflow.Now(ctx))
	told, err := await(ctx, left, "wait for a top-up; then give up", func() bool { return o.woken || o.toCancel() })
	switch {
	case err != nil:
		return err
	case o.toCancel():
		return nil
	case told:
		o.woken, o.hope = false, true
		return nil
	}
	return o.endUnpaid(ctx, func() change {
		reason := order.PaymentFailure
		if o.reason != "" {
			reason = o.reason
		}
		return change{cancelReason: reason,
			err: &order.Error{Code: "BalanceNotEnough", Message: "no top-up came within " + o.in.Intervals.GiveUpAfter.String()}}
	})
}

// lookAgain is the time between looks at an order that ends once it is certain that
// nothing was paid.
const lookAgain = 5 * time.Second

// endUnpaid ends the order as cancelled, unless a last look finds that it moved. A
// look made while a request to pay may have been on its way shows nothing, nor does
// one that saw nothing after an attempt to pay: then another one must show that
// nothing was paid.
func (o *run) endUnpaid(ctx workflow.Context, end func() change) error {
	for mustSee := false; ; {
		looked := workflow.Now(ctx)
		moved, seen, err := o.lastLook(ctx)
		if moved || err != nil {
			return err
		}
		if seen || !mustSee {
			c := end()
			c.lookedAt, c.seen = looked, seen
			err := o.transition(ctx, order.Cancelled, c)
			if app := new(temporal.ApplicationError); !errors.As(err, &app) || app.Type() != activities.TypeTooEarly {
				return err
			}
			mustSee = true
		}
		pause := lookAgain
		if !seen {
			pause = o.in.Intervals.StallPoll // for as long as the key is refused
		}
		if err := sleep(ctx, pause, "look again before the order ends unpaid"); err != nil {
			return err
		}
	}
}

// awaitPerson waits for a decision that only a person can take.
func (o *run) awaitPerson(ctx workflow.Context) error {
	left := o.holdUntil().Sub(workflow.Now(ctx))
	told, err := await(ctx, left, "wait for a person's decision; then give up", func() bool {
		return o.decision != nil || o.toCancel()
	})
	switch {
	case err != nil:
		return err
	case o.decision != nil:
		return o.decide(ctx)
	case told:
		return nil
	}
	return o.transition(ctx, order.Unresolved, change{err: o.status.Error})
}

// lastLook looks at the order once more before it is given up, in case it was
// paid past us, and says whether that moved it and whether it could be seen at all.
func (o *run) lastLook(ctx workflow.Context) (moved, seen bool, err error) {
	if o.status.OrderID == nil || o.dead {
		return false, true, o.remember(ctx) // nothing more to see
	}
	before, when := o.status.State, workflow.Now(ctx)
	if o.brokenOff {
		when = when.Add(o.in.Intervals.PollInitial)
	}
	in := activities.PollInput{Step: o.input(), Known: o.upstream, Strange: o.strange,
		Initial: o.in.Intervals.PollInitial, Max: o.in.Intervals.PollInitial, NotBefore: when, Until: when}
	in.Held = ""
	out, err := o.call(apiOptions(ctx, priorityPay, "look once more at "+o.named()), acts.PollStatus, in, nil)
	if _, refused := refusalIn(err); refused {
		return false, false, nil
	}
	switch {
	case err == nil && out.Unchanged:
		return false, out.Upstream != "", nil
	case err == nil && out.Upstream == foxreload.StatusCancelled:
		o.note(out)
		o.dead = true
		return false, true, nil
	}
	if err := o.settle(ctx, out, err); err != nil {
		return false, true, err
	}
	return o.status.State != before, true, nil
}

// remember has all that was said to the order so far put into its history before
// anything follows from it. An update is there only once its workflow task has
// completed; what was put on record before that would stand alone if the worker
// died.
func (o *run) remember(ctx workflow.Context) error {
	return sleep(ctx, time.Millisecond, "keep what was said to the order")
}

// holdUntil is when a blocked order is given up; zero for a paused one, which
// waits as long as it takes.
func (o *run) holdUntil() time.Time {
	if o.status.State != order.Blocked {
		return time.Time{}
	}
	return o.since.Add(o.in.Intervals.GiveUpAfter)
}
