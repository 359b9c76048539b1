package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"foxflow/client"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// transitionLine is a line of watch in JSON: a state that the order entered.
type transitionLine struct {
	Reference string      `json:"reference"`
	State     order.State `json:"state"`
	Reason    string      `json:"reason"`
	At        time.Time   `json:"at"`
}

func (a *app) watchCommand() *cobra.Command {
	timeout := defaultTimeout
	cmd := &cobra.Command{
		Use:   "watch REFERENCE",
		Short: "Follow an order to its end",
		Long:  "Show each state that the order has entered and enters, to its end.\nThe exit status tells how it ended, as with place --wait.",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inSession(cmd.Context(), func(in *session) error {
				tell := in.showTransition
				if in.JSON {
					tell = func(one client.Transition, _ order.Status) error { return in.Line(transitionLine(one)) }
				}
				s, err := in.follow(cmd.Context(), args[0], timeout, tell)
				if err != nil {
					return err
				}
				return ending(s)
			})
		},
	}
	cmd.Flags().Var(timeoutValue{&timeout}, "timeout", "how long to stay")
	return cmd
}

// waitForOne shows each state until the end, then how the order stands.
func (in *session) waitForOne(ctx context.Context, reference string, timeout time.Duration) error {
	tell := in.showTransition
	if in.JSON {
		tell = func(client.Transition, order.Status) error { return nil } // the one document is the final status
	}
	s, err := in.follow(ctx, reference, timeout, tell)
	if err != nil {
		return err
	}
	if !in.JSON {
		in.Printf("\n")
	}
	return cmp.Or(in.showStatus(s), ending(s))
}

// follow tells each state of an order, the ones on record first, until it has
// ended or the time is up, and says how it stands then.
func (in *session) follow(ctx context.Context, reference string, timeout time.Duration, tell func(client.Transition, order.Status) error) (s order.Status, err error) {
	moving := show.NewMoving(in.Console)
	defer moving.Clear()
	began := in.now()
	for look, err := range in.client.Watch(ctx, reference, timeout) {
		if err != nil {
			return s, err
		}
		s = look.Status
		for _, step := range look.Entered {
			moving.Clear()
			if err := tell(step, s); err != nil {
				return s, err
			}
		}
		if !s.State.Ended() {
			moving.Show(fmt.Sprintf("%s is %s · %s", reference, s.State, in.now().Sub(began).Round(time.Second)))
		}
	}
	return s, nil
}

// showTransition is a state entered, as a person reads it, with what to do where the order waits
// for somebody now.
func (in *session) showTransition(one client.Transition, s order.Status) error {
	line := in.Faint(one.At.UTC().Format("15:04:05")) + "  " + in.State(one.State)
	if one.Reason != "" {
		line += "  " + show.Clean(one.Reason)
	}
	in.Printf("%s\n", line)
	if one.State != s.State || !s.State.Waits() {
		return nil
	}
	if s.PaymentURL != nil {
		in.Printf("          pay here: %s\n", show.Clean(*s.PaymentURL))
	}
	if next := story.Next(s); len(next) > 0 {
		in.Printf("          → %s\n", show.Clean(next[0].String()))
	}
	return nil
}
