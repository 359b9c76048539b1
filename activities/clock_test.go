package activities

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/internal/balance"
	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// wrong are clocks of workers that share a PostgreSQL whose clock is right.
var wrong = map[string]time.Duration{"an hour ahead": time.Hour, "an hour behind": -time.Hour}

// newCounterOn is a counter of a worker whose clock is wrong by so much.
func newCounterOn(t *testing.T, book *ledger.Ledger, wrong time.Duration) *counter {
	t.Helper()
	c := newCounter(t)
	c.book, c.acts.Ledger = book, book
	c.acts.Now = func() time.Time { return time.Now().Add(wrong) }
	return c
}

// server is a ledger in a PostgreSQL.
func server(t *testing.T) *ledger.Ledger {
	t.Helper()
	text, err := keyset.New()
	require.NoError(t, err)
	keys, err := keyset.Parse(text)
	require.NoError(t, err)
	book, err := ledger.Open(t.Context(), ledgertest.Address(t), keys)
	require.NoError(t, err)
	t.Cleanup(func() { _ = book.Close() })
	return book
}

// A payment in doubt is not called unpaid because a worker's clock is fast, nor kept in
// doubt for ever because it is slow: what is over, the ledger's clock says.
func TestPaymentWindowWhereClocksDiffer(t *testing.T) {
	book := server(t)
	for name, by := range wrong {
		for _, over := range []bool{false, true} {
			reference := uuid.NewString()
			c := newCounterOn(t, book, by)
			in := c.begin()
			in.Request.Reference = reference
			_, _, err := book.Orders.Begin(t.Context(), in.Request, time.Now())
			require.NoError(t, err)
			require.NoError(t, book.Pins.Pin(t.Context(), reference, 0, reference, time.Now()))
			require.NoError(t, book.Payments.Begin(t.Context(), ledger.Payment{Reference: reference, OrderID: reference, Attempt: "one", At: c.acts.Now()}))
			in.Facts.State, in.Facts.Money = order.Active, life.Doubtful
			ends := time.Now().Add(15 * time.Minute)
			if over {
				ends = time.Now().Add(-15 * time.Minute)
			}
			s, err := c.acts.sight(onClock(t, c.acts), in, foxreload.Order{ID: reference, Status: foxreload.StatusActive, PaymentExpiresAt: &ends})
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now(), s.At, 10*time.Minute, name)
			assert.Equal(t, life.Doubtful, in.After(in.Facts, s).Money, "%s: the request has left just now", name)
			intent, err := book.Payments.Intent(t.Context(), reference)
			require.NoError(t, err)
			assert.False(t, intent.Voided, name)
			want := life.Doubtful
			if over {
				want = life.Spared
			}
			s.LastPay = time.Now().Add(-2 * time.Minute)
			assert.Equal(t, want, in.After(in.Facts, s).Money, name)

			// Without a window the doubt is over an hour after the last request to pay.
			s.Window = nil
			assert.Equal(t, life.Doubtful, in.After(in.Facts, s).Money, name)
		}
	}
}

// Of two workers on clocks an hour apart one pays: whose look is older than the
// other's payment looks again, and waits.
// Promise 1: one reference, one paid order.
func TestNoPayBesideAnothersWhereClocksDiffer(t *testing.T) {
	for name, by := range wrong {
		t.Run(name, func(t *testing.T) {
			book := server(t)
			c, right := newCounterOn(t, book, by), newCounterOn(t, book, 0)
			in := c.begin()
			require.NoError(t, book.Pins.Pin(t.Context(), "shop-1", 0, "fox-1", time.Now()))
			in.Facts.State, in.Facts.Order = order.Active, life.Order{ID: "fox-1", Status: foxreload.StatusActive}
			c.queued = func(foxreload.Priority) {
				c.queued = nil
				require.NoError(t, book.Payments.Begin(t.Context(), right.acts.payment(in, "other", time.Now())))
			}
			require.ErrorContains(t, c.run(c.acts.PayOrder, in), "look before anything else")
			require.Error(t, c.run(c.acts.PayOrder, in))
			assert.Zero(t, c.count(foxtest.Pay))
			intent, err := book.Payments.Intent(t.Context(), "fox-1")
			require.NoError(t, err)
			assert.Equal(t, []any{"other", 1}, []any{intent.Attempt, intent.Doubts})
		})
	}
}

// The request of a top-up that one worker has sent is waited for by the other as long as it
// may be on its way: it is neither lost at once nor waited for an hour longer.
func TestATopUpIsNotCalledLostWhereClocksDiffer(t *testing.T) {
	book := server(t)
	for name, by := range wrong {
		t.Run(name, func(t *testing.T) {
			c := newCounterOn(t, book, by)
			r := order.TopUpRequest{ID: uuid.NewString(), Amount: decimal.NewFromInt(50), Currency: "usdt"}
			require.NoError(t, book.TopUps.Open(t.Context(), r, time.Now()))
			_, err := book.TopUps.Send(t.Context(), r.ID, "other", time.Now())
			require.NoError(t, err)
			require.ErrorContains(t, c.run(c.acts.RequestTopUp, r), "its one request is out")
			c.acts.PayTakes = 0 // it can't be on its way any more
			require.ErrorContains(t, c.run(c.acts.RequestTopUp, r), "ANSWER_LOST")
			assert.Zero(t, c.count(foxtest.TopUp))

			// Its own request has the time that is left to it.
			r.ID, c.acts.PayTakes = uuid.NewString(), time.Minute
			require.NoError(t, book.TopUps.Open(t.Context(), r, time.Now()))
			require.NoError(t, c.run(c.acts.RequestTopUp, r))
			assert.Equal(t, 1, c.count(foxtest.TopUp))
		})
	}
}

// A top-up's watch looks when its time has come and ends at its limit, whoever watches.
func TestAWatchWhereClocksDiffer(t *testing.T) {
	book := server(t)
	for name, by := range wrong {
		t.Run(name, func(t *testing.T) {
			c := newCounterOn(t, book, by)
			r := order.TopUpRequest{ID: uuid.NewString(), Amount: decimal.NewFromInt(50), Currency: "usdt"}
			require.NoError(t, book.TopUps.Open(t.Context(), r, time.Now()))
			ctx := onClock(t, c.acts)
			require.NoError(t, c.acts.lookBefore(ctx, r.ID)) // by the wrong clock's worker
			saw := func(amount int64) {
				_, err := balance.New(book.Store).Saw(t.Context(), time.Now(), map[string]decimal.Decimal{"usd": decimal.NewFromInt(amount)})
				require.NoError(t, err)
			}
			watch := func(until time.Duration) (Watched, error) {
				return c.acts.watchBalance(onClock(t, c.acts), WatchInput{TopUpID: r.ID, Every: 30 * time.Minute, Until: time.Now().Add(until)})
			}
			saw(0)
			_, err := watch(10 * time.Minute)
			wait := new(later)
			require.ErrorAs(t, err, &wait, "the time is not up")
			assert.Greater(t, wait.after, time.Minute, "the look was just now")
			d, err := balance.New(book.Store).Standing(t.Context())
			require.NoError(t, err)
			assert.False(t, d.Asked)
			over, err := watch(-10 * time.Minute)
			require.NoError(t, err)
			assert.Empty(t, over.Risen)
			saw(50)
			risen, err := watch(10 * time.Minute)
			require.NoError(t, err)
			assert.Equal(t, "50 usd", risen.Risen)
		})
	}
}

// A worker that stood still after its look was answered, longer than the
// payment window, takes that for what it is: old. The payment that another attempt has
// begun meanwhile is not called off.
// Promise 1: one reference, one paid order.
func TestALookIsOfWhenItWasAsked(t *testing.T) {
	c := newCounter(t)
	now := noon
	c.acts.Now = func() time.Time { return now }
	in := c.begin()
	require.NoError(t, c.book.Pins.Pin(t.Context(), "shop-1", 0, "fox-1", now))
	in.Facts.State, in.Facts.Money = order.Active, life.Doubtful
	ctx := onClock(t, c.acts)
	o, err := c.acts.API.GetOrder(ctx, "fox-1")
	require.NoError(t, err)
	now = now.Add(time.Hour) // it stands still
	require.NoError(t, c.book.Payments.Begin(t.Context(), ledger.Payment{Reference: "shop-1", OrderID: "fox-1", Attempt: "other", At: now}))
	ends := noon.Add(15 * time.Minute)
	o.PaymentExpiresAt = &ends
	s, err := c.acts.sight(ctx, in, o)
	require.NoError(t, err)
	assert.Equal(t, noon, s.At)
	assert.Equal(t, life.Doubtful, in.After(in.Facts, s).Money)
	intent, err := c.book.Payments.Intent(context.Background(), "fox-1")
	require.NoError(t, err)
	assert.False(t, intent.Voided)
}

// The time of a request counts from when it leaves, not from when the attempt began.
func TestARequestThatQueuedIsOfWhenItLeft(t *testing.T) {
	c := newCounter(t)
	now := noon
	c.acts.Now = func() time.Time { return now }
	c.queued = func(foxreload.Priority) { now = now.Add(20 * time.Second) }
	ctx := onClock(t, c.acts)
	_, err := c.acts.API.GetOrder(ctx, "fox-1")
	require.NoError(t, err)
	assert.Equal(t, noon.Add(20*time.Second), left(ctx))
}
