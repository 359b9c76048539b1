package main

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"foxflow/order"
	"foxflow/story"
)

// updateTimeout is longer than a call in flight can take: what a person asks of
// an order waits for it.
const updateTimeout = 2 * time.Minute

// update tells a running order something and waits for its answer.
func (t *temporal) update(ctx context.Context, workflowID, name string, args ...any) (s order.Status, err error) {
	ctx, stop := context.WithTimeout(ctx, updateTimeout)
	defer stop()
	update, err := t.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: workflowID, UpdateName: name, Args: args,
		WaitForStage: client.WorkflowUpdateStageCompleted})
	if err == nil {
		err = update.Get(ctx, &s)
	}
	return s, err
}

// notUpdated says why an update came to nothing; verb is the command's.
func (t *temporal) notUpdated(ctx context.Context, verb, reference string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var refused *sdk.ApplicationError
	var slow *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &refused):
		return failed(story.Command("status", reference)+" shows how it stands", "%s", refused.Message())
	case errors.As(err, &slow), errors.Is(err, context.DeadlineExceeded):
		return failed("is a worker running, and ready? "+story.Command("explain", reference)+" shows what holds it up; "+story.Command("status", reference)+" whether it was done after all",
			"%s order %s: no answer within %s", verb, reference, updateTimeout)
	case errors.As(err, &missing):
		return failed("place it again the same way to start it, then "+verb+" it", "%s order %s: Temporal runs no workflow for it", verb, reference)
	}
	return failed("", "%s order %s: %s", verb, reference, t.explain(err))
}
