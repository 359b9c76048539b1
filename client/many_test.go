package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"foxflow/client"
	"foxflow/order"
)

func requests(n int) (list []order.Request) {
	for i := range n {
		list = append(list, order.Request{Reference: fmt.Sprintf("shop-%d", i), Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
	}
	return list
}

func TestManyOrdersAreHeldAgainstTheLedger(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	list := requests(3)
	require.NoError(t, e.Many.Place(t.Context(), list[:2], func(_ int, p client.Placed) error { return p.Err }))
	list[1].Items[0].Quantity = 5

	var found []error
	require.NoError(t, e.Many.Compare(t.Context(), list, func(i int, s order.Status, err error) error {
		require.Equal(t, len(found), i)
		found = append(found, err)
		if i < 2 {
			assert.Equal(t, list[i].Reference, s.Reference)
		}
		return nil
	}))
	require.NoError(t, found[0])
	conflict, is := errors.AsType[*client.Conflict](found[1])
	require.True(t, is)
	assert.Equal(t, []order.Difference{{Field: "item 1 quantity", Have: "1", Want: "5"}}, conflict.Differences)
	require.ErrorIs(t, found[2], client.ErrNotFound)

	states := map[string]error{}
	require.NoError(t, e.Many.Status(t.Context(), []string{"shop-2", "shop-0"}, func(_ int, s order.Status, err error) error {
		states[s.Reference] = err
		return nil
	}))
	require.ErrorIs(t, states[""], client.ErrNotFound)
	require.NoError(t, states["shop-0"])
}

// Each hears of each order once, one at a time. A refusal is about one order; trouble with
// Temporal ends the work.
func TestManyOrdersArePlacedOnce(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	e.temporal.Runs("another-ledger", "shop-3")
	list := requests(40)
	place := func() map[int]client.Placed {
		got := map[int]client.Placed{} // a race where two tell at once
		require.NoError(t, e.Many.Place(t.Context(), list, func(i int, p client.Placed) error {
			assert.NotContains(t, got, i)
			got[i] = p
			return nil
		}))
		return got
	}
	for i, p := range place() {
		if i == 3 {
			_, foreign := errors.AsType[*client.Foreign](p.Err)
			assert.True(t, foreign)
			continue
		}
		require.NoError(t, p.Err)
		assert.Equal(t, list[i].Reference, p.Status.Reference)
		assert.NotEqual(t, client.Joined, p.Outcome)
	}
	assert.Equal(t, client.Joined, place()[5].Outcome)
	assert.Len(t, e.temporal.Started(), 39)

	e.temporal.Starting = func(string) error { return serviceerror.NewUnavailable("connection lost") }
	more := []order.Request{{Reference: "more", Items: list[0].Items}}
	assert.Error(t, e.Many.Place(t.Context(), more, func(int, client.Placed) error { return nil }))
	stop := errors.New("stop")
	assert.ErrorIs(t, e.Many.Place(t.Context(), list, func(int, client.Placed) error { return stop }), stop)
}

// Who follows many orders is shown all of them once, and then what changes.
func TestFollowingManyShowsWhatChanges(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	require.NoError(t, e.Many.Place(t.Context(), requests(3), func(_ int, p client.Placed) error { return p.Err }))
	require.NoError(t, e.place("another"))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()

	var shown []string
	for s, err := range e.Many.Watch(ctx, []string{"shop-0", "shop-1", "shop-2"}, 0) {
		require.NoError(t, err)
		shown = append(shown, s.Reference+" "+string(s.State))
		switch len(shown) {
		case 3: // all of the first look
			e.enters("another", order.Creating)
			e.enters("shop-1", order.Creating)
			e.enters("shop-1", order.Active)
		case 4:
			for _, reference := range []string{"shop-0", "shop-1", "shop-2"} {
				e.enters(reference, order.Failed)
			}
		}
	}
	require.NoError(t, ctx.Err(), "it is over when all have ended")
	require.Len(t, shown, 7, "%v", shown)
	assert.Equal(t, []string{"shop-0 creating", "shop-1 creating", "shop-2 creating", "shop-1 active"}, shown[:4])
	assert.ElementsMatch(t, []string{"shop-0 failed", "shop-1 failed", "shop-2 failed"}, shown[4:])

	for _, err := range e.Many.Watch(t.Context(), []string{"shop-0", "nobody"}, 0) {
		if err != nil {
			assert.ErrorIs(t, err, client.ErrNotFound)
		}
	}
}
