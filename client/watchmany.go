package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"foxflow/order"
)

// Watch follows orders until all have ended or the time is up. The first look shows
// how every one of them stands, each further one those that have changed; an end is shown
// once. A look costs what has changed, however many orders are open. A timeout of 0 has no
// end. An error ends it; a reference that is not on record is ErrNotFound.
func (m Many) Watch(ctx context.Context, references []string, timeout time.Duration) iter.Seq2[order.Status, error] {
	return func(yield func(order.Status, error) bool) {
		f := following{client: m.client, pending: map[string]bool{}}
		for _, reference := range references {
			f.pending[reference] = true
		}
		if len(f.pending) == 0 {
			return
		}
		for range m.client.looks(ctx, timeout) {
			err := f.look(ctx, func(s order.Status) bool { return yield(s, nil) })
			switch {
			case errors.Is(err, errEnough):
				return
			case err != nil:
				yield(order.Status{}, err)
				return
			case len(f.pending) == 0:
				return
			}
		}
		if ctx.Err() != nil {
			yield(order.Status{}, fmt.Errorf("wait for %d orders: %w", len(f.pending), ctx.Err()))
		}
	}
}

// errEnough: whoever follows wants to see no more.
var errEnough = errors.New("enough")

// following is orders that are followed.
type following struct {
	client  *Client
	pending map[string]bool // those that have not ended
	looked  bool
	seen    int64 // the newest entry of the log that a look has taken in
}

// look shows the orders that have changed, and takes those that have ended out of pending.
func (f *following) look(ctx context.Context, show func(order.Status) bool) error {
	changed, newest, err := f.changed(ctx)
	if err != nil {
		return err
	}
	err = f.client.Many.Status(ctx, changed, func(_ int, s order.Status, err error) error {
		if err != nil {
			return err
		}
		if s.State.Ended() {
			delete(f.pending, s.Reference)
		}
		if !show(s) {
			return errEnough
		}
		return nil
	})
	f.looked, f.seen = true, newest
	return err
}

// changed are the pending orders to look at, and the newest entry of the log before the look:
// what is written meanwhile is the next look's.
func (f *following) changed(ctx context.Context) (references []string, newest int64, err error) {
	if !f.looked {
		newest, err = f.client.ledger.Log.Newest(ctx)
		return slices.Sorted(maps.Keys(f.pending)), newest, err
	}
	references, newest, err = f.client.ledger.Log.Since(ctx, f.seen)
	return slices.DeleteFunc(references, func(reference string) bool { return !f.pending[reference] }), newest, err
}
