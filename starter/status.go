package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"foxflow/internal/phrase"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status REFERENCE",
		Short: "Show where an order stands",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inSession(cmd.Context(), func(in *session) error {
				s, err := in.client.Status(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return in.showStatus(s)
			})
		},
	}
}

// showStatus is how one order stands: in JSON the status itself.
func (a *app) showStatus(s order.Status) error {
	s = story.Worded(s)
	if a.JSON {
		return a.Document(s)
	}
	mock := ""
	if s.Mock {
		mock = "  (mock)"
	}
	a.Printf("%s  %s%s\n", a.Bold(s.Reference), a.State(s.State), mock)
	fact := func(name, value string) {
		if value != "" {
			a.Printf("  %-12s %s\n", name, strings.TrimLeft(a.Wrap(show.Clean(value), strings.Repeat(" ", 15)), " "))
		}
	}
	fact("order id", phrase.Of(s.OrderID))
	fact("price", money(s))
	for _, it := range s.Items {
		fact("item", itemLine(it))
		fact("", prefixed("error: ", phrase.Of(it.Error)))
	}
	fact("reason", phrase.Of(s.CancelReason))
	if s.Error != nil {
		fact("error", s.Error.Code+": "+s.Error.Message)
	}
	if s.WaitingFor != nil {
		fact("waits for", *s.WaitingFor)
	}
	if !s.State.Ended() && !s.State.MoneyOut() {
		fact("pay here", phrase.Of(s.PaymentURL))
	}
	if s.PaymentExpiresAt != nil && !s.State.Ended() {
		fact("pay before", clock(*s.PaymentExpiresAt))
	}
	if s.Replacements > 0 {
		fact("replaced", fmt.Sprint(s.Replacements))
	}
	fact("started", clock(s.StartedAt))
	fact("updated", clock(s.UpdatedAt))
	for i, next := range story.Next(s) {
		name := "next"
		if i > 0 {
			name = "or"
		}
		fact(name, next.String())
	}
	return nil
}
