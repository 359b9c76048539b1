package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/story"
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
			return a.atDesk(cmd.Context(), func(d *desk) error {
				told, err := d.story(cmd.Context(), args[0])
				if err != nil {
					return d.notHere(args[0], err)
				}
				if d.JSON {
					return d.Document(told)
				}
				d.showStory(told)
				return nil
			})
		},
	}
}

// story puts together what the ledger and Temporal know of an order.
func (d *desk) story(ctx context.Context, reference string) (story.Story, error) {
	s, err := d.book.Status(ctx, reference)
	if err != nil {
		return story.Story{}, err
	}
	of := story.Told{}
	if of.Request, err = d.book.Request(ctx, reference); err != nil {
		return story.Story{}, err
	}
	if of.Names, err = d.productNames(ctx, of.Request); err != nil {
		return story.Story{}, err
	}
	entries, err := d.book.Audit(ctx, reference)
	if err != nil {
		return story.Story{}, err
	}
	for _, e := range entries {
		of.Log = append(of.Log, story.Event{At: e.At, Kind: string(e.Kind), State: e.State, Reason: e.Reason, OrderID: e.OrderID})
	}
	by, _, held, err := d.book.Paused(ctx)
	if err != nil {
		return story.Story{}, err
	}
	if held {
		of.HeldBy = by
	}
	told := story.Tell(s, of)
	if !s.State.Ended() {
		d.askTemporal(ctx, &told)
	}
	return told, nil
}

// productNames is what an order's products are called, as far as the ledger knows.
func (d *desk) productNames(ctx context.Context, r order.Request) (story.Names, error) {
	var ids []string
	for _, item := range r.Items {
		ids = append(ids, item.ItemID)
	}
	return d.book.ProductNames(ctx, ids...)
}

func (d *desk) showStory(told story.Story) {
	d.Printf("%s  %s\n", d.Bold(told.Reference), d.State(told.State))
	line := func(text string) { d.Printf("%s\n", d.Wrap(show.Clean(text), "  ")) }
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
	d.showTimeline(told)
	d.Printf("\n%s\n", d.Bold(story.HeadNext))
	for _, step := range told.Next {
		d.Printf("%s\n", strings.Replace(d.Wrap(show.Clean(step.String()), "    "), "    ", "  → ", 1))
	}
}

func (d *desk) showTimeline(told story.Story) {
	d.Printf("\n%s\n", d.Bold(story.HeadTimeline))
	if len(told.Timeline) == 0 {
		d.Printf("  nothing yet: no worker has taken it up\n")
	}
	timeline := story.TimelineOf(told.Timeline)
	for _, e := range timeline.First {
		d.showEvent(e)
	}
	if timeline.Left > 0 {
		d.Printf("  … %d more: %s\n", timeline.Left, story.Command("audit", told.Reference))
	}
	for _, e := range timeline.Last {
		d.showEvent(e)
	}
}

func (d *desk) showEvent(e story.Event) {
	what := d.State(e.State)
	if e.Kind != story.KindState {
		what = d.Faint("· " + e.Kind)
	}
	line := "  " + d.Faint(e.At.UTC().Format("01-02 15:04:05")) + "  " + what
	reason := show.Clean(e.Reason)
	if indent := strings.Repeat(" ", 20); !d.Fits(line + "  " + reason) {
		reason = "\n" + d.Wrap(reason, indent)
	} else if reason != "" {
		reason = "  " + reason
	}
	d.Printf("%s%s\n", line, reason)
}
