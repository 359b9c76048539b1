package client

import (
	"context"

	"foxflow/ledger"
	"foxflow/order"
)

// Compare holds requests against what is on record, and places nothing: it tells each, in
// their order, how the order at place i stands, or a *Conflict or a *NotFound. It ends with the
// first error that each returns.
func (m Many) Compare(ctx context.Context, requests []order.Request, each func(i int, s order.Status, err error) error) error {
	return m.client.ledger.Orders.Compare(ctx, requests, func(i int, found ledger.Comparison) error {
		switch {
		case !found.Known:
			return each(i, order.Status{}, &NotFound{Reference: requests[i].Reference})
		case found.Conflict != nil:
			return each(i, found.Status, &Conflict{Reference: found.Conflict.Reference, Differences: found.Conflict.Differences})
		}
		return each(i, found.Status, nil)
	})
}

// Status tells each, in their order, how the order of the reference at place i stands on
// record, or a *NotFound. It ends with the first error that each returns.
func (m Many) Status(ctx context.Context, references []string, each func(i int, s order.Status, err error) error) error {
	return m.client.ledger.Orders.Statuses(ctx, references, func(i int, s order.Status, known bool) error {
		if !known {
			return each(i, s, &NotFound{Reference: references[i]})
		}
		return each(i, s, nil)
	})
}
