package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/internal/story"
	"foxflow/life"
	"foxflow/order"
)

// acts names the activities for typed references; it is never called on.
var acts *activities.Activities

// orderWorkflow carries one order: what is known of it, and who waits for what of it. What comes
// next, and what follows from what is seen, package life says.
type orderWorkflow struct {
	terms life.Terms
	facts life.Facts
	seq   int    // the step that was begun last
	chain string // the run that this one continues; "": none
	hints workflow.ReceiveChannel

	cancelling int       // cancel updates that wait for the end
	decision   *decision // a person's, for a blocked order that asks for one

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
		o.facts.Asked.Stop = true
	})
	for !o.facts.State.Ended() {
		if o.full(ctx) {
			return o.status(), o.anew(ctx, in)
		}
		if err := o.step(ctx); err != nil {
			return o.status(), err
		}
	}
	return o.status(), workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// open registers the handlers before anything can block, has the request checked
// and puts the order's first state on record. The check is an activity's: its
// verdict is history, so a later version may judge otherwise and running orders
// still replay.
func open(ctx workflow.Context, in OrderInput) (*orderWorkflow, error) {
	started := workflow.GetInfo(ctx).WorkflowStartTime
	o := &orderWorkflow{terms: life.Terms{Request: in.Request, Intervals: in.Intervals.OrDefaults()}, facts: life.Begin(started)}
	if in.Carried != nil {
		o.carry(in.Carried)
	}
	if err := o.listen(ctx); err != nil {
		return nil, err
	}
	var known activities.Opened
	now := workflow.Now(ctx)
	begun := activities.OpenInput{Terms: o.terms, StartedAt: started, Now: now, Seq: nextStep(ctx, o.seq), Carried: o.seq}
	if err := workflow.ExecuteLocalActivity(ledgerOptions(ctx, "begin, and record the first state"), acts.OpenOrder, begun).Get(ctx, &known); err != nil {
		return nil, err
	}
	// After a reset the ledger knows more than the workflow: an order may be paid, and
	// a person who was told that it is cancelled relies on it.
	o.learn(known.Names)
	if known.Continued {
		o.show(ctx)
		return o, nil
	}
	o.forget(started)
	o.facts.Asked.Stop = o.facts.Asked.Stop || known.Cancelled
	o.seq = known.Seq
	return o, o.transition(ctx, known.Begin(o.facts, now))
}

// step takes the order one step further. A call or a wait is broken off as soon as what was
// asked of the order means that something else comes next; a request that has left is
// waited for all the same.
func (o *orderWorkflow) step(ctx workflow.Context) error {
	move := o.terms.Next(o.facts)
	if tries(move) {
		o.facts = life.Paying(o.facts)
	}
	moved := func() bool { return o.moved(move) }
	switch move.Do {
	case life.Create:
		return o.act(apiOptions(ctx, priorityCreate, "create "+o.summary()), acts.CreateOrder, o.input(ctx), moved)
	case life.Pay:
		return o.act(apiOptions(ctx, priorityPay, "pay "+o.named()), acts.PayOrder, o.input(ctx), moved)
	case life.Look:
		return o.look(ctx, move.Until, moved)
	case life.LastLook:
		return o.lastLook(ctx)
	case life.Replace:
		return o.replace(ctx, move.Pause, moved)
	case life.AwaitTopUp:
		return o.await(ctx, move.Until, "wait for a top-up; then give up", moved)
	case life.AwaitRelease:
		return workflow.Await(ctx, moved)
	case life.AwaitPerson:
		return o.await(ctx, move.Until, "wait for a person's decision; then give up", moved)
	case life.Decide:
		return o.decide(ctx)
	default:
		return o.end(ctx)
	}
}

// tries says whether a move asks FoxReload for something that it may refuse for a while.
func tries(move life.Move) bool { return move.Do == life.Create || move.Do == life.Pay }

// moved says whether something else comes next than the move that the order is at, or a
// hint bids it try that move again at once.
func (o *orderWorkflow) moved(move life.Move) bool {
	hinted := tries(move) && o.facts.Asked.Hint == life.FreshHint && (o.facts.Money == life.Doubtful || o.facts.State != order.AwaitingTopUp && o.facts.Blocker != nil)
	return hinted || o.terms.Next(o.facts).Do != move.Do
}

// look watches the order until there is news, or until the time is up.
func (o *orderWorkflow) look(ctx workflow.Context, until time.Time, moved func() bool) error {
	in := activities.PollInput{Step: o.input(ctx), Until: until}
	if seen := o.facts.Order.SeenAt; !seen.IsZero() && (o.facts.Blocker == nil || o.facts.Money == life.Doubtful) {
		in.NotBefore = seen.Add(o.terms.Pace(o.facts, 1, workflow.Now(ctx)))
	}
	return o.act(watchOptions(ctx, "watch "+o.named()), acts.PollStatus, in, moved)
}

// lastLook looks at the order once more before it ends as one that is not paid, in case it
// was paid past us. Where it can't be seen, the ledger says whether it may end all the same.
func (o *orderWorkflow) lastLook(ctx workflow.Context) error {
	in := activities.PollInput{Step: o.input(ctx), Once: true}
	in.Answer = true
	out, err := o.call(apiOptions(ctx, priorityPay, "look once more at "+o.named()), acts.PollStatus, in, nil)
	switch _, refused := refusalIn(err); {
	case err != nil && !refused:
		return err
	case out.Seen != nil:
		if err := o.enterAs(ctx, o.terms.After(o.facts, *out.Seen), out.Recorded); err != nil {
			return err
		}
	}
	o.facts = life.LookedOnce(o.facts)
	return nil
}

// end puts an end on record that says that nothing was paid, unless the ledger knows of a
// payment that may have gone through.
func (o *orderWorkflow) end(ctx workflow.Context) error {
	if err := o.remember(ctx); err != nil || o.terms.Next(o.facts).Do != life.End {
		return err
	}
	return o.enter(ctx, o.terms.Ended(o.facts, workflow.Now(ctx)), true)
}

// remember has all that was said to the order so far put into its history before
// anything follows from it. An update is there only once its workflow task has
// completed; what was put on record before that would stand alone if the worker
// died.
func (o *orderWorkflow) remember(ctx workflow.Context) error {
	return sleep(ctx, time.Millisecond, "keep what was said to the order")
}

// replace gives up the present FoxReload order, which ended unpaid, for a new
// one under the same reference.
func (o *orderWorkflow) replace(ctx workflow.Context, pause time.Duration, moved func() bool) error {
	if pause > 0 {
		if broken, err := await(ctx, pause, "wait before a new order takes the place of the one that ended unpaid", moved); broken || err != nil {
			return err
		}
	}
	return o.enter(ctx, o.terms.Replaced(o.facts, workflow.Now(ctx)), false)
}

// await waits until something else comes next, or until the time is up.
func (o *orderWorkflow) await(ctx workflow.Context, until time.Time, what string, moved func() bool) error {
	if left := until.Sub(workflow.Now(ctx)); left > 0 {
		if broken, err := await(ctx, left, what, moved); broken || err != nil {
			return err
		}
	}
	return o.enter(ctx, o.terms.Overdue(o.facts, workflow.Now(ctx)), false)
}

// act runs an activity that calls FoxReload, and takes in what it saw or was refused.
func (o *orderWorkflow) act(ctx workflow.Context, activity, in any, moved func() bool) error {
	out, err := o.call(ctx, activity, in, moved)
	now := workflow.Now(ctx)
	switch refused, isRefusal := refusalIn(err); {
	case isRefusal:
		return o.enter(ctx, o.terms.Refuse(o.facts, *refused, now), false)
	case errors.Is(err, errBrokenOff):
		return nil // the next step looks at what was asked
	case err != nil:
		return err
	case out.Doubt != nil:
		return o.enter(ctx, life.Doubt(o.facts, *out.Doubt, now), false)
	case out.Seen == nil:
		return o.enter(ctx, o.terms.Overdue(o.facts, now), false)
	}
	o.learn(out.Names)
	return o.enterAs(ctx, o.terms.After(o.facts, *out.Seen), out.Recorded)
}

// errBrokenOff says that a call was broken off because something was asked of the order.
var errBrokenOff = errors.New("broken off")

// call runs an activity to its end. Where moved is given and becomes true, the activity
// is cancelled and waited for: if it got through all the same, its result counts.
func (o *orderWorkflow) call(ctx workflow.Context, activity, in any, moved func() bool) (out activities.Outcome, err error) {
	ctx, stop := workflow.WithCancel(ctx)
	defer stop()
	o.seq = nextStep(ctx, o.seq)
	future := workflow.ExecuteActivity(ctx, activity, in)
	if moved != nil {
		if err := workflow.Await(ctx, func() bool { return future.IsReady() || moved() }); err != nil {
			return out, err
		}
		if !future.IsReady() {
			stop()
		}
	}
	err = future.Get(ctx, &out)
	if _, refused := refusalIn(err); err != nil && !refused && ctx.Err() != nil {
		return out, errBrokenOff
	}
	return out, err
}

// input is what an activity is told of the order now; its step is the one that is begun
// with it.
func (o *orderWorkflow) input(ctx workflow.Context) activities.Step {
	return activities.Step{Terms: o.terms, Facts: o.facts, Seq: nextStep(ctx, o.seq), Chain: o.chain}
}

// nextStep numbers the step after last. Time numbers them, and so over all runs: what a
// reset begins has a higher number than whatever the run before it has begun, which may
// not have heard of its end.
func nextStep(ctx workflow.Context, last int) int {
	return max(last+1, int(workflow.Now(ctx).UnixMilli()))
}

func (o *orderWorkflow) status() order.Status { return o.terms.Status(o.facts) }
