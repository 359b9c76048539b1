package budget

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/budget/budgettest"
)

// clock is a time of our own: sleeping moves it on.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept func() // what happens meanwhile
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.advance(d)
	if happens := c.slept; happens != nil {
		c.slept = nil
		happens()
	}
	return nil
}

// workers are processes that share one budget over one file.
func workers(t *testing.T, n, perMinute int) (*clock, []*Budget) {
	t.Helper()
	c := &clock{at: noon}
	at := address(t)
	budgets := make([]*Budget, n)
	for i := range budgets {
		s := open(t, at)
		s.Clock.Here, s.Clock.Sleep = c.now, c.sleep
		budgets[i] = New(s, "api-key", perMinute)
	}
	return c, budgets
}

// Promise 6: the request budget is respected and spent on orders.
func TestBudgetHoldsInEveryWindow(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []int{1, 7, 39, 40, 100, 1000} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%d a minute, seed %d", perMinute, seed), func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, uint64(perMinute)))
				c, budgets := workers(t, 2, perMinute)
				interval := time.Minute / time.Duration(perMinute)
				var grants []time.Time
				for range 100 {
					if random.IntN(3) == 0 { // else they come as a crowd
						c.advance(time.Duration(random.Int64N(int64(6 * interval))))
					}
					budget := budgets[random.IntN(len(budgets))]
					if random.IntN(40) == 0 {
						require.NoError(t, budget.Throttle(t.Context(), time.Duration(random.Int64N(int64(3*interval)))))
					}
					if budget.Wait(t.Context(), foxreload.Priority(1+random.IntN(3))) == nil {
						grants = append(grants, c.now())
					}
				}
				require.GreaterOrEqual(t, len(grants), 20)
				budgettest.RequireBound(t, grants, perMinute)
			})
		}
	}
}

// Everybody asks at the same moment, through both: the slots still keep the bound.
func TestBudgetHoldsWhenManyAskAtOnce(t *testing.T) {
	t.Parallel()
	_, budgets := workers(t, 2, 100)
	slots := make([]time.Time, 30)
	allAtOnce(t, len(slots), func(i int) (err error) {
		slots[i], _, err = budgets[i%2].reserve(t.Context(), time.Minute)
		return err
	})
	budgettest.RequireBound(t, slots, 100)
	last := slices.MaxFunc(slots, time.Time.Compare)
	require.Less(t, last.Sub(noon), 17*time.Second, "30 requests at 100 a minute with a burst of 5 take about 15 s: none is wasted")
}

// Between a grant and the request on the wire lie a commit and a network: late by
// up to the allowance, the requests keep the bound as well.
func TestBudgetHoldsOnTheWire(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	_, budgets := workers(t, 1, 100)
	var sent []time.Time
	for range 32 {
		slot, throttled, err := budgets[0].reserve(t.Context(), time.Minute)
		require.NoError(t, err)
		require.Nil(t, throttled)
		sent = append(sent, slot.Add(time.Duration(random.Int64N(int64(jitter)))))
	}
	budgettest.RequireBound(t, sent, 100)
}

func TestBurstGoesAtOnceAndTheRateIsUsedUp(t *testing.T) {
	t.Parallel()
	c, budgets := workers(t, 1, 100)
	for range 5 {
		require.NoError(t, budgets[0].Wait(t.Context(), 1))
	}
	require.LessOrEqual(t, c.now().Sub(noon), jitter, "a burst of 5")
	for range 100 {
		require.NoError(t, budgets[0].Wait(t.Context(), 1))
	}
	require.InDelta(t, 60, c.now().Sub(noon).Seconds(), 1, "then 100 a minute")
	c.advance(time.Hour)
	idle := c.now()
	for range 5 {
		require.NoError(t, budgets[0].Wait(t.Context(), 1))
	}
	require.LessOrEqual(t, c.now().Sub(idle), jitter, "an hour of silence saves up one burst")
	require.NoError(t, budgets[0].Wait(t.Context(), 1))
	require.Greater(t, c.now().Sub(idle), jitter, "not more")
}

func TestIntervalsAreNeverRoundedDown(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []int{-1, 0, 1, 7, 100, 999, 7_000_001} {
		r := rateOf(perMinute)
		require.GreaterOrEqual(t, r.interval*time.Duration(max(1, perMinute)), time.Minute, "%d a minute", perMinute)
	}
}

func TestPayBeforeCreateBeforePoll(t *testing.T) {
	t.Parallel()
	_, budgets := workers(t, 2, 60)
	// A crowd of polls fills the queue up to their horizon, and no further.
	queue := func(priority foxreload.Priority) (taken int) {
		for {
			_, throttled, err := budgets[taken%2].reserve(t.Context(), horizons[priority])
			require.NoError(t, err)
			if throttled != nil {
				require.Greater(t, throttled.For, horizons[priority])
				require.LessOrEqual(t, throttled.For, horizons[priority]+2*time.Second)
				_, again, err := budgets[1].reserve(t.Context(), horizons[priority])
				require.NoError(t, err)
				require.Equal(t, throttled, again, "one that is throttled takes no place")
				return taken
			}
			taken++
		}
	}
	require.Positive(t, queue(3), "polls")
	require.Positive(t, queue(2), "creates find room behind them")
	require.Positive(t, queue(1), "payments find room behind both")
	for priority := range foxreload.Priority(5) {
		var throttled *foxreload.ThrottledError
		require.ErrorAs(t, budgets[0].Wait(t.Context(), priority), &throttled)
	}
}

func TestHoldKeepsEveryWorkerBack(t *testing.T) {
	t.Parallel()
	c, budgets := workers(t, 2, 100)
	require.NoError(t, budgets[0].Throttle(t.Context(), 3*time.Second))
	require.NoError(t, budgets[1].Throttle(t.Context(), time.Second), "a shorter one changes nothing")
	require.NoError(t, budgets[1].Throttle(t.Context(), -time.Second))
	require.NoError(t, budgets[1].Wait(t.Context(), 3))
	require.Equal(t, 3*time.Second, c.now().Sub(noon))

	require.NoError(t, budgets[0].Throttle(t.Context(), 24*time.Hour))
	var throttled *foxreload.ThrottledError
	require.ErrorAs(t, budgets[1].Wait(t.Context(), 1), &throttled)
	require.Equal(t, maxSilence, throttled.For, "no server stops us for a day")
	c.advance(maxSilence)
	require.NoError(t, budgets[1].Wait(t.Context(), 1))

	other := New(budgets[0].store, "another key", 100)
	require.NoError(t, budgets[0].Throttle(t.Context(), time.Minute))
	before := c.now()
	require.NoError(t, other.Wait(t.Context(), 3))
	require.Equal(t, before, c.now(), "the hold is of one key")
}

func TestHoldReachesThoseWhoSleepAlready(t *testing.T) {
	t.Parallel()
	c, budgets := workers(t, 2, 60)
	for range 3 {
		require.NoError(t, budgets[0].Wait(t.Context(), 1))
	}
	var silentFrom time.Time
	c.slept = func() { // just before it would have sent, the other worker is told 429
		silentFrom = c.now()
		require.NoError(t, budgets[1].Throttle(t.Context(), 7*time.Second))
	}
	require.NoError(t, budgets[0].Wait(t.Context(), 1))
	require.False(t, silentFrom.IsZero(), "it slept")
	require.GreaterOrEqual(t, c.now().Sub(silentFrom), 7*time.Second)
}

func TestCrowdAfterAHoldKeepsTheBudget(t *testing.T) {
	t.Parallel()
	c, budgets := workers(t, 2, 100)
	require.NoError(t, budgets[0].Throttle(t.Context(), time.Minute))
	c.advance(59 * time.Second)
	slots := make([]time.Time, 25)
	allAtOnce(t, len(slots), func(i int) (err error) {
		slots[i], _, err = budgets[i%2].reserve(t.Context(), horizons[foxreload.PriorityPay])
		return err
	})
	budgettest.RequireBound(t, slots, 100)
	first := slices.MinFunc(slots, time.Time.Compare)
	require.Equal(t, time.Minute, first.Sub(noon), "none before the hold ends")
}

func TestClockSetBackDoesNotStopTheShop(t *testing.T) {
	t.Parallel()
	c, budgets := workers(t, 1, 100)
	for range 20 {
		require.NoError(t, budgets[0].Wait(t.Context(), 1))
	}
	require.NoError(t, budgets[0].Throttle(t.Context(), time.Minute))
	c.advance(-48 * time.Hour)
	var throttled *foxreload.ThrottledError
	require.ErrorAs(t, budgets[0].Wait(t.Context(), 1), &throttled)
	require.Less(t, throttled.For, 2*maxSilence, "not two days")
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, budgets := workers(t, 1, 60)
	c.at = time.Now() // a context's deadline is in real time
	budgets[0].store.Clock.Sleep = open(t, address(t)).Clock.Sleep
	for range 10 {
		_, _, err := budgets[0].reserve(t.Context(), time.Minute)
		require.NoError(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	require.ErrorIs(t, budgets[0].Wait(ctx, 1), context.Canceled)

	// One that must end before its turn comes takes no place.
	ctx, cancel = context.WithDeadline(t.Context(), c.at.Add(5*time.Second))
	defer cancel()
	var throttled, again *foxreload.ThrottledError
	require.ErrorAs(t, budgets[0].Wait(ctx, 1), &throttled)
	require.ErrorAs(t, budgets[0].Wait(ctx, 1), &again)
	require.Equal(t, throttled, again)
}
