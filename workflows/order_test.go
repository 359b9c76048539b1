package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

func TestHappyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Paid, order.Processing, order.Completed}, w.states())
	assert.Equal(t, "9.55", *s.Price)
	assert.Equal(t, 1, s.Items[0].Codes)
	codes, err := w.book.Vault.Codes(t.Context(), reference)
	require.NoError(t, err)
	require.Len(t, codes, 1)
	assert.JSONEq(t, `"AAAA-BBBB"`, string(codes[0].Raw))
}

func TestPollCadence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {2 * time.Minute, foxreload.StatusCompleted}}
	var looks []time.Duration
	start := time.Time{}
	w.fox.onGet = func(int) error {
		if start.IsZero() {
			start = w.fox.orders[0].paidAt
		}
		looks = append(looks, w.env.Now().Sub(start))
		return nil
	}
	w.run()
	require.Greater(t, len(looks), 4)
	// 5 s after the pay, then each interval half as long again up to 30 s, with
	// 0 to 30 % on top; never at once.
	last, want := time.Duration(0), 5*time.Second
	for i, at := range looks {
		gap := at - last
		assert.GreaterOrEqual(t, gap, want, "look %d", i+1)
		assert.LessOrEqual(t, gap, want+want*3/10+time.Second, "look %d", i+1)
		last, want = at, min(want*3/2, 30*time.Second)
	}
}

func TestSkippedStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusCompleted}}
	w.run()
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Completed}, w.states())
}

func TestUnknownStatusIsNoEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {5 * time.Second, "in_review"}, {100 * time.Second, foxreload.StatusProcessing}, {120 * time.Second, foxreload.StatusCompleted}}
	var during order.Status
	w.at(50*time.Second, func() { during = w.now() })
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, order.Paid, during.State)
	assert.Contains(t, w.notes(), "in_review")
}

func TestSupplierFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {4 * time.Second, foxreload.StatusFailed}}
	w.fox.itemError = "no such player 00123456"
	s := w.run()
	assert.Equal(t, order.Failed, s.State)
	require.NotNil(t, s.Error)
	assert.Contains(t, s.Error.Message, "no such player")
	assert.NotContains(t, s.Error.Message, "00123456", "player data was sent, and is not to come back in words")
	assert.NotContains(t, *s.Items[0].Error, "00123456")
}

func TestCodesOfAFailedOrderAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {6 * time.Second, foxreload.StatusProcessing}, {40 * time.Second, foxreload.StatusFailed}}
	w.fox.onGet = func(int) error {
		w.fox.orders[0].order.Items[0].Codes = []json.RawMessage{json.RawMessage(`"PART-0001"`)}
		return nil
	}
	s := w.run()
	assert.Equal(t, order.Failed, s.State)
	assert.Equal(t, 1, s.Items[0].Codes)
}

func TestRefusedRequestFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onCreate = func(int) error { return apiError(foxreload.ClassFinal, "NOTE_INVALID") }
	s := w.run()
	assert.Equal(t, order.Failed, s.State)
	assert.Equal(t, "NOTE_INVALID", s.Error.Code)
	assert.Nil(t, s.OrderID)
	assert.Equal(t, 1, w.fox.creates)
}

func TestOutageIsWaitedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outage := func(n int) error {
		if n <= 8 {
			return apiError(foxreload.ClassPassing, "HTTP_503")
		}
		return nil
	}
	w.fox.onCreate, w.fox.onPay, w.fox.onGet = outage, outage, nil
	assert.Equal(t, order.Completed, w.run().State)
}

func TestPriceGuardHoldsBeforePaying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limit := decimal.RequireFromString("9.54")
	w.in.Request.MaxPrice = &limit
	s := w.run()
	assert.Equal(t, order.Cancelled, s.State)
	assert.Equal(t, order.PriceGuard, *s.CancelReason)
	assert.Contains(t, s.Error.Message, "9.55")
	assert.Contains(t, s.Error.Message, "9.54")
	assert.Zero(t, w.fox.pays)
}

func TestStalledThenDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusPaid}, {3 * time.Second, foxreload.StatusProcessing}, {20 * time.Minute, foxreload.StatusCompleted}}
	var before, during order.Status
	w.at(299*time.Second, func() { before = w.onRecord() })
	w.at(302*time.Second, func() { during = w.now() })
	looks := 0
	w.at(400*time.Second, func() { looks = w.fox.get })
	w.at(1000*time.Second, func() { looks = w.fox.get - looks })
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, order.Processing, before.State)
	assert.Equal(t, order.Stalled, during.State)
	require.NotNil(t, during.WaitingFor)
	assert.InDelta(t, 8.5, looks, 1.6, "once a minute, with jitter, from then on")
	assert.Nil(t, s.WaitingFor)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Paid, order.Processing, order.Stalled, order.Completed}, w.states())
}

func TestStalledForADayIsUnresolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in.Intervals.StallPoll = seldom
	w.fox.stages = []stage{{0, foxreload.StatusPaid}}
	s := w.run()
	assert.Equal(t, order.Unresolved, s.State)
	require.NotNil(t, s.Error)
	assert.Contains(t, s.Error.Message, "fox-1")
}

func TestStallIsNoticedDuringAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onGet = func(int) error {
		if w.env.Now().Sub(w.fox.orders[0].paidAt) < 10*time.Minute {
			return apiError(foxreload.ClassPassing, "HTTP_502")
		}
		return nil
	}
	assert.Equal(t, order.Completed, w.run().State)
	assert.Contains(t, w.states(), order.Stalled)
}

func TestStepBackIsAStaleAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.stages = []stage{{0, foxreload.StatusProcessing}, {5 * time.Second, foxreload.StatusPaid}, {40 * time.Second, foxreload.StatusCompleted}}
	w.run()
	assert.Equal(t, []order.State{order.Creating, order.Active, order.Processing, order.Completed}, w.states())
}

// notes are the remarks on the audit log.
func (w *world) notes() string {
	entries, err := w.book.Log.Entries(w.Context(), reference)
	require.NoError(w, err)
	var notes string
	for _, e := range entries {
		if e.Kind == ledger.KindNote {
			notes += e.Reason + "\n"
		}
	}
	return notes
}
