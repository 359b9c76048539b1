package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/internal/blank"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const perMinute = 600 // a list page every 1.5 s

// shop is a real ledger under the watchers of two workers, with real activities, and a
// FoxReload and a Temporal that do as the story says.
type shop struct {
	*testing.T
	fox      *fox
	temporal *engine
	book     *ledger.Ledger
	acts     [2]*activities.Activities
	watchers [2]*Watcher

	mu  sync.Mutex
	at  time.Time
	seq int
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{T: t, at: noon, temporal: &engine{T: t}}
	s.fox = &fox{shop: s}
	file := blank.New(t)
	for i := range s.watchers {
		book := file.Open(t)
		s.book = book
		s.acts[i] = &activities.Activities{API: s.fox, Ledger: book, Now: s.now, PayTakes: time.Minute}
		s.watchers[i] = New(Parts{Orders: activities.LookerFor(s.acts[i]), API: s.fox, Ledger: book, Temporal: s.temporal, Namespace: "default",
			Now: s.now, Holder: fmt.Sprint("worker ", i), PerMinute: perMinute, Log: zap.NewNop()})
		s.acts[i].Watch = s.watchers[i].Registered
	}
	return s
}

func (s *shop) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// after has time pass, and the first watcher tend to what is to be done each half second: the
// other stands by.
func (s *shop) after(d time.Duration) {
	s.Helper()
	const step = 500 * time.Millisecond
	for passed := time.Duration(0); passed < d; passed += step {
		s.pass(min(step, d-passed))
		s.tend()
	}
}

func (s *shop) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

func (s *shop) tend() {
	s.Helper()
	require.NoError(s, s.watchers[0].Tend(s.Context()))
}

// paid has an order be paid just now, of which FoxReload shows what stages say.
func (s *shop) paid(reference string, stages ...stage) activities.PollInput {
	s.Helper()
	id := "fox-" + reference
	request := order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}
	status, _, err := s.book.Orders.Begin(s.Context(), request, s.now())
	require.NoError(s, err)
	require.NoError(s, s.book.Pins.Pin(s.Context(), reference, 0, id, s.now()))
	s.fox.pay(id, stages)
	status.OrderID, status.State, status.UpdatedAt = &id, order.Paid, s.now()
	s.seq++
	require.NoError(s, s.book.Orders.Record(s.Context(), ledger.Entry{Reference: reference, Key: "state/run/0/paid", Kind: ledger.KindState, Run: "state/run/",
		State: order.Paid, At: s.now()}, status))
	facts := life.Begin(s.now())
	facts.State, facts.Money = order.Paid, life.Left
	facts.Order = life.Order{ID: id, Status: foxreload.StatusPaid, SeenAt: s.now()}
	facts.Clocks.Paid, facts.Clocks.Entered = s.now(), s.now()
	return activities.PollInput{Step: activities.Step{Terms: life.Terms{Request: request, Intervals: life.DefaultIntervals}, Facts: facts, Seq: s.seq},
		NotBefore: s.now().Add(5 * time.Second)}
}

// polls makes an attempt at PollStatus on the first worker, which registers the order.
func (s *shop) polls(in activities.PollInput, attempt int32) error {
	s.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&Attempted{Reference: in.Request.Reference, Seq: in.Seq, Attempt: attempt}}})
	env.RegisterActivity(s.acts[0])
	_, err := env.ExecuteActivity(s.acts[0].PollStatus, in)
	return err
}

// watched is a paid order that is registered.
func (s *shop) watched(reference string, stages ...stage) activities.PollInput {
	s.Helper()
	in := s.paid(reference, stages...)
	require.ErrorIs(s, s.polls(in, 1), activity.ErrResultPending)
	return in
}

func (s *shop) status(reference string) order.Status {
	s.Helper()
	status, err := s.book.Orders.Status(s.Context(), reference)
	require.NoError(s, err)
	return status
}

func (s *shop) isWatched(reference string) bool {
	s.Helper()
	_, there, err := s.book.Watches.Find(s.Context(), reference)
	require.NoError(s, err)
	return there
}

// Attempted gives an activity its token, run and attempt.
type Attempted struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
	interceptor.ActivityOutboundInterceptorBase
	Reference string
	Seq       int
	Attempt   int32
	begun     bool // before that the test environment needs its own token
}

func (a *Attempted) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	a.begun = true
	return a.ActivityInboundInterceptorBase.ExecuteActivity(ctx, in)
}

func (a *Attempted) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	one := &Attempted{Reference: a.Reference, Seq: a.Seq, Attempt: a.Attempt}
	one.ActivityInboundInterceptorBase.Next = next
	return one
}

func (a *Attempted) Init(out interceptor.ActivityOutboundInterceptor) error {
	a.ActivityOutboundInterceptorBase.Next = out
	return a.ActivityInboundInterceptorBase.Next.Init(a)
}

func (a *Attempted) GetInfo(ctx context.Context) activity.Info {
	info := a.ActivityOutboundInterceptorBase.GetInfo(ctx)
	info.WorkflowExecution.ID, info.WorkflowExecution.RunID = order.WorkflowID(a.Reference), "run"
	info.Attempt = a.Attempt
	if a.begun {
		info.TaskToken = fmt.Appendf(nil, "%s/%d/%d", a.Reference, a.Seq, a.Attempt)
	}
	return info
}

// stage is what FoxReload shows from a time after the payment on.
type stage struct {
	after  time.Duration
	status foxreload.Status
}

func done(after time.Duration) stage { return stage{after, foxreload.StatusCompleted} }

func processed(after time.Duration) stage { return stage{after, foxreload.StatusProcessing} }

// fox is FoxReload in the client's place, in virtual time: orders that go through stages, and
// a list of them, newest first, which is late, lies or leaves an order out as the story says.
type fox struct {
	shop *shop

	mu     sync.Mutex
	orders []*made
	looks  int // at single orders
	pages  int // of the list

	onGet      func(id string, looks int) error // before it answers
	listFails  error
	largeFails error                                 // where more than 50 are asked for at a time
	withCodes  bool                                  // the list shows them
	bend       func(foxreload.Order) foxreload.Order // an entry
	leavesOut  string                                // an order id
	behind     time.Duration                         // the list shows orders as they were
	oldestHead bool                                  // the list begins with the oldest
}

type made struct {
	id     string
	paid   time.Time
	stages []stage
}

func (f *fox) pay(id string, stages []stage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders = append(f.orders, &made{id: id, paid: f.shop.now(), stages: stages})
}

func (f *fox) see(m *made, at time.Time) foxreload.Order {
	o := foxreload.Order{ID: m.id, Status: foxreload.StatusPaid, Items: []foxreload.Item{{ItemID: "product_a", Quantity: 1}}}
	for _, s := range m.stages {
		if at.Sub(m.paid) >= s.after {
			o.Status = s.status
		}
	}
	if o.Status == foxreload.StatusCompleted {
		o.Items[0].Codes = []json.RawMessage{json.RawMessage(`"CODE-` + m.id + `"`)}
	}
	return o
}

func (f *fox) GetOrder(ctx context.Context, id string) (foxreload.Order, error) {
	if _, err := foxreload.Leave(ctx); err != nil {
		return foxreload.Order{}, err
	}
	f.mu.Lock()
	f.looks++
	looks, onGet := f.looks, f.onGet
	i := slices.IndexFunc(f.orders, func(m *made) bool { return m.id == id })
	seen := f.see(f.orders[i], f.shop.now())
	f.mu.Unlock()
	if onGet != nil {
		if err := onGet(id, looks); err != nil {
			return foxreload.Order{}, err
		}
	}
	return seen, ctx.Err()
}

func (f *fox) ListOrders(ctx context.Context, filter foxreload.OrderFilter) iter.Seq2[foxreload.Order, error] {
	return func(yield func(foxreload.Order, error) bool) {
		require.Empty(f.shop, filter.Status, "a filter may be ignored: none is used")
		for offset := 0; ; offset += 50 {
			_, err := foxreload.Leave(ctx)
			page, last := f.page(offset)
			if filter.Page > 50 {
				err = errors.Join(err, f.largeFails)
			}
			if err = errors.Join(err, f.listFails); err != nil {
				yield(foxreload.Order{}, err)
				return
			}
			for _, o := range page {
				if !yield(o, nil) {
					return
				}
			}
			if last || filter.More != nil && !filter.More() {
				return
			}
		}
	}
}

func (f *fox) page(offset int) (page []foxreload.Order, last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages++
	all := slices.Clone(f.orders)
	if !f.oldestHead {
		slices.Reverse(all)
	}
	for _, m := range all[min(offset, len(all)):min(offset+50, len(all))] {
		if m.id == f.leavesOut {
			continue
		}
		o := f.see(m, f.shop.now().Add(-f.behind))
		if !f.withCodes {
			o.Items = nil
		}
		if f.bend != nil {
			o = f.bend(o)
		}
		page = append(page, o)
	}
	return page, offset+50 >= len(all)
}

func (f *fox) asked() (looks, pages int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.looks, f.pages
}

func (f *fox) CreateOrder(context.Context, foxreload.CreateRequest) (foxreload.Order, error) {
	panic("a watcher creates nothing")
}

func (f *fox) PayOrder(context.Context, string, foxreload.PayRequest) (foxreload.Payment, error) {
	panic("a watcher pays nothing")
}

func (f *fox) Product(context.Context, string) (foxreload.Product, error) {
	panic("a watcher asks for no product")
}

// engine is Temporal: it keeps what it was told of activities.
type engine struct {
	*testing.T
	mu      sync.Mutex
	told    []word
	gone    map[string]bool // tokens that nobody waits for
	down    bool
	unasked bool                                       // no activity is to be cancelled
	pending map[string]*workflowpb.PendingActivityInfo // by workflow
	failed  []string                                   // activities that were failed by their id
}

// word is what an activity came to.
type word struct {
	token   string
	outcome activities.Outcome
	err     error
}

func (e *engine) CompleteActivity(_ context.Context, token []byte, result any, err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.down:
		return serviceerror.NewUnavailable("no answer")
	case e.gone[string(token)], slices.ContainsFunc(e.told, func(w word) bool { return w.token == string(token) }):
		return serviceerror.NewNotFound("no such activity")
	case e.unasked && temporal.IsCanceledError(err):
		return serviceerror.NewInvalidArgument("not to be cancelled")
	}
	said := word{token: string(token), err: err}
	if err == nil {
		said.outcome = result.(activities.Outcome)
	} else {
		require.Nil(e, result)
	}
	e.told = append(e.told, said)
	return nil
}

func (e *engine) CompleteActivityByID(_ context.Context, namespace, workflowID, runID, activityID string, result any, err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	require.Equal(e, "default", namespace)
	require.Nil(e, result)
	require.Error(e, err)
	e.failed = append(e.failed, fmt.Sprintf("%s %s %s", workflowID, runID, activityID))
	return nil
}

func (e *engine) DescribeWorkflowExecution(_ context.Context, workflowID, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	pending, there := e.pending[workflowID]
	if !there {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{PendingActivities: []*workflowpb.PendingActivityInfo{pending}}, nil
}

func (e *engine) words() []word {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.told)
}

func (e *engine) do(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}
