package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"foxflow/foxreload"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// bill is what a set of orders costs at today's prices.
type bill struct {
	sums map[string]decimal.Decimal // by currency
	// unknown are products without a price that can be read now.
	unknown []string
}

// addToPay adds what an order takes of each product to what others take. Mock orders cost
// nothing, and those that an external provider is paid for do not touch the balance.
func addToPay(amounts map[string]int64, r order.Request) {
	if r.Mock || r.Provider != "" {
		return
	}
	for _, it := range r.Items {
		amounts[it.ItemID] += it.Quantity
	}
}

// checkBalance compares the balance with what so much of each product costs and refuses on a
// shortfall, unless it is to go on all the same.
func (in *session) checkBalance(ctx context.Context, amounts map[string]int64, goOn bool) error {
	if len(amounts) == 0 {
		return nil
	}
	short, err := in.shortfall(ctx, amounts)
	switch {
	case err == nil && len(short) == 0:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && goOn:
		in.Note("the balance could not be checked (%v); going on because of --yes", err)
		return nil
	case err != nil:
		f := *asFailure(err)
		f.message = "the balance could not be checked, nothing was started: " + f.message
		f.hint += "; --yes goes on all the same, --check-balance=false leaves the check out"
		return &f
	case goOn:
		for _, line := range short {
			in.Note("%s; going on because of --yes", line)
		}
		return nil
	}
	return &failure{status: exitError, message: "the balance does not cover what is placed; nothing was started", details: short,
		hint: "raise the balance, or add --yes: orders that are not covered then wait for a top-up"}
}

// shortfall says per currency what is missing.
func (in *session) shortfall(ctx context.Context, amounts map[string]int64) ([]string, error) {
	api, err := in.foxreload()
	if err != nil {
		return nil, err
	}
	balances, err := ask(ctx, in, api.Balances)
	if err != nil {
		return nil, err
	}
	b, err := in.price(ctx, api, amounts)
	if err != nil {
		return nil, err
	}
	for _, product := range b.unknown {
		in.Note("balance check: %s has no price to be read now and is left out of the sum", product)
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

// price sums up what so much of each product costs. Each is asked for once.
func (in *session) price(ctx context.Context, api *foxreload.Client, amounts map[string]int64) (bill, error) {
	b := bill{sums: map[string]decimal.Decimal{}}
	moving := show.NewMoving(in.Console)
	defer moving.Clear()
	for n, id := range slices.Sorted(maps.Keys(amounts)) {
		moving.Show(fmt.Sprintf("balance check: price %d of %d", n+1, len(amounts)))
		product, err := ask(ctx, in, func(ctx context.Context) (foxreload.Product, error) { return api.Product(ctx, id) })
		if err != nil && foxreload.ClassOf(err) == foxreload.ClassNotFound {
			b.unknown = append(b.unknown, id)
			continue
		}
		if err != nil {
			return bill{}, err
		}
		in.client.NameProduct(id, product.Name)
		currency := product.Currency
		if currency == "" {
			currency = in.settings.Currency
		}
		if product.Price == nil || currency == "" {
			b.unknown = append(b.unknown, id)
			continue
		}
		b.sums[currency] = b.sums[currency].Add(product.Price.Mul(decimal.NewFromInt(amounts[id])))
	}
	return b, nil
}
