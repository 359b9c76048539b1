package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Fifty orders at once at the edge of the day's limit, over two workers that are
// killed: not one more is paid than it allows, and the others wait visibly.
func TestDailyLimitHoldsOverWorkersAndRestarts(t *testing.T) {
	t.Parallel()
	const orders = 50
	day := time.Now().UTC().YearDay()
	s := newStack(t, []string{"--balance", "usd=1000"}, with("FOXFLOW_DAILY_LIMIT", "usd=95.50"), with("FOXFLOW_STALL_POLL", "1s"))
	other := s.otherWorker()
	references := s.placeMany("load", orders) // 9.55 usd each: ten are the limit, exactly
	s.untilAll("completed", 10)
	s.untilAll("paused", orders-10)
	s.Kill("worker")
	other.Kill()
	s.StartWorker()
	other = s.otherWorker()
	s.place(s.ref("after"), giftCard)
	waits := s.until(s.ref("after"), "paused")
	assert.Len(t, s.debits(), 10)
	assert.Equal(t, "DAILY_LIMIT", waits.Error.Code)
	assert.Contains(t, *waits.WaitingFor, "FOXFLOW_DAILY_LIMIT")

	require.Zero(t, s.Stop("worker"))
	other.Kill()
	s.Env["FOXFLOW_DAILY_LIMIT"] = "usd=200.54" // one cent less than 21 of them
	s.StartWorker()
	s.otherWorker()
	s.untilAll("completed", 20)
	s.untilAll("paused", orders+1-20)
	if time.Now().UTC().YearDay() != day {
		t.Skip("the day ended meanwhile, and with it the limit's sum")
	}
	assert.Len(t, s.debits(), 20)
	for _, times := range s.debits() {
		assert.Equal(t, 1, times)
	}
	assert.Len(t, references, orders)
}
