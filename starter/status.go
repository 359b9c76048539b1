package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/story"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status REFERENCE",
		Short: "Show where an order stands",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error {
				s, err := d.book.Status(cmd.Context(), args[0])
				if err != nil {
					return d.notHere(args[0], err)
				}
				return d.showStatus(s)
			})
		},
	}
}

func (a *app) listCommand() *cobra.Command {
	var filter ledger.Filter
	var older, newer time.Duration
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the ledger's orders, newest first",
		Long:  "List the ledger's orders, newest first; of several filters, all must fit. With --state\nawaiting_topup the table shows what each needs, and how much money is missing.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if older > 0 && newer > 0 && older >= newer {
				return misused("give --older-than less than --newer-than: the orders between the two are listed",
					"--older-than: no order is both older than %s and newer than %s", older, newer)
			}
			filter.Text = order.NormalReference(filter.Text)
			return a.atDesk(cmd.Context(), func(d *desk) error {
				if older > 0 {
					filter.Before = d.now().Add(-older)
				}
				if newer > 0 {
					filter.Since = d.now().Add(-newer)
				}
				orders, err := d.book.List(cmd.Context(), filter)
				if err != nil {
					return err
				}
				if filter.State == order.AwaitingTopUp && !d.JSON && len(orders) > 0 {
					return d.showNeeds(cmd.Context(), orders)
				}
				return d.showOrders(orders)
			})
		},
	}
	cmd.Flags().Var(stateValue{&filter.State}, "state", "only orders in this state")
	cmd.Flags().Var(timeoutValue{&older}, "older-than", "only orders placed longer ago than this, e.g. 10m")
	cmd.Flags().Var(timeoutValue{&newer}, "newer-than", "only orders placed within this time, e.g. 24h")
	cmd.Flags().Var(textValue{&filter.Product, "product_…"}, "product", "only orders of this product id")
	cmd.Flags().Var(textValue{&filter.Text, "BalanceNotEnough"}, "text", "only orders with this in reference, order id, product id or error")
	cmd.Flags().Var(countValue{&filter.Limit}, "limit", "at most so many")
	return cmd
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
	fact("order id", deref(s.OrderID))
	fact("price", money(s))
	for _, it := range s.Items {
		fact("item", itemLine(it))
		fact("", prefixed("error: ", deref(it.Error)))
	}
	fact("reason", deref(s.CancelReason))
	if s.Error != nil {
		fact("error", s.Error.Code+": "+s.Error.Message)
	}
	if s.WaitingFor != nil {
		fact("waits for", *s.WaitingFor)
	}
	if !s.State.Ended() && !s.State.MoneyOut() {
		fact("pay here", deref(s.PaymentURL))
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

func (a *app) showOrders(orders []order.Status) error {
	missing := false
	for i, s := range orders {
		orders[i] = story.Worded(s)
		missing = missing || s.Missing() > 0
	}
	if a.JSON {
		return a.Document(struct {
			Orders []order.Status `json:"orders"`
		}{orders})
	}
	if len(orders) == 0 {
		a.Note("no orders")
		return nil
	}
	header := []string{"REFERENCE", "STATE", "PRICE", "ORDER", "UPDATED"}
	if missing {
		header = append(header, "MISSING")
	}
	var rows [][]string
	for _, s := range orders {
		row := []string{s.Reference, a.State(s.State), money(s), a.short(s.OrderID), s.UpdatedAt.UTC().Format("01-02 15:04")}
		if missing {
			row = append(row, missingCodes(s.Missing()))
		}
		rows = append(rows, row)
	}
	return a.Table(header, rows, 0, 3)
}

// missingCodes is a number of codes that are missing, "" for none.
func missingCodes(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 code"
	}
	return fmt.Sprintf("%d codes", n)
}

// stateOf is an order's state in plain text, with what is missing of it.
func stateOf(s order.Status) string {
	if s.Missing() == 0 {
		return string(s.State)
	}
	return string(s.State) + ", " + missingCodes(s.Missing()) + " missing"
}

func itemLine(it order.ItemStatus) string {
	line := fmt.Sprintf("%d × %s", it.Quantity, it.ItemID)
	var codes []string
	switch it.Codes {
	case 0:
	case 1:
		codes = append(codes, "1 code")
	default:
		codes = append(codes, fmt.Sprintf("%d codes", it.Codes))
	}
	if it.Missing > 0 {
		codes = append(codes, missingCodes(it.Missing)+" missing")
	}
	if len(codes) == 0 {
		return line
	}
	return line + " (" + strings.Join(codes, ", ") + ")"
}

func money(s order.Status) string {
	return show.Clean(strings.TrimSpace(deref(s.Price) + " " + deref(s.Currency)))
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (a *app) short(id *string) string { return a.Short(show.Clean(deref(id))) }

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
