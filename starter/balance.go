package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"foxflow/foxreload"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

func (a *app) balanceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "balance",
		Short: "Show the account's money",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.askingFoxReload(cmd.Context(), func(d *desk, api *foxreload.Client) error {
				balances, err := ask(cmd.Context(), d, api.Balances)
				if err != nil {
					return err
				}
				return d.showBalances(balances)
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

// bill is what a set of orders costs at today's prices.
type bill struct {
	sums map[string]decimal.Decimal // by currency
	// unknown are products without a price that can be read now.
	unknown []string
}

// checkBalance compares the balance with what the orders cost and refuses on a
// shortfall, unless it is to go on all the same. Mock orders cost nothing, and
// those that an external provider is paid for do not touch the balance.
func (d *desk) checkBalance(ctx context.Context, orders []order.Request, goOn bool) error {
	orders = slices.DeleteFunc(slices.Clone(orders), func(r order.Request) bool { return r.Mock || r.Provider != "" })
	if len(orders) == 0 {
		return nil
	}
	short, err := d.shortfall(ctx, orders)
	switch {
	case err == nil && len(short) == 0:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && goOn:
		d.Note("the balance could not be checked (%v); going on because of --yes", err)
		return nil
	case err != nil:
		f := *asFailure(err)
		f.message = "the balance could not be checked, nothing was started: " + f.message
		f.hint += "; --yes goes on all the same, --check-balance=false leaves the check out"
		return &f
	case goOn:
		for _, line := range short {
			d.Note("%s; going on because of --yes", line)
		}
		return nil
	}
	return &failure{status: exitError, message: "the balance does not cover what is placed; nothing was started", details: short,
		hint: "raise the balance, or add --yes: orders that are not covered then wait for a top-up"}
}

// shortfall says per currency what is missing.
func (d *desk) shortfall(ctx context.Context, orders []order.Request) ([]string, error) {
	api, err := d.foxreload()
	if err != nil {
		return nil, err
	}
	balances, err := ask(ctx, d, api.Balances)
	if err != nil {
		return nil, err
	}
	b, err := d.price(ctx, api, orders)
	if err != nil {
		return nil, err
	}
	for _, product := range b.unknown {
		d.Note("balance check: %s has no price to be read now and is left out of the sum", product)
	}
	available := map[string]decimal.Decimal{}
	for _, balance := range balances {
		available[balance.Currency] = balance.Available
	}
	var short []string
	for _, currency := range slices.Sorted(maps.Keys(b.sums)) {
		if missing := b.sums[currency].Sub(available[currency]); missing.IsPositive() {
			short = append(short, fmt.Sprintf("%s: %s is needed, %s is available, %s is missing", currency, b.sums[currency], available[currency], missing))
		}
	}
	return short, nil
}

// price sums the orders up. Each product is asked for once.
func (d *desk) price(ctx context.Context, api *foxreload.Client, orders []order.Request) (bill, error) {
	amounts := map[string]int64{}
	for _, r := range orders {
		for _, it := range r.Items {
			amounts[it.ItemID] += it.Quantity
		}
	}
	b := bill{sums: map[string]decimal.Decimal{}}
	moving := d.Moving()
	defer moving.Clear()
	for n, id := range slices.Sorted(maps.Keys(amounts)) {
		moving.Show(fmt.Sprintf("balance check: price %d of %d", n+1, len(amounts)))
		product, err := ask(ctx, d, func(ctx context.Context) (foxreload.Product, error) { return api.Product(ctx, id) })
		if err != nil && foxreload.ClassOf(err) == foxreload.ClassNotFound {
			b.unknown = append(b.unknown, id)
			continue
		}
		if err != nil {
			return bill{}, err
		}
		if d.names == nil {
			d.names = map[string]string{}
		}
		d.names[id] = product.Name
		currency := product.Currency
		if currency == "" {
			currency = d.settings.Currency
		}
		if product.Price == nil || currency == "" {
			b.unknown = append(b.unknown, id)
			continue
		}
		b.sums[currency] = b.sums[currency].Add(product.Price.Mul(decimal.NewFromInt(amounts[id])))
	}
	return b, nil
}
