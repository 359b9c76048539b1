package main

import (
	"strings"

	"github.com/spf13/cobra"

	"foxflow/internal/story"
	"foxflow/starter/internal/show"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain REFERENCE",
		Short: "Tell an order's story: where it stands, why, and what may be done",
		Long: `Tell an order's story: where it stands, why, what may be done, and what happened. It is
told from the ledger; while the order has no end, Temporal is asked for the step that is
being tried, for the answer to its last attempt, and when the next one is due.

In JSON: reference, state, waitingForCode, orderId, items [{itemId, quantity, codes,
missing, error}], summary, means, why, facts, paymentUrl, looks, attempt {activity,
attempt, running, lastAt, nextAt}, lastAnswer {code, message, at, from: temporal or
ledger}, notAsked (why Temporal could not be asked), timeline [{at, kind, state, reason,
orderId}], next [{command, text}]. What is not known is null or empty.`,
		Args: oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inSession(cmd.Context(), func(in *session) error {
				told, err := in.client.Explain(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if in.JSON {
					return in.Document(told)
				}
				in.showStory(told)
				return nil
			})
		},
	}
}

func (in *session) showStory(told story.Story) {
	in.Printf("%s  %s\n", in.Bold(told.Reference), in.State(told.State))
	line := func(text string) { in.Printf("%s\n", in.Wrap(show.Clean(text), "  ")) }
	line(told.Summary)
	line(told.Means)
	for _, reason := range told.Reasons() {
		line("On record: " + reason)
	}
	if told.PaymentURL != nil {
		line("The payment link: " + *told.PaymentURL)
	}
	if told.LastAnswer != nil && !told.AnswerIsReason() {
		line("Last answer: " + told.LastAnswer.String())
	}
	if told.Attempt != nil {
		line("Now: " + told.Attempt.String())
	}
	if told.Looks != "" {
		line(told.Looks)
	}
	if told.NotAsked != nil {
		line("What is being tried, and when the next look is due, is not known: " + *told.NotAsked)
	}
	for _, fact := range told.Facts {
		line(fact)
	}
	if told.OrderID != nil {
		line("FoxReload's order: " + *told.OrderID)
	}
	in.showTimeline(told)
	in.Printf("\n%s\n", in.Bold(story.HeadNext))
	for _, step := range told.Next {
		in.Printf("%s\n", strings.Replace(in.Wrap(show.Clean(step.String()), "    "), "    ", "  → ", 1))
	}
}

func (in *session) showTimeline(told story.Story) {
	in.Printf("\n%s\n", in.Bold(story.HeadTimeline))
	if len(told.Timeline) == 0 {
		in.Printf("  nothing yet: no worker has taken it up\n")
	}
	timeline := story.TimelineOf(told.Timeline)
	for _, e := range timeline.First {
		in.showEvent(e)
	}
	if timeline.Left > 0 {
		in.Printf("  … %d more: %s\n", timeline.Left, story.Command("audit", told.Reference))
	}
	for _, e := range timeline.Last {
		in.showEvent(e)
	}
}

func (in *session) showEvent(e story.Event) {
	what := in.State(e.State)
	if e.Kind != story.KindState {
		what = in.Faint("· " + e.Kind)
	}
	line := "  " + in.Faint(e.At.UTC().Format("01-02 15:04:05")) + "  " + what
	reason := show.Clean(e.Reason)
	if indent := strings.Repeat(" ", 20); !in.Fits(line + "  " + reason) {
		reason = "\n" + in.Wrap(reason, indent)
	} else if reason != "" {
		reason = "  " + reason
	}
	in.Printf("%s%s\n", line, reason)
}
