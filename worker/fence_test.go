package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"foxflow/ledger"
	"foxflow/workflows"
)

func newFence(now *time.Time) *fence {
	return &fence{ledger: "mine", payloads: converter.GetDefaultDataConverter(), now: func() time.Time { return *now }, log: zap.NewNop()}
}

// An order of another ledger is left alone, whichever task of it comes, and its own worker's
// readiness says so for a while.
func TestTasksOfAnotherLedgerAreLeftAlone(t *testing.T) {
	for whose, alone := range map[string]bool{"mine": false, "other": true, "": false} {
		now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		f := newFence(&now)
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{f}})
		if whose != "" {
			require.NoError(t, env.SetMemoOnStart(map[string]any{workflows.MemoLedger: whose}))
		}
		worked := false
		env.RegisterActivityWithOptions(func(context.Context) error { worked = true; return nil }, activity.RegisterOptions{Name: "work"})
		env.ExecuteWorkflow(func(ctx workflow.Context) error {
			ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
			return workflow.ExecuteActivity(ctx, "work").Get(ctx, nil)
		})
		assert.Equal(t, !alone, worked, whose)
		if !alone {
			require.NoError(t, env.GetWorkflowError(), whose)
			require.NoError(t, f.check(), whose)
			continue
		}
		require.ErrorContains(t, env.GetWorkflowError(), "it belongs to ledger other, and this worker's is mine")
		require.ErrorContains(t, f.check(), "it belongs to ledger other")
		now = now.Add(metLasts)
		require.Error(t, f.check())
		now = now.Add(time.Second)
		require.NoError(t, f.check(), "none was met since")
	}
}

func TestActivitiesOfAnotherLedgerAreLeftAlone(t *testing.T) {
	for whose, alone := range map[string]bool{"mine": false, "other": true, "": false} {
		now := time.Now()
		f := newFence(&now)
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{f}})
		if whose != "" {
			payload, err := converter.GetDefaultDataConverter().ToPayload(whose)
			require.NoError(t, err)
			env.SetHeader(&commonpb.Header{Fields: map[string]*commonpb.Payload{headerLedger: payload}})
		}
		worked := false
		work := func(context.Context) error { worked = true; return nil }
		env.RegisterActivity(work)
		_, err := env.ExecuteActivity(work)
		assert.Equal(t, !alone, worked, whose)
		if !alone {
			require.NoError(t, err, whose)
			continue
		}
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		assert.False(t, app.NonRetryable(), "the right worker takes it up")
		assert.Equal(t, typeOtherLedger, app.Type())
		require.Error(t, f.check())
	}
}

// What was sent before a backup was put back has landed before anything is done.
func TestAPutBackLedgerRestsFirst(t *testing.T) {
	book, _, _ := auditedLedger(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	_, err := book.Backup(t.Context(), file, time.Now())
	require.NoError(t, err)
	require.NoError(t, letLand(t.Context(), book, time.Hour, zap.NewNop()), "the ledger itself waits for nothing")

	back, err := ledger.OpenExisting(t.Context(), file, nil)
	require.NoError(t, err)
	defer func() { _ = back.Close() }()
	said, words := observer.New(zap.WarnLevel)
	working, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- letLand(working, back, time.Hour, zap.New(said)) }()
	require.Eventually(t, func() bool { return words.Len() > 0 }, time.Minute, time.Millisecond)
	stop()
	require.NoError(t, <-ended)
	taken, err := back.BackedUp(t.Context())
	require.NoError(t, err)
	require.False(t, taken.IsZero(), "a worker that was stopped meanwhile has not waited")
	require.NoError(t, letLand(t.Context(), back, time.Millisecond, zap.NewNop()))
	taken, err = back.BackedUp(t.Context())
	require.NoError(t, err)
	require.Zero(t, taken)
}
