package budget

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/internal/budget/budgettest"
	"foxflow/internal/store"
)

// Those who come while a reservation is under way are served together, by the next one: each
// gets a slot of its own, or its own refusal.
func TestWhoWaitsTogetherIsServedTogether(t *testing.T) {
	t.Parallel()
	c, budgets := workers(t, 1, 60)
	b := budgets[0]
	var mu sync.Mutex
	transactions, begun, goOn := 0, make(chan struct{}), make(chan struct{})
	b.store.Clock.Shared = func(context.Context, store.Querier) (time.Time, error) {
		mu.Lock()
		defer mu.Unlock()
		if transactions++; transactions == 1 {
			close(begun)
			<-goOn
		}
		return c.now(), nil
	}
	const most = 10
	slots, errs := make([]time.Time, most), make([]error, most)
	ask := func(ctx context.Context, i int) {
		slots[i], _, errs[i] = b.reserve(ctx, time.Minute)
	}
	var all sync.WaitGroup
	all.Go(func() { ask(t.Context(), 0) })
	<-begun
	left, leave := context.WithCancel(t.Context())
	for i := 1; i < most; i++ {
		ctx := t.Context()
		if i == 1 {
			ctx = left
		}
		all.Go(func() { ask(ctx, i) })
	}
	require.Eventually(t, func() bool {
		b.line.mu.Lock()
		defer b.line.mu.Unlock()
		return len(b.line.waiting) == most-1
	}, time.Minute, time.Millisecond)
	leave()
	close(goOn)
	all.Wait()

	require.Equal(t, 2, transactions)
	require.ErrorIs(t, errs[1], context.Canceled)
	budgettest.RequireBound(t, append(slots[:1:1], slots[2:]...), 60)
	next, _, err := b.reserve(t.Context(), time.Minute)
	require.NoError(t, err)
	for i, slot := range slots {
		if i != 1 {
			require.NoError(t, errs[i])
			require.True(t, slot.Before(next), "nobody's place is given twice")
		}
	}
	require.Less(t, next.Sub(noon), (most-3)*time.Second+time.Second/2, "a burst of 3, then one a second: whoever left took none")
}

// What goes wrong with a reservation is told to all whom it was for.
func TestEverybodyIsToldThatAReservationFailed(t *testing.T) {
	t.Parallel()
	_, budgets := workers(t, 1, 60)
	broken := errors.New("no clock")
	budgets[0].store.Clock.Shared = func(context.Context, store.Querier) (time.Time, error) { return time.Time{}, broken }
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			_, _, err := budgets[0].reserve(t.Context(), time.Minute)
			if !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
}
