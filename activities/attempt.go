package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

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
	ctx, err := a.onClock(ctx)
	var out Outcome
	if err == nil {
		out, err = a.try(ctx, in, p, attempts(ctx) > 1, work)
	}
	return out, a.convert(ctx, in, err)
}

// try does the work of an attempt, unless an earlier one has come to its end.
func (a *Activities) try(ctx context.Context, in Step, p foxreload.Priority, again bool, work func(context.Context) (Outcome, error)) (out Outcome, err error) {
	done := false
	if again {
		out, done, err = a.earlier(ctx, in)
	}
	if !done && err == nil {
		out, err = work(foxreload.WithPriority(ctx, p))
	}
	if ledger.Lacks(err) {
		err = a.lacking(ctx, in, err)
	}
	if refused := new(life.Refusal); errors.As(err, &refused) {
		switch doubt, there, failed := a.Ledger.Payments.InDoubt(ctx, in.reference()); {
		case failed != nil:
			err = failed
		case there:
			refused.Doubt = new(life.Doubted(doubt))
		}
	}
	return out, err
}

// earlier is the outcome of an earlier attempt at this step that put a new state on record
// and died before Temporal heard of it. This one must not come to another answer, perhaps
// because FoxReload can't be reached now: what is on record has happened. A state that was
// recorded in passing is no outcome.
func (a *Activities) earlier(ctx context.Context, in Step) (out Outcome, done bool, err error) {
	s, there, err := a.Ledger.Log.Entered(ctx, in.reference(), stateKey(cmp.Or(in.Chain, tryingOf(ctx).run), in.Seq, ""))
	if err != nil || !there {
		return Outcome{}, false, err
	}
	seen := life.Retold(s)
	return Outcome{Seen: &seen, Recorded: s.State}, in.Told(in.Facts, seen), nil
}

// trying says which attempt works: of which run, and its number, 1 for the first.
type trying struct {
	run    string
	number int
}

type tryingKey struct{}

// tryingOf is the attempt that works under the context: the activity's own, or the one that
// a watcher looks for.
func tryingOf(ctx context.Context) trying {
	if t, ok := ctx.Value(tryingKey{}).(trying); ok {
		return t
	}
	info := activity.GetInfo(ctx)
	return trying{run: info.WorkflowExecution.RunID, number: int(info.Attempt)}
}

// attempts is the number of this attempt, 1 for the first.
func attempts(ctx context.Context) int { return tryingOf(ctx).number }

// look sees an order. Not to see it proves nothing; where it is the same for long enough,
// the order is blocked until somebody mends that.
func (a *Activities) look(ctx context.Context, in Step, id string) (foxreload.Order, error) {
	o, err := a.API.GetOrder(ctx, id)
	if answer := life.OfLook(err); err != nil && answer.Then == life.Refused {
		return foxreload.Order{}, a.patiently(ctx, in, "look", answer.Refusal, answer.Patience, err)
	}
	if err == nil {
		err = a.endStreak(ctx, in, "look")
	}
	return o, err
}

// endStreak says that a call had another answer than the one that is being counted; without
// a call, that whatever is being counted is over.
func (a *Activities) endStreak(ctx context.Context, in Step, call string) error {
	streak, err := a.Ledger.Streaks.Of(ctx, in.reference())
	if counted, _, _ := strings.Cut(streak.Code, "/"); err != nil || streak.Code == "" || call != "" && call != counted {
		return err
	}
	return a.Ledger.Streaks.End(ctx, in.reference())
}

// patiently is the refusal that an answer comes to once its like has come often enough, over
// long enough: until then it is to be tried again. The same refusal in other words counts:
// a FoxReload that says "locked" and "in progress" by turns refuses all the same.
func (a *Activities) patiently(ctx context.Context, in Step, call string, class foxreload.Class, p life.Patience, err error) error {
	refused := refusal(err, in.Request)
	refused.Class = class
	if class == life.ClassGone {
		refused.Code, refused.Message = codeGone, fmt.Sprintf("FoxReload does not know order %s, which is to be paid: %s", in.orderID(), refused.Message)
	}
	if in.blockedBy(class) {
		return refused
	}
	if p == (life.Patience{}) {
		if failed := a.endStreak(ctx, in, call); failed != nil {
			return failed
		}
		return refused
	}
	streak, failed := a.Ledger.Streaks.Again(ctx, in.reference(), call+"/"+string(class), a.now(ctx))
	switch {
	case failed != nil:
		return failed
	case p.Over(streak.Times, streak.Lasted()):
		return refused
	}
	return &later{after: life.BackOff(streak.Times), why: fmt.Sprintf("%s (%s): %s; %d times so far", call, in.reference(), refused, streak.Times)}
}
