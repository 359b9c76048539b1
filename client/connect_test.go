package client_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"foxflow/client"
	"foxflow/ledger"
	"foxflow/order"
)

func topUp(id string, amount int64) order.TopUpRequest {
	return order.TopUpRequest{ID: id, Amount: decimal.NewFromInt(amount), Currency: "usdt"}
}

func TestReadingDialsNothing(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	_, _, err := e.book.Orders.Begin(t.Context(), one("shop-1"), time.Now())
	require.NoError(t, err)
	e.completes("shop-1", `"AAAA"`)
	_, err = e.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	_, err = e.List(t.Context(), ledger.Filter{})
	require.NoError(t, err)
	_, err = e.Audit(t.Context(), "shop-1")
	require.NoError(t, err)
	_, err = e.Codes(t.Context(), "shop-1", client.Looker{Who: "me", From: "here"})
	require.NoError(t, err)
	told, err := e.Explain(t.Context(), "shop-1")
	require.NoError(t, err)
	assert.Nil(t, told.NotAsked, "an order that has ended runs nowhere")
	for look, err := range e.Watch(t.Context(), "shop-1", time.Minute) {
		require.NoError(t, err)
		assert.Equal(t, order.Completed, look.Status.State)
	}
	_, _, err = e.Cancel(t.Context(), "shop-1")
	assert.True(t, is[*client.NotCancellable](err))
	assert.Zero(t, e.temporal.Dialled())
}

func TestTemporalIsDialledOnceAndAgainAfterItWasAway(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	e.temporal.Down = true
	require.Error(t, e.place("shop-1"))
	e.temporal.Down = false
	for range 3 {
		require.NoError(t, e.place("shop-1"))
	}
	assert.EqualValues(t, 2, e.temporal.Dialled())
	e.Close()
	require.NoError(t, e.place("shop-1"))
	assert.EqualValues(t, 3, e.temporal.Dialled())
}

// Many at once place one reference: one of them begins it, and Temporal is asked over one
// connection from then on.
func TestOneOrderOfManyPlacersAtOnce(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	var began atomic.Int32
	var group errgroup.Group
	for range 16 {
		group.Go(func() error {
			_, how, err := e.Place(t.Context(), one("shop-1"))
			if how == client.Began {
				began.Add(1)
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
	assert.EqualValues(t, 1, began.Load())
	assert.Len(t, e.temporal.Started(), 1)
}

func TestFollowingEndsWhenItIsOver(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	require.NoError(t, e.place("shop-1"))
	require.NoError(t, e.place("shop-2"))
	e.completes("shop-2", `"AAAA"`)

	looks, entered := 0, 0
	for look, err := range e.Watch(t.Context(), "shop-1", 20*time.Millisecond) {
		require.NoError(t, err)
		looks++
		assert.Equal(t, order.Creating, look.Status.State)
		entered += len(look.Entered)
	}
	assert.Equal(t, 1, entered, "each state once")
	assert.Greater(t, looks, 1, "once more when the time is up")

	ends := map[string]int{}
	for s, err := range e.Many.Watch(t.Context(), []string{"shop-1", "shop-2"}, 20*time.Millisecond) {
		require.NoError(t, err)
		if s.State.Ended() {
			ends[s.Reference]++
		}
	}
	assert.Equal(t, map[string]int{"shop-2": 1}, ends)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var last error
	for _, err := range e.Watch(ctx, "shop-1", 0) {
		last = err
		stop()
	}
	assert.ErrorIs(t, last, context.Canceled)
	for _, err := range e.Watch(t.Context(), "nobody", time.Minute) {
		last = err
	}
	assert.ErrorIs(t, last, client.ErrNotFound)
	for range e.Watch(t.Context(), "shop-1", 0) {
		break // whoever has seen enough
	}
	for range e.Many.Watch(t.Context(), []string{"shop-1"}, 0) {
		break
	}
	for s, err := range e.TopUps.Watch(t.Context(), topUp("tu-1", 50), 20*time.Millisecond) {
		require.NoError(t, err)
		assert.Equal(t, order.TopUpRequested, s.State, "no worker has taken it up")
	}
}
