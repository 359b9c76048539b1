package desk

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"foxflow/order"
)

// paused is a shop whose orders wait, each for a price, because of reason; budget is
// FoxReload's requests a minute.
func paused(t *testing.T, orders int, reason order.Wait, budget int) *shop {
	s := newShop(t)
	for i := range orders {
		s.now = s.now.Add(time.Second)
		reference := fmt.Sprintf("shop-%03d", i)
		s.waits(reference, "10 usd", 0)
		status, err := s.book.Orders.Status(t.Context(), reference)
		require.NoError(t, err)
		status.WaitingForCode = &reason
		s.enters(status, order.Paused)
	}
	s.withheld = reason
	for i := range s.releases {
		s.releases[i] = &Release{Ledger: s.book, Temporal: s, Now: func() time.Time { return s.now }, Holder: fmt.Sprint("worker ", i), PerMinute: budget, Log: zap.NewNop(),
			Withheld: func(context.Context, order.Status) (order.Wait, error) {
				s.asked++
				return s.withheld, nil
			}}
	}
	return s
}

// released has both workers look through the paused orders, so much later.
func (s *shop) released(d time.Duration) []string {
	s.now = s.now.Add(d)
	s.woken = nil
	for _, release := range s.releases {
		require.NoError(s, release.Tend(s.Context()))
	}
	return s.woken
}

func TestPausedOrdersAreToldAsTheBudgetCanPay(t *testing.T) {
	s := paused(t, 10, order.WaitResume, 24) // three orders in a quarter of a minute
	require.NoError(t, s.book.Switches.Pause(t.Context(), "ann", s.now))
	require.Empty(t, s.released(time.Hour))
	require.Zero(t, s.asked, "while payments are switched off nobody asks")

	require.NoError(t, s.book.Switches.Resume(t.Context()))
	s.withheld = ""
	require.Equal(t, []string{"shop-000", "shop-001", "shop-002"}, s.released(time.Second), "in the order of placing, by one desk")
	for _, reference := range s.woken {
		status, err := s.book.Orders.Status(t.Context(), reference)
		require.NoError(t, err)
		s.enters(status, order.Paid)
	}
	require.Empty(t, s.released(14*time.Second))
	require.Equal(t, []string{"shop-003", "shop-004", "shop-005"}, s.released(time.Second))
}

func TestOrdersThatWaitForTheNextDayAreLeftAlone(t *testing.T) {
	s := paused(t, 50, order.WaitNextDay, 100)
	for range 4 {
		require.Empty(t, s.released(time.Minute))
	}
	require.Equal(t, 4, s.asked, "the first one's answer is that of all that cost as much")
	s.withheld = ""
	require.Len(t, s.released(time.Minute), 13)
}

func TestAnOrderThatWaitsForSomethingElseNowIsTold(t *testing.T) {
	s := paused(t, 1, order.WaitResume, 100)
	s.withheld = order.WaitNextDay
	require.Equal(t, []string{"shop-000"}, s.released(time.Minute))
}

func TestPausedOrdersWithoutAWorkflowHoldUpNobody(t *testing.T) {
	s := paused(t, 6, order.WaitResume, 24)
	s.withheld = ""
	for i := range 4 {
		s.gone[fmt.Sprintf("shop-%03d", i)] = true
	}
	require.Equal(t, []string{"shop-004", "shop-005"}, s.released(time.Minute))
}

func TestPausedOrdersThatDoNotMoveHoldUpNobody(t *testing.T) {
	s := paused(t, 6, order.WaitResume, 24)
	s.withheld = ""
	first := []string{"shop-000", "shop-001", "shop-002"}
	require.Equal(t, first, s.released(time.Minute))
	require.Equal(t, []string{"shop-003", "shop-004", "shop-005"}, s.released(15*time.Second))
	require.Empty(t, s.released(15*time.Second))
	require.Equal(t, first, s.released(30*time.Second), "told again after a minute")
}
