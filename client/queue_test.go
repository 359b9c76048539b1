package client_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.temporal.io/api/serviceerror"

	"foxflow/client"
	"foxflow/internal/door"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// crowded is a shop with room for five orders, where seven are placed one after the other.
func crowded(t *testing.T) example {
	t.Helper()
	e := openAt(t.Context(), 6)
	t.Cleanup(e.close)
	for i := 1; i <= 7; i++ {
		s, how, err := e.Place(t.Context(), one(fmt.Sprint("shop-", i)))
		require.NoError(t, err)
		if i <= 5 {
			require.Equal(t, client.Began, how)
			require.Equal(t, order.Creating, s.State)
			continue
		}
		require.Equal(t, client.Queued, how)
		require.Equal(t, order.Queued, s.State)
	}
	return e
}

// What the request budget can't carry yet is queued: Temporal hears nothing of it, and whoever
// looks is told how many are before it and how long that takes.
func TestWhatHasNoRoomIsQueued(t *testing.T) {
	t.Parallel()
	e := crowded(t)
	require.Len(t, e.temporal.Started(), 5)
	s, err := e.Status(t.Context(), "shop-7")
	require.NoError(t, err)
	require.Equal(t, &order.Turn{Before: 1, AboutSeconds: 60}, s.Turn)
	require.Equal(t, order.WaitTurn, *s.WaitingForCode)
	require.Contains(t, *s.WaitingFor, "1 order is before it, which takes about 60 s")

	again, how, err := e.Place(t.Context(), one("shop-7"))
	require.NoError(t, err)
	require.Equal(t, client.Joined, how)
	require.Equal(t, s, again)
	require.Len(t, e.temporal.Started(), 5)

	told, err := e.Explain(t.Context(), "shop-7")
	require.NoError(t, err)
	require.Nil(t, told.NotAsked)
	require.Empty(t, told.Facts, "it runs nowhere, and should not")
	require.NoError(t, e.book.Switches.Pause(t.Context(), "ann", time.Now()))
	s, err = e.Status(t.Context(), "shop-7")
	require.NoError(t, err)
	require.Contains(t, *s.WaitingFor, "starter resume")
	require.NoError(t, e.book.Switches.Resume(t.Context()))

	woken, err := e.Waiting.ToppedUp(t.Context(), "shop-7")
	require.NoError(t, err)
	require.Empty(t, append(woken.Woken, woken.Failures...))
	require.Equal(t, order.Queued, woken.NotWaiting[0].State)
	_, err = e.Resolve(t.Context(), "shop-7", workflows.Resolution{Choice: workflows.Retry})
	require.ErrorContains(t, err, "it is queued, and asks for no decision")
	require.True(t, is[*client.NotAsked](err))
	_, _, err = e.Recheck(t.Context(), "shop-7", nil)
	require.True(t, is[*client.NotEnded](err))
	_, err = e.Codes(t.Context(), "shop-7", client.Looker{})
	require.True(t, is[*client.NoCodes](err))
}

// A queued order ends at once: with no worker, and with Temporal away.
func TestAQueuedOrderIsCancelledWithoutTemporal(t *testing.T) {
	t.Parallel()
	e := crowded(t)
	e.Close()
	e.temporal.Down = true
	s, again, err := e.Cancel(t.Context(), "shop-6")
	require.NoError(t, err)
	require.False(t, again)
	require.Equal(t, order.Cancelled, s.State)
	require.Equal(t, order.UserRequest, *s.CancelReason)
	_, again, err = e.Cancel(t.Context(), "shop-6")
	require.NoError(t, err)
	require.True(t, again)
	log, err := e.Audit(t.Context(), "shop-6")
	require.NoError(t, err)
	require.Nil(t, log.Broken)
	require.Len(t, log.Entries, 2)
}

// An order whose turn has come is asked itself, as soon as it runs.
func TestAnOrderThatIsBeingStartedIsCancelledOnceItRuns(t *testing.T) {
	t.Parallel()
	e := crowded(t)
	claimed, err := e.book.Queue.Claim(t.Context(), 1, map[order.Payer]int{order.PaidByBalance: 1}, door.ClaimLasts, time.Now())
	require.NoError(t, err)
	require.Equal(t, "shop-6", claimed[0].Status.Reference)
	asked := make(chan struct{})
	var once sync.Once
	runs := false
	e.temporal.Cancelled = func(reference string) (order.Status, error) {
		defer once.Do(func() { close(asked) })
		if !runs {
			runs = true
			return order.Status{}, serviceerror.NewNotFound("no such workflow")
		}
		s := claimed[0].Status
		s.State = order.Cancelled
		return s, nil
	}
	s, _, err := e.Cancel(t.Context(), "shop-6")
	require.NoError(t, err)
	require.Equal(t, order.Cancelled, s.State)
	<-asked
}

// placed is what PlaceAll told of many orders.
func (e example) placed(ctx context.Context, orders []order.Request) (map[string]client.Placed, error) {
	told := map[string]client.Placed{}
	err := e.Many.Place(ctx, orders, func(i int, p client.Placed) error {
		if _, twice := told[orders[i].Reference]; twice {
			return errors.New("told twice of " + orders[i].Reference)
		}
		told[orders[i].Reference] = p
		return nil
	})
	return told, err
}

func many(from, n int) (orders []order.Request) {
	for i := range n {
		orders = append(orders, one(fmt.Sprintf("shop-%04d", from+i)))
	}
	return orders
}

// As many as there is room for begin at once, as if each were placed by itself.
func TestFewOrdersPlacedTogetherBegin(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	e.temporal.Runs("another", "shop-0003")
	told, err := e.placed(t.Context(), many(0, 5))
	require.NoError(t, err)
	require.Len(t, told, 5)
	for reference, p := range told {
		if reference == "shop-0003" {
			require.True(t, is[*client.Foreign](p.Err), "%v", p.Err)
			continue
		}
		require.NoError(t, p.Err)
		require.Equal(t, client.Began, p.Outcome)
		require.Equal(t, order.Creating, p.Status.State)
	}
	require.Len(t, e.temporal.Started(), 4)
	other := many(1, 2)
	other[0].Items[0].Quantity = 7
	told, err = e.placed(t.Context(), other)
	require.NoError(t, err)
	require.True(t, is[*client.Conflict](told["shop-0001"].Err))
	require.Equal(t, client.Joined, told["shop-0002"].Outcome)
}

// Beyond that all are queued in their order, whatever hundreds they are in; what is on record
// already is found, and nobody is told of twice.
func TestManyOrdersPlacedTogetherAreQueuedInTheirOrder(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	_, err := e.placed(t.Context(), many(7, 1))
	require.NoError(t, err)
	all := many(0, ledger.MostPlaced+100)
	told, err := e.placed(t.Context(), all)
	require.NoError(t, err)
	require.Len(t, told, len(all))
	for reference, p := range told {
		require.NoError(t, p.Err)
		if reference == "shop-0007" {
			require.Equal(t, client.Joined, p.Outcome)
			continue
		}
		require.Equal(t, client.Queued, p.Outcome)
	}
	require.Len(t, e.temporal.Started(), 1)
	s, err := e.Status(t.Context(), "shop-0599")
	require.NoError(t, err)
	require.Equal(t, 598, s.Turn.Before)
	require.EqualValues(t, 599*60*3/100, s.Turn.AboutSeconds)

	told, err = e.placed(t.Context(), all)
	require.NoError(t, err)
	for _, p := range told {
		require.Equal(t, client.Joined, p.Outcome)
	}
	require.Len(t, e.temporal.Started(), 1)
}

// Whoever has seen enough ends it; so does a context that is over, and Temporal that is away.
func TestPlacingManyEndsWhenItIsOver(t *testing.T) {
	t.Parallel()
	e := open(t.Context())
	t.Cleanup(e.close)
	enough := errors.New("enough")
	err := e.Many.Place(t.Context(), many(0, 100), func(int, client.Placed) error { return enough })
	require.ErrorIs(t, err, enough)
	ended, end := context.WithCancel(t.Context())
	end()
	_, err = e.placed(ended, many(100, 100))
	require.ErrorIs(t, err, context.Canceled)
	e.Close()
	e.temporal.Down = true
	_, err = e.placed(t.Context(), many(200, 100))
	require.True(t, is[*client.Unavailable](err))
	_, err = e.Status(t.Context(), "shop-0200")
	require.ErrorIs(t, err, client.ErrNotFound, "nothing is on record")
	assert.Empty(t, e.temporal.Started())
}
