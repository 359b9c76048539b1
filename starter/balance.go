package main

import (
	"github.com/spf13/cobra"

	"foxflow/foxreload"
	"foxflow/starter/internal/show"
)

func (a *app) balanceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "balance",
		Short: "Show the account's money",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.askingFoxReload(cmd.Context(), func(in *session, api *foxreload.Client) error {
				balances, err := ask(cmd.Context(), in, api.Balances)
				if err != nil {
					return err
				}
				return in.showBalances(balances)
			})
		},
	}
}

func (a *app) showBalances(balances []foxreload.Balance) error {
	if a.JSON {
		if balances == nil {
			balances = []foxreload.Balance{}
		}
		return a.Document(struct {
			Balances []foxreload.Balance `json:"balances"`
		}{balances})
	}
	var rows [][]string
	for _, b := range balances {
		rows = append(rows, []string{show.Clean(b.Currency), b.Available.String(), b.Reserved.String(), b.Pending.String()})
	}
	return a.Table([]string{"CURRENCY", "AVAILABLE", "RESERVED", "PENDING"}, rows)
}
