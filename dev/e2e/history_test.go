package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// However often an order is looked at, its history is as long, and Temporal does as much
// for it: one activity waits for the news. Most are what an order may cost.
func TestHistoryDoesNotGrowWithPolls(t *testing.T) {
	t.Parallel()
	const most, mostTransitions = 25, 15
	s := newStack(t, []string{"--speed", "1", "--paid-for", "700ms", "--processing-for", "1400ms"},
		with("FOXFLOW_POLL_INITIAL", "600ms"), with("FOXFLOW_POLL_MAX", "600ms"))
	r := s.Starter("place", "--reference", "few", "--item", gameTopUp, "--note", "player_id=1", "--wait")
	require.Zero(t, r.Code, r.Stderr)
	fewPolls, few := s.polls(), len(s.history("few").Events)
	fewTransitions := s.transitions("few")

	s.Env["FOXFLOW_POLL_INITIAL"], s.Env["FOXFLOW_POLL_MAX"] = "20ms", "20ms"
	s.place("many", gameTopUp, "--note", "player_id=stuck").until("many", "processing")
	s.Eventually("300 polls", func() bool { return s.polls()-fewPolls >= 300 })
	s.Admin(http.MethodPost, "/admin/orders/"+*s.status("many").OrderID+"/move", `{"status":"completed"}`, nil)
	s.until("many", "completed")
	manyPolls, many := s.polls()-fewPolls, 0
	s.Eventually("the workflow to close", func() bool {
		events := s.history("many").Events
		many = len(events)
		return events[many-1].EventType == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	})

	manyTransitions := s.transitions("many")
	t.Logf("%d polls: %d events, %d transitions; %d polls: %d events, %d transitions", fewPolls, few, fewTransitions, manyPolls, many, manyTransitions)
	assert.LessOrEqual(t, fewPolls, 10)
	assert.GreaterOrEqual(t, manyPolls, 300)
	assert.Equal(t, few, many)
	assert.LessOrEqual(t, many, most)
	assert.LessOrEqual(t, fewTransitions, int64(mostTransitions))
	assert.LessOrEqual(t, manyTransitions, int64(mostTransitions))
}

// transitions is how often Temporal has changed the state of an order's workflow.
func (s *stack) transitions(reference string) int64 {
	s.Helper()
	d, err := s.Client().DescribeWorkflowExecution(s.Context(), "order/"+reference, "")
	require.NoError(s, err)
	return d.WorkflowExecutionInfo.StateTransitionCount
}

// history is every event of an order's workflow.
func (s *stack) history(reference string) *historypb.History {
	s.Helper()
	return s.historyOf("order/" + reference)
}

func (s *stack) historyOf(workflowID string) *historypb.History {
	s.Helper()
	h := &historypb.History{}
	events := s.Client().GetWorkflowHistory(s.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(s, err)
		h.Events = append(h.Events, event)
	}
	return h
}

// polls counts the looks at single orders, as the simulator saw them.
func (s *stack) polls() int {
	s.Helper()
	return count(s.requests(), isRoute("get"))
}
