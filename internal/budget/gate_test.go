package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/ledgertest/twice"
)

var _ foxreload.Gate = (*Budget)(nil)

// Promise 6: the request budget is respected and spent on orders.
func TestPayGoesFirst(t *testing.T) {
	t.Parallel()
	assert.Greater(t, horizons[foxreload.PriorityPay], horizons[foxreload.PriorityCreate])
	assert.Greater(t, horizons[foxreload.PriorityCreate], horizons[foxreload.PriorityPoll])
}

func TestASpentBudgetSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	_, budgets := workers(t, 1, 1)
	require.NoError(t, budgets[0].Wait(t.Context(), foxreload.PriorityPoll))
	var throttled *foxreload.ThrottledError
	require.ErrorAs(t, budgets[0].Wait(t.Context(), foxreload.PriorityPoll), &throttled)
	assert.InDelta(t, time.Minute, throttled.For, float64(5*time.Second))
}

// What goes wrong with the store itself is passed on as it is, and nothing is sent.
func TestALedgerThatFailsIsNoHold(t *testing.T) {
	t.Parallel()
	s := open(t, twice.Address(t)) // what is done to it is not undone
	_, err := s.Writes().ExecContext(t.Context(), `DROP TABLE budget`)
	require.NoError(t, err)
	b := New(s, "api-key", 100)
	err = b.Wait(t.Context(), foxreload.PriorityPay)
	require.ErrorContains(t, err, "budget")
	assert.NotErrorAs(t, err, new(*foxreload.ThrottledError))
	assert.Error(t, b.Throttle(t.Context(), time.Second))
}

// Without a keyset the key has no name, and all such keys would share one row.
func TestAKeyWithoutANameHasNoBudget(t *testing.T) {
	t.Parallel()
	b := New(open(t, address(t)), "", 100)
	require.ErrorIs(t, b.Wait(t.Context(), foxreload.PriorityPay), ErrNoKeyID)
	require.ErrorIs(t, b.Throttle(t.Context(), time.Second), ErrNoKeyID)
}
