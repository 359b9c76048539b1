package activities

import (
	"context"

	"foxflow/order"
)

// names are what the products of a request are called, as far as the ledger knows.
// They are for people to read and nothing follows from them: where they can't be had,
// ids do.
func (a *Activities) names(ctx context.Context, r order.Request) map[string]string {
	names, err := a.Ledger.Products.Names(ctx, r.Products()...)
	if err != nil || len(names) == 0 {
		return nil
	}
	return names
}

// known are the terms of a request's products as far as the ledger knows them by now.
func (a *Activities) known(ctx context.Context, r order.Request) offers {
	known := offers{}
	for _, item := range r.Items {
		answer, err := a.Ledger.Products.Answer(ctx, item.ItemID)
		if err == nil && answer != "" {
			known[item.ItemID] = readOffer(answer)
		}
	}
	return known
}
