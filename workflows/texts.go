package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"foxflow/internal/story"
)

// The words of the order's story are package story's; here is where Temporal is given
// them. None of it is a command, so a replay may say it otherwise: summaries and
// details can change without a version.

// show sets the text that the Web UI shows for the order.
func (o *orderWorkflow) show(ctx workflow.Context) {
	told := story.Tell(o.status(), story.Told{Request: o.terms.Request, Names: o.names, Watch: o.watch()})
	workflow.SetCurrentDetails(ctx, story.Markdown(told, o.timeline))
}

// watch is how often the order is looked at, and until when it waits.
func (o *orderWorkflow) watch() *story.Watch {
	i := o.terms.Intervals
	return &story.Watch{PollInitial: i.PollInitial, PollMax: i.PollMax, StallAfter: i.StallAfter, StallPoll: i.StallPoll,
		Until: o.terms.GivenUp(o.facts)}
}

// learn takes in what products are called.
func (o *orderWorkflow) learn(names story.Names) {
	if len(names) > 0 {
		o.names = names
	}
}

func (o *orderWorkflow) summary() string { return story.Summary(o.terms.Request, o.names) }

// longestSummary bounds what is said of an activity or timer, in bytes: an order id in it
// comes from outside, and Temporal takes 400, the seal included.
const longestSummary = 250

// summarised is a summary that Temporal takes.
func summarised(text string) string { return story.Bounded(text, longestSummary) }

// sleep is workflow.Sleep that says what it is for.
func sleep(ctx workflow.Context, d time.Duration, what string) error {
	return workflow.NewTimerWithOptions(ctx, d, workflow.TimerOptions{Summary: summarised(what)}).Get(ctx, nil)
}

// await is workflow.AwaitWithTimeout that says what its timer is for.
func await(ctx workflow.Context, d time.Duration, what string, condition func() bool) (bool, error) {
	return workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{Timeout: d,
		TimerOptions: workflow.TimerOptions{Summary: summarised(what)}}, condition)
}

// named is the present FoxReload order, for a summary.
func (o *orderWorkflow) named() string {
	return "order " + cmp.Or(o.facts.Order.ID, "of "+o.terms.Request.Reference)
}
