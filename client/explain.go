package client

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/workflows"
)

// explainTimeout bounds how long a story waits for Temporal: it is told without it too.
const explainTimeout = 3 * time.Second

// Explain is an order's story: where it stands, why, what may be done, what happened. It is
// told from the ledger. While the order has no end, Temporal is asked for the step that is
// being tried, what its last attempt heard, and when the next one is due; where it can't be
// asked the story says why.
func (c *Client) Explain(ctx context.Context, reference string) (story.Story, error) {
	s, err := c.Status(ctx, reference)
	if err != nil {
		return story.Story{}, err
	}
	of := story.Told{}
	if of.Request, err = c.ledger.Orders.Request(ctx, reference); err != nil {
		return story.Story{}, err
	}
	if of.Names, err = c.productNames(ctx, of.Request); err != nil {
		return story.Story{}, err
	}
	entries, err := c.ledger.Log.Entries(ctx, reference)
	if err != nil {
		return story.Story{}, err
	}
	for _, e := range entries {
		of.Log = append(of.Log, story.Event{At: e.At, Kind: string(e.Kind), State: e.State, Reason: e.Reason, OrderID: e.OrderID})
	}
	by, _, paused, err := c.ledger.Switches.Paused(ctx)
	if err != nil {
		return story.Story{}, err
	}
	if paused {
		of.PausedBy = by
	}
	told := story.Tell(s, of)
	if s.State.Carried() {
		c.askTemporal(ctx, &told)
	}
	return told, nil
}

// askTemporal adds what Temporal alone knows to the story of an order without an end.
func (c *Client) askTemporal(ctx context.Context, told *story.Story) {
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	notAsked := func(why string) { told.NotAsked = &why }
	t, err := c.Connect(ctx)
	if err != nil {
		notAsked(WhyUnasked(err))
		return
	}
	found, err := t.DescribeWorkflowExecution(ctx, order.WorkflowID(told.Reference), "")
	info := found.GetWorkflowExecutionInfo()
	switch {
	case as[*serviceerror.NotFound](err):
		told.RunsNowhere(t.Namespace)
	case err != nil:
		notAsked("Temporal could not say: " + t.explain(err).Error())
	case info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		told.Facts = append(told.Facts, "Its workflow was ended in Temporal before it: it does not go on by itself. To set it going: "+story.Reset(order.WorkflowID(told.Reference)))
	case t.text(info.GetMemo().GetFields()[workflows.MemoLedger]) != c.ledger.ID():
		notAsked("Temporal knows this reference from another ledger (namespace " + t.Namespace + ")")
	default:
		t.addAttempt(found, told, c.Time())
		c.addLook(ctx, told)
		if why := t.standstill(ctx, info.GetExecution(), found.GetPendingWorkflowTask()); why != "" {
			told.Facts = append(told.Facts, why)
		}
	}
}

// addLook adds what the watcher's last look came to, where the order is looked at by it: to
// Temporal that is one attempt, which is running all the while.
func (c *Client) addLook(ctx context.Context, told *story.Story) {
	a := told.Attempt
	if a == nil || !a.Running {
		return
	}
	w, there, err := c.ledger.Watches.Find(ctx, told.Reference)
	if err != nil || !there || w.Over() {
		return
	}
	a.Attempt, a.Running, a.LastAt, a.NextAt = w.Looks+w.Failures+1, false, nil, &w.Next
	if w.Looked.IsZero() {
		return
	}
	a.LastAt = &w.Looked
	message := fmt.Sprintf("order %s is still %.40s", w.OrderID, w.Status)
	if w.Failures > 0 {
		message = fmt.Sprintf("order %s could not be seen, %d times in a row", w.OrderID, w.Failures)
	}
	told.LastAnswer = &story.Answer{Message: message, At: &w.Looked, From: story.FromLedger}
}
