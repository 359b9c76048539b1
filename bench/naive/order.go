package main

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Input is one order.
type Input struct {
	Reference, Item string
	Poll            time.Duration
	Lean            bool // audit rows are written within the activity of their step
}

// Result is how an order ended.
type Result struct {
	State string
	Codes int
}

// Order carries one order from the create to its end.
func Order(ctx workflow.Context, in Input) (Result, error) {
	retry := &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute}
	here := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 30 * time.Second, RetryPolicy: retry})
	there := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: workflow.GetInfo(ctx).TaskQueueName + api, StartToCloseTimeout: time.Minute, RetryPolicy: retry})
	var c *Calls
	state := ""
	record := func(next string) error {
		if in.Lean || next == state {
			return nil
		}
		state = next
		return workflow.ExecuteActivity(here, c.Record, in.Reference, state).Get(ctx, nil)
	}
	if err := record("creating"); err != nil {
		return Result{}, err
	}
	var seen Seen
	if err := workflow.ExecuteActivity(there, c.Create, in).Get(ctx, &seen); err != nil {
		return Result{}, err
	}
	if err := record(seen.State); err != nil {
		return Result{}, err
	}
	id := seen.ID
	if err := workflow.ExecuteActivity(there, c.Pay, in, id).Get(ctx, nil); err != nil {
		return Result{}, err
	}
	if err := record("paid"); err != nil {
		return Result{}, err
	}
	for {
		if err := workflow.Sleep(ctx, in.Poll); err != nil {
			return Result{}, err
		}
		if err := workflow.ExecuteActivity(there, c.Look, in, id).Get(ctx, &seen); err != nil {
			return Result{}, err
		}
		if err := record(seen.State); err != nil {
			return Result{}, err
		}
		switch seen.State {
		case "completed", "failed", "cancelled":
			return Result{State: seen.State, Codes: seen.Codes}, nil
		}
	}
}
