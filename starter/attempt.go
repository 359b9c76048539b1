package main

import (
	"context"
	"errors"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	sdk "go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"foxflow/order"
	"foxflow/story"
	"foxflow/workflows"
)

// explainTimeout bounds how long a story waits for Temporal: it is told without it too.
const explainTimeout = 3 * time.Second

// unowned is how long a step may wait for a worker before that is worth a word.
const unowned = 10 * time.Second

// askTemporal adds what Temporal alone knows to the story of an order without an end: the
// step that is being tried, what its last attempt heard, when the next one is due.
func (d *desk) askTemporal(ctx context.Context, told *story.Story) {
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	notAsked := func(why string) { told.NotAsked = &why }
	t, err := d.connect(ctx)
	if err != nil {
		notAsked(connectionLost(err))
		return
	}
	defer t.Close()
	found, err := t.DescribeWorkflowExecution(ctx, order.WorkflowID(told.Reference), "")
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		told.RunsNowhere(t.namespace)
	case err != nil:
		notAsked("Temporal could not say: " + t.explain(err))
	case found.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		told.Facts = append(told.Facts, "Its workflow was ended in Temporal before it: it does not go on by itself. To set it going: "+resetCommand(told.Reference))
	case t.text(found.GetWorkflowExecutionInfo().GetMemo().GetFields()[workflows.MemoLedger]) != d.book.ID():
		notAsked("Temporal knows this reference from another ledger (namespace " + t.namespace + ")")
	default:
		d.addAttempt(t, found, told)
		if why := t.stuck(ctx, found.GetWorkflowExecutionInfo().GetExecution(), found.GetPendingWorkflowTask()); why != "" {
			told.Facts = append(told.Facts, why)
		}
	}
}

func (d *desk) addAttempt(t *temporal, found *workflowservice.DescribeWorkflowExecutionResponse, told *story.Story) {
	for _, pending := range found.GetPendingActivities() {
		attempt, answer := t.attempt(pending)
		told.Attempt = &attempt
		if answer != nil {
			told.LastAnswer = answer
		}
	}
	waits := found.GetPendingWorkflowTask()
	since := waits.GetScheduledTime()
	if waits.GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED && since != nil && d.now().Sub(since.AsTime()) > unowned {
		told.Facts = append(told.Facts, "No worker has taken it up since "+clock(since.AsTime())+": is one running?")
	}
}

// attempt is a pending activity with what its last attempt came to.
func (t *temporal) attempt(p *workflowpb.PendingActivityInfo) (story.Attempt, *story.Answer) {
	running := p.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED || p.GetState() == enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
	a := story.Attempt{Activity: p.GetActivityType().GetName(), Attempt: int(p.GetAttempt()), Running: running, LastAt: instant(p.GetLastStartedTime())}
	if !running {
		a.NextAt = instant(p.GetNextAttemptScheduleTime())
	}
	if p.GetLastFailure() == nil {
		return a, nil
	}
	code, message := t.failure(p.GetLastFailure())
	// A poll without news is retried by failing: that is no refusal.
	if code == unchanged {
		code = ""
	}
	return a, &story.Answer{Code: code, Message: message, At: instant(p.GetLastAttemptCompleteTime()), From: story.FromTemporal}
}

// unchanged is the type of the failure by which a poll without news asks to be tried again.
const unchanged = "Unchanged"

// sealedMessage is what the SDK writes in the place of a message that is sealed.
const sealedMessage = "Encoded failure"

// failure opens a failure that Temporal keeps. The activities have taken out of it
// whatever is secret.
func (t *temporal) failure(f *failurepb.Failure) (code, message string) {
	err := t.failures.FailureToError(f)
	var app *sdk.ApplicationError
	var late *sdk.TimeoutError
	switch {
	case errors.As(err, &app) && app.Message() == sealedMessage:
		return app.Type(), "its words are sealed with another keyset"
	case errors.As(err, &app):
		return app.Type(), app.Message()
	case errors.As(err, &late):
		return "", "the last attempt did not report back in time: its worker may have died"
	default:
		return "", err.Error()
	}
}

func instant(t *timestamppb.Timestamp) *time.Time {
	if t == nil || t.GetSeconds() == 0 {
		return nil
	}
	at := t.AsTime().UTC()
	return &at
}

// connectionLost is why there is no connection, without what a command that starts
// something would say of it.
func connectionLost(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "Temporal does not answer"
	}
	message := asFailure(err).message
	if silent, _, cut := strings.Cut(message, " does not answer: "); cut {
		return silent + " does not answer"
	}
	return message
}
