package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"foxflow/internal/story"
	"foxflow/life"
)

// Carried is what a run hands to the one that continues it as new: an order that waits for
// long and is told of money again and again would outgrow its history.
type Carried struct {
	Facts life.Facts `json:"facts"`
	Seq   int        `json:"seq"` // the step that was begun last
	// Chain is the first of the runs that continue each other.
	Chain    string         `json:"chain"`
	Timeline story.Timeline `json:"timeline"`
	Names    story.Names    `json:"names,omitempty"`
}

// full says whether the run is to be continued as new: its history has grown long, and
// nobody waits for an answer of this run. Between two steps nothing else is on its way.
func (o *orderWorkflow) full(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && workflow.AllHandlersFinished(ctx)
}

// anew is the run's end, which begins the one that continues it.
func (o *orderWorkflow) anew(ctx workflow.Context, in OrderInput) error {
	for o.hints.ReceiveAsync(nil) {
		o.facts.Asked.Hint = life.FreshHint
	}
	in.Carried = &Carried{Facts: o.facts, Seq: o.seq, Chain: cmp.Or(o.chain, workflow.GetInfo(ctx).WorkflowExecution.RunID),
		Timeline: o.timeline, Names: o.names}
	return workflow.NewContinueAsNewError(ctx, OrderWorkflowName, in)
}

// carry goes on where the run before stood, before anything is said to this one.
func (o *orderWorkflow) carry(c *Carried) {
	o.facts, o.seq, o.chain, o.timeline, o.names = c.Facts, c.Seq, c.Chain, c.Timeline, c.Names
}

// forget drops what was carried into a run that was reset to its beginning, but for what was
// asked of it since.
func (o *orderWorkflow) forget(started time.Time) {
	asked := o.facts.Asked
	o.facts, o.chain, o.timeline = life.Begin(started), "", story.Timeline{}
	o.facts.Asked = asked
}
