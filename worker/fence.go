package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"foxflow/workflows"
)

const (
	// headerLedger is the header of an activity that says whose order it is about. It is no
	// secret, and must be read whatever the keyset.
	headerLedger = "foxflow-ledger"
	// typeOtherLedger is the type of an activity's failure on the wrong worker.
	typeOtherLedger = "OtherLedger"
	// metLasts is how long a worker is not ready after it met an order of another ledger: a
	// task that it failed comes again before that.
	metLasts = 10 * time.Minute
	// otherWorkerSoon is when an activity is offered again, to the right worker perhaps.
	otherWorkerSoon = time.Second
)

// fence keeps this worker off the orders of other ledgers. Two workers with different
// ledgers on one task queue would take each other's orders, and their states and codes
// would be split between the two. The workflow task, or the activity, fails without having
// done anything, and is offered again until the right worker takes it.
type fence struct {
	interceptor.WorkerInterceptorBase
	ledger   string // the id of this worker's
	payloads converter.DataConverter
	now      func() time.Time
	log      *zap.Logger

	mu   sync.Mutex
	last stranger // the last one that was met
}

// stranger is an order of another ledger.
type stranger struct {
	workflowID string
	why        string
	at         time.Time
}

// otherLedger is the panic of a workflow task on the wrong worker: it fails the task, never
// the workflow.
type otherLedger struct{ why string }

func (e otherLedger) Error() string { return e.why }

// check is why this worker is not ready.
func (f *fence) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noneLately() {
		return nil
	}
	return fmt.Errorf("met %s at %s, which is not this ledger's and is left alone: %s. One ledger and one keyset go with one Temporal namespace: "+
		"stop the worker that has others, or mend its FOXFLOW_LEDGER, FOXFLOW_KEYSET, TEMPORAL_NAMESPACE or FOXFLOW_TASK_QUEUE",
		f.last.workflowID, f.last.at.UTC().Format(time.RFC3339), f.last.why)
}

// meet keeps that this worker met an order that is not its ledger's.
func (f *fence) meet(workflowID, why string) {
	f.mu.Lock()
	first := f.noneLately()
	f.last = stranger{workflowID: workflowID, why: why, at: f.now()}
	f.mu.Unlock()
	if first {
		f.log.Error("an order of another ledger is left alone; this worker is not ready", zap.String("workflow_id", workflowID), zap.String("why", why))
	}
}

// noneLately says that none was met lately. The caller holds the lock.
func (f *fence) noneLately() bool { return f.last.at.IsZero() || f.now().Sub(f.last.at) > metLasts }

// foreign is why a workflow with this memo is not this ledger's; "": it is, or nobody said.
func (f *fence) foreign(memo *commonpb.Memo) (why string) {
	payload := memo.GetFields()[workflows.MemoLedger]
	if payload == nil {
		return ""
	}
	var id string
	if err := f.payloads.FromPayload(payload, &id); err != nil {
		return fmt.Sprintf("it was placed with another keyset (%v)", err)
	}
	return f.other(id)
}

func (f *fence) other(id string) (why string) {
	if id == f.ledger {
		return ""
	}
	return fmt.Sprintf("it belongs to ledger %s, and this worker's is %s", id, f.ledger)
}

// InterceptWorkflow is part of interceptor.WorkerInterceptor.
func (f *fence) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &fencedWorkflow{interceptor.WorkflowInboundInterceptorBase{Next: next}, f}
}

type fencedWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
	*fence
}

func (w *fencedWorkflow) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return w.Next.Init(&fencedCalls{interceptor.WorkflowOutboundInterceptorBase{Next: next}, w.fence})
}

func (w *fencedWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	info := workflow.GetInfo(ctx)
	if why := w.foreign(info.Memo); why != "" {
		w.meet(info.WorkflowExecution.ID, why)
		panic(otherLedger{why})
	}
	return w.Next.ExecuteWorkflow(ctx, in)
}

// fencedCalls has each activity carry whose order it is about.
type fencedCalls struct {
	interceptor.WorkflowOutboundInterceptorBase
	*fence
}

func (c *fencedCalls) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	if payload, err := converter.GetDefaultDataConverter().ToPayload(c.ledger); err == nil {
		interceptor.WorkflowHeader(ctx)[headerLedger] = payload
	}
	return c.Next.ExecuteActivity(ctx, activityType, args...)
}

// InterceptActivity is part of interceptor.WorkerInterceptor.
func (f *fence) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &fencedActivity{interceptor.ActivityInboundInterceptorBase{Next: next}, f}
}

type fencedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	*fence
}

func (a *fencedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	var id string
	payload := interceptor.Header(ctx)[headerLedger]
	if payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &id) != nil {
		return a.Next.ExecuteActivity(ctx, in)
	}
	if why := a.other(id); why != "" {
		a.meet(activity.GetInfo(ctx).WorkflowExecution.ID, why)
		return nil, temporal.NewApplicationErrorWithOptions(why, typeOtherLedger,
			temporal.ApplicationErrorOptions{NextRetryDelay: otherWorkerSoon, Category: temporal.ApplicationErrorCategoryBenign})
	}
	return a.Next.ExecuteActivity(ctx, in)
}
