package reconcile

import (
	"context"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// History is FoxReload's list of orders; *foxreload.Client is one.
type History interface {
	ListOrders(context.Context, foxreload.OrderFilter) iter.Seq2[foxreload.Order, error]
}

// pagesRead bounds how far back FoxReload's list is read, in requests.
const pagesRead = 50

// settled are the statuses of an order that nobody needs to look after: it ended unpaid, or
// as one that is told of by its own words.
var settled = map[foxreload.Status]bool{foxreload.StatusCancelled: true, foxreload.StatusFailed: true}

// CompareHistory holds FoxReload's newest orders against the ledger: those that carry a key
// of ours and are not known by their id, and those that are paid and on record as ended
// without that. It says how many orders it looked at.
func CompareHistory(ctx context.Context, book *ledger.Ledger, api History) (findings []Finding, looked int, err error) {
	unknown := map[string]foxreload.Order{} // by key
	for o, err := range api.ListOrders(ctx, foxreload.OrderFilter{Pages: pagesRead}) {
		if err != nil {
			return nil, looked, fmt.Errorf("list FoxReload's orders: %w", err)
		}
		looked++
		reference, pinned, err := book.Pins.OwnerOf(ctx, o.ID)
		switch {
		case err != nil:
			return nil, looked, err
		case pinned:
			f, astray, err := endedUnpaid(ctx, book, reference, o)
			if err != nil {
				return nil, looked, err
			}
			if astray {
				findings = append(findings, f)
			}
		case ours(o.IdempotencyKey) && !settled[o.Status]:
			unknown[o.IdempotencyKey] = o
		}
	}
	if len(unknown) == 0 {
		return findings, looked, nil
	}
	owners, err := ownersOf(ctx, book, unknown)
	if err != nil {
		return nil, looked, err
	}
	for key, o := range unknown {
		f := Finding{Kind: Unknown, Reference: owners[key], OrderID: &o.ID, State: order.State(o.Status),
			Detail: fmt.Sprintf("FoxReload shows it as %.40s; no reference in this ledger has its key", o.Status)}
		if f.Reference != "" {
			f.Detail = fmt.Sprintf("FoxReload shows it as %.40s under the key of this reference, which has another order on record, or none", o.Status)
		}
		findings = append(findings, f)
	}
	return findings, looked, nil
}

// ours says whether a key has the form of ours.
func ours(key string) bool {
	id, err := uuid.Parse(key)
	return err == nil && id.Version() == 5
}

// endedUnpaid looks whether an order that is paid is on record as ended without being so.
func endedUnpaid(ctx context.Context, book *ledger.Ledger, reference string, o foxreload.Order) (f Finding, astray bool, err error) {
	paid := o.Status == foxreload.StatusPaid || o.Status == foxreload.StatusProcessing || o.Status == foxreload.StatusCompleted
	if !paid {
		return f, false, nil
	}
	s, err := book.Orders.Status(ctx, reference)
	if err != nil || s.State != order.Cancelled && s.State != order.Failed {
		return f, false, err
	}
	return Finding{Kind: PaidAstray, Reference: reference, State: s.State, OrderID: &o.ID,
		Detail: fmt.Sprintf("FoxReload shows it as %s, and it is on record as %s", o.Status, s.State)}, true, nil
}

// ownersOf finds the references that keys were made of.
func ownersOf(ctx context.Context, book *ledger.Ledger, keys map[string]foxreload.Order) (map[string]string, error) {
	owners := map[string]string{}
	err := book.Orders.Each(ctx, ledger.Filter{}, func(s order.Status) error {
		for replacement := range s.Replacements + 2 { // the next one may have been made
			fresh, err := book.Creates.FreshKeys(ctx, s.Reference, replacement)
			if err != nil {
				return err
			}
			for n := range fresh + 1 {
				if key := activities.IdempotencyKey(s.Reference, replacement, n); keys[key].ID != "" {
					owners[key] = s.Reference
				}
			}
		}
		return nil
	})
	return owners, err
}
