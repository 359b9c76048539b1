package workflows_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// limited is a shop that has spent so much today, of 100 usd a day.
func limited(t *testing.T, spent string) *world {
	w := newWorld(t)
	w.limit("100")
	_, _, err := w.book.Orders.Begin(t.Context(), order.Request{Reference: "earlier", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}, w.env.Now())
	require.NoError(t, err)
	require.NoError(t, w.book.Pins.Pin(t.Context(), "earlier", 0, "fox-earlier", w.env.Now()))
	amount := decimal.RequireFromString(spent)
	err = w.book.Payments.Begin(t.Context(), ledger.Payment{Attempt: "earlier", Reference: "earlier", OrderID: "fox-earlier", Amount: &amount, Currency: "usd", At: w.env.Now()})
	require.NoError(t, err)
	return w
}

func (w *world) limit(usd string) {
	w.acts.DailyLimit = map[string]decimal.Decimal{"usd": decimal.RequireFromString(usd)}
}

// Whoever reaches the limit waits visibly until the next day, and costs no request
// meanwhile.
func TestDailyLimitHoldsUntilTheNextDay(t *testing.T) {
	t.Parallel()
	w := limited(t, "90.46") // the order costs 9.55
	began := w.env.Now()
	looks := 0
	w.at(time.Minute, func() { looks = w.fox.get })
	w.at(13*time.Hour, func() {
		during := w.now()
		assert.Equal(t, order.Paused, during.State)
		assert.Equal(t, "DAILY_LIMIT", during.Error.Code)
		assert.Equal(t, "the order costs 9.55 usd; 90.46 of the daily limit of 100 are spent", during.Error.Message)
		assert.Contains(t, *during.WaitingFor, "midnight UTC")
		assert.Equal(t, looks, w.fox.get, "whether it is held is for the ledger to say")
		assert.Empty(t, w.fox.debits)
	})
	w.in.Intervals.StallPoll = seldom
	w.fox.window = 48 * time.Hour
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 14*time.Hour, w.env.Now().Sub(began).Truncate(time.Hour), "at midnight")
}

func TestDailyLimitReachedExactlyIsAllowed(t *testing.T) {
	t.Parallel()
	w := limited(t, "90.45")
	assert.Equal(t, order.Completed, w.run().State)
	assert.NotContains(t, w.states(), order.Paused)
}

func TestDailyLimitRaised(t *testing.T) {
	t.Parallel()
	w := limited(t, "100")
	w.at(time.Hour, func() { w.limit("200") })
	assert.Equal(t, order.Completed, w.run().State)
	assert.Contains(t, w.states(), order.Paused)
}

// The pause is lifted, and then the limit holds the order: it says what it waits for
// now.
func TestPauseGivesWayToTheLimit(t *testing.T) {
	t.Parallel()
	w := limited(t, "95")
	require.NoError(t, w.book.Switches.Pause(t.Context(), "ann", w.env.Now()))
	w.at(time.Minute, func() {
		assert.Contains(t, *w.now().WaitingFor, "starter resume")
		require.NoError(t, w.book.Switches.Resume(t.Context()))
	})
	w.at(time.Hour, func() {
		assert.Contains(t, *w.now().WaitingFor, "FOXFLOW_DAILY_LIMIT")
		w.cancel()
	})
	assert.Equal(t, order.Cancelled, w.run().State)
}

func TestMockOrdersDoNotCountTowardsTheLimit(t *testing.T) {
	t.Parallel()
	w := limited(t, "100")
	w.in.Request.Mock = true
	assert.Equal(t, order.Completed, w.run().State)
	assert.NotContains(t, w.states(), order.Paused)
}

// What is paid in a currency that nobody names might count towards any limit.
func TestMoneyOfUnknownCurrencyWaits(t *testing.T) {
	t.Parallel()
	w := limited(t, "1")
	w.fox.onSee = func(o *foxreload.Order) { o.Currency = "" }
	w.at(time.Hour, func() {
		during := w.now()
		assert.Equal(t, order.Paused, during.State)
		assert.Contains(t, during.Error.Message, "set FOXRELOAD_CURRENCY")
		w.acts.Currency = "usd"
	})
	assert.Equal(t, order.Completed, w.run().State)
}
