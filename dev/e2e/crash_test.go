package e2e

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// TestWorkerKilledAtAnyState kills the worker with SIGKILL while an order is in
// a state, and starts it again: the order moves again and ends with one payment.
// How soon: the benchmark's recovery.
// Promise 1: one reference, one paid order. Promise 3: nothing is lost.
func TestWorkerKilledAtAnyState(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct {
		state string
		flags []string
	}{
		"creating, asking for its product": {state: "creating"},
		"creating, its create on the way":  {state: "creating", flags: []string{"--no-check"}},
		"paid":                             {state: "paid"},
		"processing":                       {state: "processing"},
		"awaiting_topup":                   {state: "awaiting_topup"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, []string{"--balance", "usd=50", "--paid-for", "10s", "--processing-for", "10s"})
			switch at.state {
			case "creating": // a call is under way, and can't end
				s.signal("simulator", syscall.SIGSTOP)
			case "awaiting_topup":
				s.setBalance("1")
			}
			require.Zero(t, s.Starter(append([]string{"place", "--reference", s.ref("r"), "--item", giftCard}, at.flags...)...).Code)
			s.until(s.ref("r"), at.state)
			if at.state == "creating" {
				s.Eventually("the call to be under way", func() bool {
					d, err := s.Client().DescribeWorkflowExecution(s.Context(), "order/"+s.ref("r"), "")
					return err == nil && len(d.PendingActivities) == 1 && d.PendingActivities[0].State == enumspb.PENDING_ACTIVITY_STATE_STARTED
				})
			}
			s.Kill("worker")
			switch at.state {
			case "creating":
				s.signal("simulator", syscall.SIGCONT)
			case "awaiting_topup":
				s.setBalance("50")
				require.Zero(t, s.Starter("top-up", s.ref("r")).Code)
			}
			s.StartWorker()
			started := time.Now()
			s.Eventually("the order to move", func() bool { return s.status(s.ref("r")).State != at.state })
			t.Logf("moved %s after the worker was up again", time.Since(started).Round(10*time.Millisecond))
			o := s.until(s.ref("r"), "completed")
			assert.Equal(t, map[string]int{*o.OrderID: 1}, s.debits())
			assert.Zero(t, s.Starter("audit", s.ref("r"), "--verify").Code)
		})
	}
}

// A pay whose worker dies while FoxReload is thinking: the next worker looks
// before it pays.
func TestWorkerKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=500"})
	references := []string{s.ref("a"), s.ref("b"), s.ref("c"), s.ref("d"), s.ref("e"), s.ref("f")}
	for _, r := range references {
		require.Zero(t, s.Starter("place", "--reference", r, "--item", giftCard).Code)
	}
	for range 6 {
		s.Kill("worker")
		s.StartWorker()
	}
	for _, r := range references {
		s.until(r, "completed")
	}
	debits := s.debits()
	assert.Len(t, debits, len(references))
	for id, times := range debits {
		assert.Equal(t, 1, times, id)
	}
}

func TestTemporalKilled(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1"}, ownTemporal)
	require.Zero(t, s.Starter("place", "--reference", s.ref("r"), "--item", giftCard).Code)
	s.until(s.ref("r"), "awaiting_topup")
	s.Kill("foxflow-dev")

	r := s.Starter("place", "--reference", s.ref("other"), "--item", giftCard)
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, "nothing was started")
	assert.Equal(t, 1, s.Starter("status", s.ref("other")).Code, "nothing was started")

	s.setBalance("50")
	s.RunTemporal()
	require.Zero(t, s.Starter("top-up", s.ref("r")).Code)
	o := s.until(s.ref("r"), "completed")
	assert.Equal(t, map[string]int{*o.OrderID: 1}, s.debits())
}

func TestLedgerAnswersAlone(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil, ownTemporal)
	require.Zero(t, s.Starter("place", "--reference", s.ref("r"), "--item", giftCard, "--wait").Code)
	s.Kill("worker")
	s.Kill("foxflow-dev")
	for _, command := range [][]string{{"status", s.ref("r")}, {"list"}, {"audit", s.ref("r"), "--verify"}, {"codes", s.ref("r")}, {"explain", s.ref("r")}, {"stats"}} {
		r := s.Starter(command...)
		assert.Zero(t, r.Code, "%v: %s", command, r.Stderr)
		assert.NotEmpty(t, r.Stdout)
	}
}

func TestSimulatorKilledWhileDelivering(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--processing-for", "10s"})
	require.Zero(t, s.Starter("place", "--reference", s.ref("r"), "--item", giftCard).Code)
	s.until(s.ref("r"), "processing")
	s.Kill("simulator")
	s.Run("simulator")
	o := s.until(s.ref("r"), "completed")
	assert.Equal(t, map[string]int{*o.OrderID: 1}, s.debits())
}

// An operator resets the workflow from its first event: the ledger remembers
// what the workflow has forgotten.
// Promise 1: one reference, one paid order.
func TestResetPaysNothingTwice(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	require.Zero(t, s.Starter("place", "--reference", s.ref("r"), "--item", giftCard, "--wait").Code)
	before := s.status(s.ref("r"))
	s.reset(s.ref("r"))
	c := s.Client()
	s.Eventually("the reset order to end", func() bool {
		d, err := c.DescribeWorkflowExecution(s.Context(), "order/"+s.ref("r"), "")
		return err == nil && d.WorkflowExecutionInfo.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	})
	after := s.status(s.ref("r"))
	assert.Equal(t, "completed", after.State)
	assert.Equal(t, before.OrderID, after.OrderID)
	assert.Equal(t, map[string]int{*after.OrderID: 1}, s.debits())
	assert.Zero(t, s.Starter("audit", s.ref("r"), "--verify").Code)
	var audit struct {
		Entries []struct{ Kind, State, Reason string }
	}
	s.json(&audit, "audit", s.ref("r"))
	assert.True(t, slices.ContainsFunc(audit.Entries, func(e struct{ Kind, State, Reason string }) bool {
		return e.Kind == "note" && e.State == "completed"
	}), "the log says that the order was taken up again")
}

func (s *stack) reset(reference string) {
	s.Helper()
	c := s.Client()
	history := c.GetWorkflowHistory(s.Context(), "order/"+reference, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var first int64
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(s, err)
		if event.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			first = event.EventId
			break
		}
	}
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	_, err := c.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace:                 s.Namespace,
		WorkflowExecution:         &commonpb.WorkflowExecution{WorkflowId: "order/" + reference},
		Reason:                    "e2e",
		RequestId:                 s.Queue,
		WorkflowTaskFinishEventId: first,
	})
	require.NoError(s, err)
}
