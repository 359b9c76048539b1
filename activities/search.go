package activities

import (
	"context"
	"errors"
	"time"

	"foxflow/foxreload"
)

const (
	// searchPages bounds a search, in requests: the history grows for ever, and every
	// request is one that no order gets.
	searchPages = 5
	// clocksApart is how far FoxReload's clock may be behind the ledger's.
	clocksApart = 5 * time.Minute
)

// search looks through the order history for the order that carries our key; without
// one, no order is known to be ours. It reads a few pages, of orders with a status
// where one is given, and stops at orders that are older than since, when the first
// request that may have made ours left (zero: it may be of any age). A history that
// can't be listed (no such call, an odd page) is one without our order; an outage is
// not.
func (a *Activities) search(ctx context.Context, key string, status foxreload.Status, since time.Time) (foxreload.Order, bool, error) {
	if key == "" {
		return foxreload.Order{}, false, nil
	}
	var ages ages
	for o, err := range a.API.ListOrders(ctx, foxreload.OrderFilter{Status: status, Pages: searchPages}) {
		switch {
		case err != nil && unlistable(err):
			return foxreload.Order{}, false, nil
		case err != nil:
			return foxreload.Order{}, false, err
		case o.IdempotencyKey == key:
			return o, true, nil
		case ages.passed(o.CreatedAt, since):
			return foxreload.Order{}, false, nil
		}
	}
	return foxreload.Order{}, false, nil
}

// unlistable says whether the history can't be listed at all, now or later.
func unlistable(err error) bool {
	var api *foxreload.Error
	return errors.As(err, &api) &&
		(api.Class == foxreload.ClassFinal || api.Class == foxreload.ClassNotFound || api.Code == foxreload.CodeMalformed)
}

// ages are the times of a list's orders, as it is walked. Nobody promises that the
// newest come first: until two have shown it, and from where one shows otherwise, age
// says nothing.
type ages struct {
	last     *time.Time
	unsorted bool
}

// passed says whether all orders from this one on are older than since.
func (a *ages) passed(created *time.Time, since time.Time) bool {
	if created == nil || since.IsZero() {
		return false
	}
	second := a.last != nil
	a.unsorted = a.unsorted || second && created.After(*a.last)
	a.last = created
	return second && !a.unsorted && created.Before(since.Add(-clocksApart))
}
