package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/order"
	"foxflow/story"
)

// acts names the activities for typed references; it is never called on.
var acts *activities.Activities

// run is one order's life: where it stands, what it has been told from outside,
// and what keeps it waiting.
type run struct {
	in     OrderInput
	status order.Status
	seq    int // state entries written so far

	// What FoxReload said last.
	upstream foxreload.Status
	reason   string // its cancel reason
	strange  []foxreload.Status
	seenAt   time.Time
	seen     bool // FoxReload has said anything of the present order

	paid    bool // money has left, or the order has moved on as if it had
	linkOut bool // an external provider was asked for the payment
	dead    bool // the present FoxReload order has ended unpaid
	inDoubt bool // a pay was sent and its outcome can't be seen

	held          *activities.Refusal // why the order is blocked or paused
	since         time.Time           // when the present state was entered
	paidSince     time.Time           // when money was first seen to have left
	replacedInRow int                 // replacements in a row that money was not the cause of

	woken      bool      // a top-up signal came since the last pay
	hope       bool      // one came, and the balance was not found too low since
	cancelling int       // cancel updates that wait for the end
	mustCancel bool      // as soon as that is safe: the workflow was cancelled, or the order was before a reset
	decision   *decision // a person's, for a blocked order that asks for one
	brokenOff  bool      // a call was interrupted: what it did may show late

	timeline story.Timeline
	names    story.Names
}

// OrderWorkflow carries one order from "place it" to its end, and returns how it
// stands then. Cancelled, failed and unresolved are results of the business, not
// failures of the workflow; it fails only where it should not have been started
// (TypeInvalidRequest, TypeReferenceConflict).
func OrderWorkflow(ctx workflow.Context, in OrderInput) (order.Status, error) {
	root := ctx
	// A cancelled workflow must not leave a payment unseen: it asks for the
	// order's cancellation as a person would, and the order goes on until that is
	// safe.
	ctx, _ = workflow.NewDisconnectedContext(root)
	o, err := open(ctx, in)
	if err != nil {
		return order.Status{}, err
	}
	workflow.GoNamed(ctx, "cancellation", func(ctx workflow.Context) {
		root.Done().Receive(ctx, nil)
		o.mustCancel = true
	})
	for !o.status.State.Ended() {
		if err := o.step(ctx); err != nil {
			return o.status, err
		}
	}
	return o.status, workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// open registers the handlers before anything can block, has the request checked
// and puts the order's first state on record. The check is an activity's: its
// verdict is history, so a later version may judge otherwise and running orders
// still replay.
func open(ctx workflow.Context, in OrderInput) (*run, error) {
	in.Intervals = in.Intervals.orDefaults()
	info := workflow.GetInfo(ctx)
	o := &run{in: in, status: order.NewStatus(in.Request, info.WorkflowStartTime)}
	o.status.State = ""
	if err := o.listen(ctx); err != nil {
		return nil, err
	}
	var known activities.Opened
	err := workflow.ExecuteLocalActivity(ledgerOptions(ctx, "open the ledger's row"), acts.OpenOrder, in.Request, info.WorkflowStartTime).Get(ctx, &known)
	if err != nil {
		return nil, err
	}
	// After a reset the ledger knows more than the workflow: an order may be paid, and
	// a person who was told that it is cancelled relies on it.
	o.status.OrderID, o.status.Replacements = ptr(known.OrderID), known.Replacements
	o.inDoubt, o.mustCancel = known.Intended, known.Cancelled
	o.learn(known.Names)
	return o, o.transition(ctx, order.Creating, change{})
}

// step takes the order one step further: what comes next follows from what is
// known of it.
func (o *run) step(ctx workflow.Context) error {
	switch {
	case o.toCancel():
		return o.endAsRequested(ctx)
	case o.status.State == order.AwaitingTopUp && !o.hope:
		return o.awaitTopUp(ctx)
	case o.held != nil && needsPerson[o.held.Class]:
		return o.awaitPerson(ctx)
	case o.dead:
		return o.replace(ctx)
	case o.status.OrderID == nil || !o.seen:
		return o.create(ctx)
	case !o.paid && !o.linkOut && !o.mustSee():
		return o.pay(ctx)
	default:
		return o.poll(ctx)
	}
}

func (o *run) create(ctx workflow.Context) error {
	ctx = apiOptions(ctx, priorityCreate, "create "+o.summary())
	out, err := o.call(ctx, acts.CreateOrder, o.input(), o.toCancel)
	o.learn(out.Names)
	return o.settle(ctx, out, err)
}

// pay can't be interrupted while a payment may be in flight; only an order that
// is held, and so surely unpaid, lets go.
func (o *run) pay(ctx workflow.Context) error {
	o.woken = false
	interrupt := func() bool { return o.held != nil && (o.woken || o.mustCancel || o.toCancel()) }
	ctx = apiOptions(ctx, priorityPay, "pay "+o.named())
	out, err := o.call(ctx, acts.PayOrder, o.input(), interrupt)
	return o.settle(ctx, out, err)
}

func (o *run) poll(ctx workflow.Context) error {
	in := activities.PollInput{
		Step: o.input(), Known: o.upstream, Strange: o.strange,
		Initial: o.in.Intervals.PollInitial, Max: o.in.Intervals.PollMax,
		NotBefore: o.seenAt.Add(o.in.Intervals.PollInitial),
	}
	if o.mustSee() {
		in.Known = "" // whatever the status is, it is news
	}
	switch o.status.State {
	case order.Paid, order.Processing:
		in.Until = o.paidSince.Add(o.in.Intervals.StallAfter)
	case order.Stalled:
		in.Initial, in.Max = o.in.Intervals.StallPoll, o.in.Intervals.StallPoll
		in.NotBefore = o.seenAt.Add(o.in.Intervals.StallPoll)
		in.Until = o.since.Add(o.in.Intervals.GiveUpAfter)
	case order.Blocked:
		in.NotBefore = time.Time{}
	}
	ctx = apiOptions(ctx, priorityPoll, "watch "+o.named())
	out, err := o.call(ctx, acts.PollStatus, in, nil)
	if err == nil && out.Unchanged && o.held == nil {
		return o.overdue(ctx, out)
	}
	return o.settle(ctx, out, err)
}

// overdue is what becomes of a paid order without an end in time.
func (o *run) overdue(ctx workflow.Context, out activities.Outcome) error {
	o.note(out)
	if o.status.State == order.Stalled {
		return o.transition(ctx, order.Unresolved, change{status: &out.Status,
			err: &order.Error{Code: codeGivenUp, Message: fmt.Sprintf("paid, but no end after %s of waiting; ask FoxReload's support about order %s", o.in.Intervals.GiveUpAfter, o.orderID())}})
	}
	return o.transition(ctx, order.Stalled, change{status: &out.Status, waitsFor: order.WaitDelivery})
}

// settle takes in what a call has come to: news of the order, or a refusal.
func (o *run) settle(ctx workflow.Context, out activities.Outcome, err error) error {
	if err == nil {
		return o.saw(ctx, out)
	}
	if refused, ok := refusalIn(err); ok {
		return o.refused(ctx, refused)
	}
	if errors.Is(err, errInterrupted) {
		o.brokenOff = true
		return nil
	}
	return err
}

// saw takes in news of the order.
func (o *run) saw(ctx workflow.Context, out activities.Outcome) error {
	o.note(out)
	if out.Upstream.Known() {
		o.inDoubt = false
	}
	o.held = nil
	switch {
	case out.Recorded:
		o.paid = o.paid || paidStates[out.Status.State]
		return o.transition(ctx, out.Status.State, change{status: &out.Status, recorded: true})
	case out.LinkOut:
		o.linkOut = true
		return o.transition(ctx, order.AwaitingPayment, change{status: &out.Status, waitsFor: order.WaitPaymentLink})
	case out.Upstream == foxreload.StatusCancelled:
		return o.cancelledUpstream(ctx, out)
	case o.status.State == order.Blocked || o.status.State == order.Paused:
		c := change{status: &out.Status}
		next := o.released()
		if next == order.AwaitingPayment {
			c.waitsFor = order.WaitPaymentLink
		}
		return o.transition(ctx, next, c)
	}
	// No new state: a status nobody knows, or news of an order that is late
	// anyway.
	state, waitingFor, code := o.status.State, o.status.WaitingFor, o.status.WaitingForCode
	o.status = out.Status
	o.status.State, o.status.WaitingFor, o.status.WaitingForCode = state, waitingFor, code
	o.show(ctx)
	return nil
}

// released is the state that a held order goes back to when nothing is news but
// that it is no longer held.
func (o *run) released() order.State {
	switch {
	case o.linkOut && !o.paid:
		return order.AwaitingPayment
	case o.upstream == foxreload.StatusProcessing:
		return order.Processing
	case o.paid:
		return order.Paid
	default:
		return order.Active
	}
}

// note keeps what FoxReload said last.
func (o *run) note(out activities.Outcome) {
	if out.Upstream == "" {
		return
	}
	o.seenAt, o.seen = out.SeenAt, true
	if !out.Upstream.Known() {
		o.strange = append(o.strange, out.Upstream)
		return
	}
	o.upstream, o.reason = out.Upstream, out.UpstreamReason
}

// cancelledUpstream tells an end from an order that can be replaced.
func (o *run) cancelledUpstream(ctx workflow.Context, out activities.Outcome) error {
	switch {
	case o.paid || o.linkOut || o.in.Request.Provider != "":
	case out.UpstreamReason == order.PaymentFailure && !o.hope:
		o.dead = true
		return o.transition(ctx, order.AwaitingTopUp, change{status: &out.Status, waitsFor: order.WaitTopUp,
			err: &order.Error{Code: "BalanceNotEnough", Message: "FoxReload cancelled the order because the balance is too low"}})
	case out.UpstreamReason == order.PaymentFailure, out.UpstreamReason == order.PaymentExpiration:
		o.dead = true
		return nil // the next step replaces it
	}
	return o.transition(ctx, order.Cancelled, change{status: &out.Status, cancelReason: out.UpstreamReason})
}

// maxReplacedInARow ends an order whose FoxReload orders all expire at once, for
// a cause that is not money: something is wrong that a new order doesn't mend.
const maxReplacedInARow = 5

// replace gives up the present FoxReload order, which ended unpaid, for a new
// one under the same reference.
func (o *run) replace(ctx workflow.Context) error {
	if o.hope {
		o.replacedInRow = 0
	} else if o.replacedInRow++; o.replacedInRow > maxReplacedInARow {
		return o.transition(ctx, order.Cancelled, change{cancelReason: order.PaymentExpiration,
			err: &order.Error{Code: "PAYMENT_WINDOW", Message: fmt.Sprintf("the payment windows of %d orders in a row ended before they could be paid", o.replacedInRow)}})
	} else if o.replacedInRow > 1 {
		pause := o.in.Intervals.PollInitial << (o.replacedInRow - 1)
		if _, err := await(ctx, pause, "wait before a new order takes the place of the one that ended unpaid", o.toCancel); err != nil {
			return err
		}
		if o.toCancel() {
			o.replacedInRow--
			return nil
		}
	}
	reason := fmt.Sprintf("replaces order %s, which ended unpaid: %s", o.orderID(), o.reason)
	o.dead, o.hope = false, false
	next := o.status
	next.OrderID, next.Price, next.Currency, next.PaymentExpiresAt = nil, nil, nil, nil
	next.Replacements++
	return o.transition(ctx, order.Creating, change{status: &next, reason: reason})
}

// input is what an activity is told of the order now.
func (o *run) input() activities.Step {
	in := activities.Step{Request: o.in.Request, Status: o.status, Seq: o.seq + 1}
	if o.held != nil {
		in.Held = o.held.Class
		in.HoldEvery = o.in.Intervals.StallPoll
		in.HoldUntil = o.holdUntil()
	}
	return in
}

// errInterrupted says that a call was broken off because something was said to
// the order; the next step looks at what.
var errInterrupted = errors.New("interrupted")

// call runs an activity to its end. Where interrupt is given and becomes true,
// the activity is cancelled and waited for: if it got through all the same, its
// result counts.
func (o *run) call(ctx workflow.Context, activity, in any, interrupt func() bool) (activities.Outcome, error) {
	ctx, stop := workflow.WithCancel(ctx)
	defer stop()
	var out activities.Outcome
	future := workflow.ExecuteActivity(ctx, activity, in)
	if interrupt != nil {
		if err := workflow.Await(ctx, func() bool { return future.IsReady() || interrupt() }); err != nil {
			return out, err
		}
		if !future.IsReady() {
			stop()
		}
	}
	err := future.Get(ctx, &out)
	if _, refused := refusalIn(err); err != nil && !refused && ctx.Err() != nil {
		return out, errInterrupted
	}
	return out, err
}

func (o *run) orderID() string {
	if o.status.OrderID == nil {
		return ""
	}
	return *o.status.OrderID
}
