package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
)

// attempt is what every activity that calls the API has around its work: the
// heartbeat, the memory of earlier attempts, the call's place in the request budget, and
// one error for Temporal.
func (a *Activities) attempt(ctx context.Context, in Step, p foxreload.Priority, work func(context.Context) (Outcome, error)) (Outcome, error) {
	defer heartbeat(ctx)()
	out, done, err := a.earlier(ctx, in)
	if !done && err == nil {
		out, err = work(foxreload.WithPriority(ctx, p))
	}
	if ledger.Lacks(err) {
		err = a.lacking(ctx, in, err)
	}
	if refused := new(life.Refusal); errors.As(err, &refused) {
		doubt, failed := a.Ledger.PaymentInDoubt(ctx, in.reference())
		if failed != nil {
			err = failed
		}
		refused.Doubt = doubt
	}
	return out, a.convert(ctx, in, err)
}

// earlier is the outcome of an earlier attempt at this step that put a new state on record
// and died before Temporal heard of it. This one must not come to another answer, perhaps
// because FoxReload can't be reached now: what is on record has happened.
func (a *Activities) earlier(ctx context.Context, in Step) (out Outcome, done bool, err error) {
	if attempts(ctx) == 1 {
		return Outcome{}, false, nil
	}
	run := activity.GetInfo(ctx).WorkflowExecution.RunID
	s, there, err := a.Ledger.Entered(ctx, in.reference(), stateKey(run, in.Seq, ""))
	if err != nil || !there {
		return Outcome{}, false, err
	}
	seen := life.Retold(s)
	return Outcome{Seen: &seen, Recorded: s.State}, true, nil
}

// attempts is the number of this attempt, 1 for the first.
func attempts(ctx context.Context) int { return int(activity.GetInfo(ctx).Attempt) }

// look sees an order. Not to see it proves nothing; where it is the same for long enough,
// the order is held until somebody mends that.
func (a *Activities) look(ctx context.Context, in Step, id string) (foxreload.Order, error) {
	o, err := a.API.GetOrder(ctx, id)
	if answer := life.OfLook(err); err != nil && answer.Then == life.Refused {
		return foxreload.Order{}, a.patiently(ctx, in, "look", answer.Refusal, answer.Patience, err)
	}
	return o, err
}

// patiently is the refusal that an answer comes to once it has come often enough, over
// long enough: until then it is to be tried again.
func (a *Activities) patiently(ctx context.Context, in Step, call string, class foxreload.Class, p life.Patience, err error) error {
	refused := refusal(err, in.Request)
	refused.Class = class
	if class == life.ClassGone {
		refused.Code, refused.Message = codeGone, fmt.Sprintf("FoxReload does not know order %s, which is to be paid: %s", in.orderID(), refused.Message)
	}
	if p == (life.Patience{}) || in.held(class) {
		return refused
	}
	streak, failed := a.Ledger.Again(ctx, in.reference(), call+"/"+string(class)+"/"+refused.Code, a.Now())
	switch {
	case failed != nil:
		return failed
	case p.Over(streak.Times, streak.Lasted()):
		return refused
	}
	return &later{after: life.BackOff(streak.Times), why: fmt.Sprintf("%s (%s): %s; %d times so far", call, in.reference(), refused, streak.Times)}
}
