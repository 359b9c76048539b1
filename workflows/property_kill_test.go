package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"modernc.org/sqlite"

	"foxflow/foxreload"
)

// How a worker dies in a trial: at a point where that can make a difference, and
// from there on nothing that the attempt does counts. Its calls panic, its commits
// are refused, and its result never reaches Temporal, which runs it again.

// killed is what a dead attempt's calls of FoxReload panic with.
type killed struct{}

// endlessly is a number of points that no order reaches which comes to an end.
const endlessly = 8000

// point counts a point where a kill can strike, and says which one does.
func (t *trial) point(where string) (kill, bool) {
	if t.points++; t.points == endlessly {
		t.breach("it goes round and round")
		t.abandoned, t.lost = true, true
	}
	for _, k := range t.script.Kills {
		if k.Point == t.points && !t.dead {
			t.dead = true
			t.tell("        killed %s (point %d)", where, t.points)
			t.abandoned = t.abandoned || k.Reset
			return k, true
		}
	}
	return kill{}, false
}

// before is the point at which a call leaves. The effect of what has left already
// comes later, whatever becomes of the caller.
func (t *trial) before(call string, e *effect) {
	k, struck := kill{}, false
	if !t.dead {
		k, struck = t.point("before " + call)
	}
	if struck && e != nil && k.Late > 0 {
		e.at = t.now().Add(k.Late)
		t.fox.late = append(t.fox.late, *e)
		t.tell("        the %s is on its way for %s", call, k.Late)
	}
	if t.dead {
		panic(killed{})
	}
}

// after is the point at which an answer arrives.
func (t *trial) after(call string, f fault, o foxreload.Order, err error) {
	t.tell("%s (%s): %s", call, f, said(string(o.Status), err))
	if _, struck := t.point("after " + call); struck {
		panic(killed{})
	}
	if err == nil {
		t.fox.shown(o)
	}
}

// said is what a call came to, in a word.
func said(well string, err error) string {
	var api *foxreload.Error
	switch {
	case err == nil:
		return well
	case errors.As(err, &api):
		return api.Code
	default:
		return err.Error()
	}
}

// strikeAtCommits has every commit of a ledger pass by the trial that is played.
var strikeAtCommits = sync.OnceFunc(func() {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		hooks, ok := conn.(sqlite.HookRegisterer)
		if !ok {
			return errors.New("this SQLite has no commit hooks")
		}
		hooks.RegisterCommitHook(func() int32 {
			if t := playing.Load(); t != nil && t.refuses() {
				return 1
			}
			return 0
		})
		// No trial is about a power cut, and waiting for the disk is most of its time.
		_, err := conn.ExecContext(context.Background(), "PRAGMA synchronous = OFF", nil)
		return err
	})
})

// refuses says whether a commit does not happen.
func (t *trial) refuses() bool {
	defer t.lock()()
	switch {
	case t.outside:
		return false
	case t.dead:
		return true
	case t.now().Before(t.deafDisk):
		t.tell("        the ledger refuses a write")
		return true
	}
	_, struck := t.point("before a commit")
	return struck
}

// reaper stands around every attempt of every activity.
type reaper struct {
	interceptor.WorkerInterceptorBase
	trial *trial
}

func (r *reaper) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &attempt{trial: r.trial}
	a.Next = next
	return a
}

type attempt struct {
	interceptor.ActivityInboundInterceptorBase
	trial *trial
}

func (a *attempt) Init(out interceptor.ActivityOutboundInterceptor) error {
	i := &identity{trial: a.trial}
	i.Next = out
	return a.Next.Init(i)
}

func (a *attempt) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (result any, err error) {
	name := activity.GetInfo(ctx).ActivityType.Name
	if a.trial.isAbandoned() {
		return nil, errAbandoned
	}
	defer func() {
		p := recover()
		if _, struck := p.(killed); p != nil && !struck {
			panic(p)
		}
		if a.trial.bury(name, err) {
			result, err = nil, errors.New("the worker was killed")
			if a.trial.isAbandoned() {
				err = errAbandoned
			}
		}
	}()
	return a.Next.ExecuteActivity(ctx, in)
}

// errAbandoned ends a run that was reset.
var errAbandoned = temporal.NewNonRetryableApplicationError("the order was reset", typeAbandoned, nil)

const typeAbandoned = "Abandoned"

func (t *trial) isAbandoned() bool {
	defer t.lock()()
	return t.abandoned
}

// bury ends the attempt, and says whether its worker was killed on the way.
func (t *trial) bury(name string, err error) (dead bool) {
	defer t.lock()()
	if !t.dead {
		t.tell("    %s: %s", name, said("done", err))
		t.point("before the result of " + name)
	}
	t.fox.takenIn(!t.dead && err == nil)
	dead, t.dead = t.dead, false
	return dead
}

// identity gives each run of the workflow a run id of its own, which the test
// environment does not.
type identity struct {
	interceptor.ActivityOutboundInterceptorBase
	trial *trial
}

func (i *identity) GetInfo(ctx context.Context) activity.Info {
	info := i.Next.GetInfo(ctx)
	info.WorkflowExecution.RunID = fmt.Sprintf("run-%d", i.trial.runs)
	return info
}

// happen plays an event.
func (t *trial) happen(what string) {
	h := t.fox
	unlock := t.lock()
	h.land(t.now())
	t.tell("%s", what)
	switch what {
	case "top-up", "money":
		h.balance = h.balance.Add(h.price.Mul(two))
	case "dashboard cancels", "link is paid", "reprice":
		h.touch(what)
	case "disk refuses":
		t.deafDisk = t.now().Add(20 * time.Second)
	case "reset":
		t.abandoned = true
	case "cancel", "retry", "abort":
		t.asked = append(t.asked, what)
	case "strange for a while":
		h.oddUntil = t.now().Add(10 * time.Minute)
	case "strange for hours":
		h.oddUntil = t.now().Add(3 * time.Hour)
	case "pause", "resume":
		t.outside = true
	}
	unlock()
	if what == "top-up" || what == "money" {
		t.outside = true
		t.tellBalance()
	}
	t.say(what)
	unlock = t.lock()
	t.outside = false
	unlock()
}
