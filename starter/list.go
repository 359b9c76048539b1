package main

import (
	"time"

	"github.com/spf13/cobra"

	"foxflow/internal/story"
	"foxflow/ledger"
	"foxflow/order"
)

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
			return a.inSession(cmd.Context(), func(in *session) error {
				if older > 0 {
					filter.Before = in.now().Add(-older)
				}
				if newer > 0 {
					filter.Since = in.now().Add(-newer)
				}
				orders, err := in.client.List(cmd.Context(), filter)
				if err != nil {
					return err
				}
				if filter.State == order.AwaitingTopUp && !in.JSON && len(orders) > 0 {
					return in.showNeeds(cmd.Context(), orders)
				}
				return in.showOrders(orders)
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
