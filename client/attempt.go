package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"foxflow/internal/story"
)

const (
	// unowned is how long a step may wait for a worker before that is worth a word.
	unowned = 10 * time.Second
	// stuckAfter is how often in a row a workflow's task fails before that is worth a word: a
	// worker that dies fails one, too.
	stuckAfter = 3
	// stuckLooks is how many of the last events hold the failure.
	stuckLooks = 10
)

// addAttempt adds the step that is being tried, and what its last attempt came to.
func (t *Connection) addAttempt(found *workflowservice.DescribeWorkflowExecutionResponse, told *story.Story, now time.Time) {
	for _, pending := range found.GetPendingActivities() {
		attempt, answer := t.attempt(pending)
		told.Attempt = &attempt
		if answer != nil {
			told.LastAnswer = answer
		}
	}
	waits := found.GetPendingWorkflowTask()
	since := waits.GetScheduledTime()
	if waits.GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED && since != nil && now.Sub(since.AsTime()) > unowned {
		told.Facts = append(told.Facts, "No worker has taken it up since "+since.AsTime().UTC().Format("2006-01-02 15:04:05 UTC")+": is one running?")
	}
}

// attempt is a pending activity with what its last attempt came to.
func (t *Connection) attempt(p *workflowpb.PendingActivityInfo) (story.Attempt, *story.Answer) {
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
func (t *Connection) failure(f *failurepb.Failure) (code, message string) {
	err := t.failures.FailureToError(f)
	app, isApp := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case isApp && app.Message() == sealedMessage:
		return app.Type(), "its words are sealed with another keyset"
	case isApp:
		return app.Type(), app.Message()
	case as[*temporal.TimeoutError](err):
		return "", "the last attempt did not report back in time: its worker may have died"
	}
	return "", err.Error()
}

// standstill says why a workflow does not get on though workers take its tasks: each fails,
// as where the worker has another ledger or keyset. "": it gets on, or nobody takes them.
func (t *Connection) standstill(ctx context.Context, execution *commonpb.WorkflowExecution, task *workflowpb.PendingWorkflowTaskInfo) string {
	if task.GetAttempt() < stuckAfter {
		return ""
	}
	said := fmt.Sprintf("Its workflow does not get on: its task has failed %d times in a row", task.GetAttempt()-1)
	last, err := t.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: t.Namespace, Execution: execution, MaximumPageSize: stuckLooks})
	if err != nil {
		return said
	}
	for _, event := range last.GetHistory().GetEvents() {
		if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			_, message := t.failure(failed.GetFailure())
			return said + ": " + message
		}
	}
	return said
}

func instant(t *timestamppb.Timestamp) *time.Time {
	if t == nil || t.GetSeconds() == 0 {
		return nil
	}
	at := t.AsTime().UTC()
	return &at
}
