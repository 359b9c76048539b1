package workflows_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/internal/blank"
	"foxflow/internal/codec"
	"foxflow/internal/keyset"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// world is one order's surroundings: the real workflow, the real activities and
// a real ledger, a scripted FoxReload, and a clock that jumps.
type world struct {
	*testing.T
	env  *testsuite.TestWorkflowEnvironment
	fox  *upstream
	file string
	book *ledger.Ledger
	acts *activities.Activities
	in   workflows.OrderInput
	keys *keyset.Keyset
	runs int
	// sealing is how payloads and failures are sealed, as in production.
	sealing client.Options
}

const reference = "shop-1001"

// seldom is the interval of stories that last a day. The test environment counts
// heartbeats by the wall clock over all attempts of an activity: thousands of them
// would not be over in time on a slow machine.
const seldom = 10 * time.Minute

func newWorld(t *testing.T) *world {
	t.Helper()
	file := blank.New(t)
	w := &world{T: t, file: file.Path, book: file.Open(t), keys: file.Keys, sealing: codec.Seal(client.Options{}, file.Keys), in: workflows.OrderInput{Request: order.Request{
		Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1, Note: map[string]string{"player_id": "00123456"}}},
	}}}
	w.restart()
	return w
}

// restart gives the order a new run over the same ledger and FoxReload, as a
// reset from the first event does.
func (w *world) restart() {
	start := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	if w.env != nil {
		start = w.env.Now().Add(time.Minute)
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	w.env = suite.NewTestWorkflowEnvironment()
	w.env.SetStartTime(start)
	w.env.SetDataConverter(w.sealing.DataConverter)
	w.env.SetFailureConverter(w.sealing.FailureConverter)
	w.env.SetTestTimeout(5 * time.Minute) // by the wall clock, and many run at once
	// On a busy machine a goroutine may well stand still for a second.
	w.runs++
	w.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute,
		Interceptors: []interceptor.WorkerInterceptor{&runIDs{run: fmt.Sprintf("run-%d", w.runs)}}})
	w.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: order.WorkflowID(w.in.Request.Reference), TaskQueue: "foxflow"})
	if w.fox == nil {
		w.fox = newUpstream(nil)
	}
	w.fox.now = w.env.Now
	w.acts = &activities.Activities{API: w.fox, Ledger: w.book, Now: w.env.Now, IdempotencyKeys: true, PayTakes: 35 * time.Second}
	w.env.RegisterActivity(w.acts)
	w.env.RegisterWorkflowWithOptions(workflows.OrderWorkflow, workflow.RegisterOptions{Name: workflows.OrderWorkflowName})
	tellPaused(w.Context(), w.env, w.acts, w.in.Request.Reference)
}

// tellPaused does for a paused order what the balance desk does, which is no part of these worlds:
// the order is told when it waits for something else now, or may be paid.
func tellPaused(ctx context.Context, env *testsuite.TestWorkflowEnvironment, acts *activities.Activities, reference string) {
	env.RegisterDelayedCallback(func() {
		defer tellPaused(ctx, env, acts, reference)
		s, err := acts.Ledger.Orders.Status(ctx, reference)
		if err != nil || s.State != order.Paused {
			return
		}
		if wait, err := acts.Withheld(ctx, s); err == nil && wait != *s.WaitingForCode {
			env.SignalWorkflow(workflows.SignalTopUp, nil)
		}
	}, 5*time.Minute)
}

// runIDs gives each run of the workflow a run id of its own, which the test
// environment does not, and its activities all the time that a busy machine needs.
type runIDs struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
	interceptor.ActivityOutboundInterceptorBase
	run string
}

func (r *runIDs) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	one := &patient{}
	one.WorkflowInboundInterceptorBase.Next = next
	return one
}

func (r *runIDs) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	one := &runIDs{run: r.run}
	one.ActivityInboundInterceptorBase.Next = next
	return one
}

func (r *runIDs) Init(out interceptor.ActivityOutboundInterceptor) error {
	r.ActivityOutboundInterceptorBase.Next = out
	return r.ActivityInboundInterceptorBase.Next.Init(r)
}

func (r *runIDs) GetInfo(ctx context.Context) activity.Info {
	info := r.ActivityOutboundInterceptorBase.GetInfo(ctx)
	info.WorkflowExecution.RunID = r.run
	return info
}

// patient lengthens heartbeat time-outs: the test environment counts them by the wall
// clock, over all attempts of an activity.
type patient struct {
	interceptor.WorkflowInboundInterceptorBase
	interceptor.WorkflowOutboundInterceptorBase
}

func (p *patient) Init(out interceptor.WorkflowOutboundInterceptor) error {
	p.WorkflowOutboundInterceptorBase.Next = out
	return p.WorkflowInboundInterceptorBase.Next.Init(p)
}

func (p *patient) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	return p.WorkflowOutboundInterceptorBase.Next.ExecuteActivity(workflow.WithHeartbeatTimeout(ctx, time.Hour), name, args...)
}

// at has something happen a while after the order was placed.
func (w *world) at(d time.Duration, f func()) { w.env.RegisterDelayedCallback(f, d) }

func (w *world) topUp(usd int64) {
	w.fox.do(func() { w.fox.balance = w.fox.balance.Add(decimal.NewFromInt(usd)) })
	w.env.SignalWorkflow(workflows.SignalTopUp, nil)
}

// run carries the order to its end and returns how it stands.
func (w *world) run() order.Status {
	w.Helper()
	w.env.ExecuteWorkflow(workflows.OrderWorkflowName, w.in)
	require.True(w, w.env.IsWorkflowCompleted(), "the order has not ended")
	require.NoError(w, w.env.GetWorkflowError())
	var s order.Status
	require.NoError(w, w.env.GetWorkflowResult(&s))
	w.invariants(s)
	return s
}

// invariants hold at the end of every story.
func (w *world) invariants(s order.Status) {
	w.Helper()
	require.True(w, s.State.Ended(), "ended as %s", s.State)
	onRecord, err := w.book.Orders.Status(w.Context(), reference)
	require.NoError(w, err)
	require.Equal(w, s, onRecord, "the ledger and the workflow tell the same")
	require.NoError(w, w.book.Log.Verify(w.Context(), reference))
	require.LessOrEqual(w, len(w.fox.debits), 1, "more than one order was paid")
	require.Zero(w, w.fox.unbounded, "a pay may take longer than the ledger was told")
	states := w.states()
	require.Equal(w, s.State, states[len(states)-1], "the last entry is the end")
	w.legal()
	if s.State == order.Completed {
		require.Len(w, w.fox.debits, 1)
	}
}

// legal holds the log against the steps that orders may take. Only a reset leads
// elsewhere, or a ledger put back from a backup, and then the log says so.
func (w *world) legal() {
	w.Helper()
	entries, err := w.book.Log.Entries(w.Context(), reference)
	require.NoError(w, err)
	previous, again, restored := order.State(""), false, false
	for _, e := range entries {
		switch {
		case e.Kind == ledger.KindNote && strings.Contains(e.Reason, "taken up again"):
			require.True(w, w.runs > 1 || restored, "nothing was reset, yet the log says so")
			again = true
		case e.Kind == ledger.KindNote && strings.Contains(e.Reason, "put back from a backup"):
			again, restored = true, true
		case e.Kind == ledger.KindState:
			require.True(w, again || previous.CanBecome(e.State), "%s → %s on record", previous, e.State)
			previous, again = e.State, false
		}
	}
}

// states are the state entries of the audit log.
func (w *world) states() []order.State {
	w.Helper()
	entries, err := w.book.Log.Entries(w.Context(), reference)
	require.NoError(w, err)
	var states []order.State
	for _, e := range entries {
		if e.Kind == ledger.KindState {
			states = append(states, e.State)
		}
	}
	return states
}

// now asks the running order how it stands.
func (w *world) now() order.Status {
	w.Helper()
	answer, err := w.env.QueryWorkflow(workflows.QueryStatus)
	require.NoError(w, err)
	var s order.Status
	require.NoError(w, answer.Get(&s))
	return s
}

// onRecord is how the ledger has the order.
func (w *world) onRecord() order.Status {
	w.Helper()
	s, err := w.book.Orders.Status(w.Context(), reference)
	require.NoError(w, err)
	return s
}

// cancel asks for the order's end and keeps the answer.
func (w *world) cancel() *answer {
	a := &answer{}
	w.env.UpdateWorkflow(workflows.UpdateCancel, "", a)
	return a
}

// answer is what an update came to.
type answer struct {
	accepted, done bool
	err            error
	status         order.Status
}

func (a *answer) Accept()          { a.accepted = true }
func (a *answer) Reject(err error) { a.err = err }
func (a *answer) Complete(result any, err error) {
	a.done, a.err = true, err
	if s, ok := result.(order.Status); ok {
		a.status = s
	}
}
