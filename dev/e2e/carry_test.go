package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An order that waits and is told of money again and again outgrows no history: Temporal
// suggests a new run, and the order goes on in that where it stood.
func TestAnOrderThatWaitsForLongIsContinuedAsNew(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1"}, withCodec)
	s.place("long", giftCard).until("long", "awaiting_topup")
	c := s.Client()
	run := func() string {
		d, err := c.DescribeWorkflowExecution(s.Context(), "order/long", "")
		require.NoError(t, err)
		return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	}
	first, hints := run(), 0
	s.Eventually("a new run", func() bool {
		for range 200 {
			require.NoError(t, c.SignalWorkflow(s.Context(), "order/long", "", "top-up", nil))
			hints++
		}
		return run() != first
	})
	t.Logf("a new run after %d hints", hints)
	assert.Equal(t, "awaiting_topup", s.status("long").State)

	s.setBalance("50")
	s.Must("starter", "top-up", "long")
	s.until("long", "completed")
	s.onePaymentEach(1)
	s.Must("starter", "audit", "long", "--verify")
	var log struct {
		Entries []struct{ Kind, State, Reason string }
	}
	s.json(&log, "audit", "long")
	var states []string
	for _, e := range log.Entries {
		if e.Kind == "state" {
			states = append(states, e.State)
		}
		assert.NotContains(t, e.Reason, "taken up again")
	}
	assert.Equal(t, []string{"creating", "active", "awaiting_topup", "paid", "processing", "completed"}, states)
}
