package workflows

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/internal/phrase"
	"foxflow/internal/story"
	"foxflow/order"
)

// TopUpWorkflowName is the type of the workflow that carries a request for a top-up.
const TopUpWorkflowName = "TopUpWorkflow"

// TopUpInput is what a top-up is started with. A zero knob means the default.
type TopUpInput struct {
	Request order.TopUpRequest `json:"request"`
	// LookEvery is the time between looks at the balance.
	LookEvery time.Duration `json:"lookEvery"`
	// GiveUpAfter is how long the money is waited for where FoxReload names no limit.
	GiveUpAfter time.Duration `json:"giveUpAfter"`
}

const (
	defaultLookEvery = 30 * time.Second
	defaultMoneyIn   = 24 * time.Hour
	// longestLimit bounds a limit that FoxReload names: one in ten years is a slip, and a
	// watch costs requests.
	longestLimit = 7 * 24 * time.Hour
)

// topUp is one request for a top-up: how it stands, and what it was started with.
type topUp struct {
	in     TopUpInput
	status order.TopUp
	seq    int // the step that was begun last
	until  time.Time
}

// TopUpWorkflow asks FoxReload for a top-up, once; says where to send the money; watches
// the balance until it has risen or the time is up; then wakes the orders that wait for
// it. Every end but its own cancellation is a result, not a failure. A cancelled one
// harms no one: a request that nobody pays is worth nothing.
func TopUpWorkflow(ctx workflow.Context, in TopUpInput) (order.TopUp, error) {
	if in.LookEvery <= 0 {
		in.LookEvery = defaultLookEvery
	}
	if in.GiveUpAfter <= 0 {
		in.GiveUpAfter = defaultMoneyIn
	}
	t := &topUp{in: in, status: order.NewTopUp(in.Request)}
	if err := workflow.SetQueryHandlerWithOptions(ctx, QueryStatus, func() (order.TopUp, error) { return t.status, nil },
		workflow.QueryHandlerOptions{Description: "How the top-up stands: the JSON of starter top-up --request, without the raw answer."}); err != nil {
		return t.status, err
	}
	err := t.run(ctx)
	if err != nil && (ctx.Err() != nil || temporal.IsCanceledError(err)) {
		ending, _ := workflow.NewDisconnectedContext(ctx)
		if err := t.become(ending, order.TopUpCancelled, "the workflow was cancelled: the balance is not watched for it any more"); err != nil {
			return t.status, err
		}
		return t.status, temporal.NewCanceledError()
	}
	return t.status, err
}

func (t *topUp) run(ctx workflow.Context) error {
	started := workflow.GetInfo(ctx).WorkflowStartTime
	if err := workflow.ExecuteLocalActivity(ledgerOptions(ctx, "open the ledger's row"), acts.OpenTopUp, t.in.Request, started).Get(ctx, nil); err != nil {
		return err
	}
	t.show(ctx)
	var asked activities.AskedTopUp
	calling := apiOptions(ctx, priorityCreate, "request a top-up of "+topUpSummary(t.in.Request))
	if err := workflow.ExecuteActivity(calling, acts.RequestTopUp, t.in.Request).Get(ctx, &asked); err != nil {
		return t.refused(ctx, err)
	}
	t.take(asked, started)
	if err := t.become(ctx, order.TopUpWaiting, t.waitsFor()); err != nil {
		return err
	}
	var watched activities.Watched
	watching := apiOptions(ctx, priorityPoll, "watch the balance for "+topUpSummary(t.in.Request))
	look := activities.WatchInput{TopUpID: t.in.Request.ID, Every: t.in.LookEvery, Until: t.until}
	if err := workflow.ExecuteActivity(watching, acts.WatchBalance, look).Get(ctx, &watched); err != nil {
		return err
	}
	if watched.Risen == "" {
		return t.become(ctx, order.TopUpExpired, expiredReason(watched))
	}
	if err := t.become(ctx, order.TopUpArrived, "the balance has risen by "+watched.Risen); err != nil {
		return err
	}
	// The money is there, whoever cancels now.
	waking, _ := workflow.NewDisconnectedContext(ctx)
	return workflow.ExecuteActivity(apiOptions(waking, priorityPay, "wake the orders that wait for money"), acts.WakeOrders).Get(waking, nil)
}

// refused takes in why there is no answer.
func (t *topUp) refused(ctx workflow.Context, err error) error {
	r, ok := refusalIn(err)
	switch {
	case !ok:
		return err
	case r.Class == activities.ClassLost:
		return t.become(ctx, order.TopUpLost, r.Message)
	default:
		return t.become(ctx, order.TopUpFailed, r.Code+": "+r.Message)
	}
}

// take takes in where to send the money, and until when that is waited for.
func (t *topUp) take(asked activities.AskedTopUp, started time.Time) {
	t.status.Address, t.status.Link, t.status.ExpiresAt = phrase.Some(asked.Address), phrase.Some(asked.Link), asked.ExpiresAt
	if asked.Amount != "" {
		t.status.Amount = asked.Amount
	}
	if asked.Currency != "" {
		t.status.Currency = asked.Currency
	}
	t.until = started.Add(t.in.GiveUpAfter)
	// A limit that was over before we asked is none.
	if limit := asked.ExpiresAt; limit != nil && limit.After(started) {
		t.until = *limit
		if latest := started.Add(longestLimit); limit.After(latest) {
			t.until = latest
		}
	}
}

func (t *topUp) waitsFor() string {
	until := t.until.UTC().Format("2006-01-02 15:04:05 UTC")
	if t.status.Address == nil && t.status.Link == nil {
		return "FoxReload's answer names no address or link that foxflow knows; raw holds the whole of it; the balance is watched until " + until
	}
	return "the money to arrive; the balance is watched until " + until
}

func expiredReason(w activities.Watched) string {
	if w.Unseen {
		return "the time limit passed, and the balance could not be read at the end; starter balance shows it"
	}
	return "the time limit passed and the balance was not seen to rise; money that was sent can still come (starter balance shows it, starter top-up --all wakes the orders)"
}

// become is the one place where the top-up's state changes: it is put on record first,
// then shown, and indexed.
func (t *topUp) become(ctx workflow.Context, next order.TopUpState, reason string) error {
	s := t.status
	s.State, s.Reason = next, phrase.Some(reason)
	t.seq = nextStep(ctx, t.seq)
	if err := workflow.ExecuteLocalActivity(ledgerOptions(ctx, "record "+string(next)), acts.RecordTopUp, s, t.seq, workflow.Now(ctx).UTC()).Get(ctx, nil); err != nil {
		return err
	}
	t.status = s
	workflow.GetLogger(ctx).Info("state", "top_up", s.ID, "state", string(next))
	t.show(ctx)
	return workflow.UpsertTypedSearchAttributes(ctx, AttributeState.ValueSet(string(next)))
}

// show sets the text that the Web UI shows.
func (t *topUp) show(ctx workflow.Context) { workflow.SetCurrentDetails(ctx, story.TopUp(t.status)) }

func topUpSummary(r order.TopUpRequest) string { return fmt.Sprintf("%s %s", r.Amount, r.Currency) }

// TopUpStartOptions says how a top-up is started: one workflow for each id, ever.
func TopUpStartOptions(r order.TopUpRequest, taskQueue, ledgerID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       order.TopUpWorkflowID(r.ID),
		TaskQueue:                taskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "top up " + topUpSummary(r),
		Memo:                     map[string]any{MemoLedger: ledgerID},
		TypedSearchAttributes:    temporal.NewSearchAttributes(AttributeState.ValueSet(string(order.TopUpRequested))),
	}
}
