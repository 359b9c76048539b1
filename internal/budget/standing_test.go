package budget

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/budget/budgettest"
	"foxflow/internal/store"
)

func TestStandingOfTheBudget(t *testing.T) {
	t.Parallel()
	s := open(t, address(t))
	now := noon
	s.Clock.Here = func() time.Time { return now }
	s.Clock.Sleep = func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }
	b := New(s, "key", 60) // a request a second, and a burst of 3
	standing := func() Standing {
		now, err := b.Standing(t.Context())
		require.NoError(t, err)
		return now
	}
	assert.Equal(t, Standing{}, standing())
	for range 3 {
		require.NoError(t, b.Wait(t.Context(), 1))
	}
	assert.InDelta(t, time.Second, standing().Queue, float64(200*time.Millisecond), "the burst is spent: a second, and the jitter")
	require.NoError(t, b.Throttle(t.Context(), time.Minute))
	assert.Equal(t, now.Add(time.Minute), standing().SilentUntil)
	assert.GreaterOrEqual(t, standing().Queue, time.Minute)
	now = noon.Add(2 * time.Minute)
	assert.Zero(t, standing().Queue)
	now = noon.Add(-24 * time.Hour) // the clock was set back
	assert.Equal(t, now.Add(maxSilence), standing().SilentUntil)
}

// Whoever waits for the budget is in nobody's way.
func TestWaitForTheBudgetHoldsNoLock(t *testing.T) {
	t.Parallel()
	at := address(t)
	waits, goes := open(t, at), open(t, at)
	asleep, wake := make(chan struct{}), make(chan struct{})
	waits.Clock.Sleep = func(context.Context, time.Duration) error {
		close(asleep)
		<-wake
		return errors.New("woken")
	}
	require.NoError(t, New(waits, "key", 20).Wait(t.Context(), 1))
	done := make(chan error)
	go func() { done <- New(waits, "key", 20).Wait(t.Context(), 1) }()
	select {
	case <-asleep:
	case err := <-done:
		require.NoError(t, err, "it did not wait")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, touch(ctx, goes))
	require.NoError(t, touch(ctx, waits), "nor in that of its own process")
	close(wake)
	require.ErrorContains(t, <-done, "woken")
}

// apart are workers whose own clocks are wrong by so much, over one store whose clock is
// right.
func apart(t *testing.T, wrong ...time.Duration) (*clock, []*Budget) {
	t.Helper()
	c, budgets := workers(t, len(wrong), 100)
	for i, by := range wrong {
		s := budgets[i].store
		s.Clock.Here = func() time.Time { return c.now().Add(by) }
		s.Clock.Shared = func(context.Context, store.Querier) (time.Time, error) { return c.now(), nil }
	}
	return c, budgets
}

// A worker whose clock is behind gets as much of the budget as one whose clock
// is right, and no request more is granted to both.
// Promise 6: the request budget is respected and spent on orders.
func TestWorkerWhoseClockIsBehindGetsItsShare(t *testing.T) {
	t.Parallel()
	for _, behind := range []time.Duration{0, 5 * time.Second, 25 * time.Second, time.Hour, -25 * time.Second, -time.Hour} {
		c, budgets := apart(t, 0, -behind)
		granted, pays := [2]int{}, 0
		var grants []time.Time
		for i := range 2 * 60 * 4 { // two minutes, four tries a second by turns
			b, horizon := budgets[i%2], horizons[foxreload.PriorityPoll]
			if i%40 == 1 { // by turns the late one pays
				horizon = horizons[foxreload.PriorityPay]
			}
			slot, throttled, err := b.reserve(t.Context(), horizon)
			require.NoError(t, err)
			if throttled == nil {
				granted[i%2]++
				grants = append(grants, c.now().Add(slot.Sub(b.store.Clock.Here())))
				if horizon == horizons[foxreload.PriorityPay] {
					pays++
				}
			}
			c.advance(250 * time.Millisecond)
		}
		require.Equal(t, 12, pays, "behind by %s", behind)
		require.Greater(t, 2*granted[1], granted[0], "behind by %s: %v", behind, granted)
		require.Greater(t, 2*granted[0], granted[1], "behind by %s: %v", behind, granted)
		budgettest.RequireBound(t, grants, 100)

		require.NoError(t, budgets[1].Throttle(t.Context(), 30*time.Second))
		standing, err := budgets[1].Standing(t.Context())
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, standing.SilentUntil.Sub(budgets[1].store.Clock.Here()), "on the clock of who asks")
		var throttled *foxreload.ThrottledError
		require.ErrorAs(t, budgets[0].Wait(t.Context(), 1), &throttled)
		require.LessOrEqual(t, throttled.For, 30*time.Second+LongestWait)
		c.advance(12 * time.Second)
		before := c.now()
		require.NoError(t, budgets[1].Wait(t.Context(), 1))
		require.GreaterOrEqual(t, c.now().Sub(before), 18*time.Second, "it slept as long as all must")
		require.Less(t, c.now().Sub(before), 30*time.Second)
	}
}
