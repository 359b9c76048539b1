package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/internal/store"
	"foxflow/order"
)

// Two pays are never in flight: whoever comes while the request of another
// attempt may be on its way is sent back, whether that attempt lives or was killed.
// Promise 1: one reference, one paid order.
func TestNoPaymentBesideOneInFlight(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	attempt := func(id string, after time.Duration) error {
		p := payment("shop-1", "ord-1")
		p.Attempt, p.At, p.InFlight = id, noon.Add(after), 55*time.Second
		return l.Payments.Begin(t.Context(), p)
	}
	require.NoError(t, attempt("one", 0))
	var flying *PaymentInFlightError
	require.ErrorAs(t, attempt("two", 54*time.Second), &flying)
	require.Equal(t, time.Second, flying.For, "says for how long")
	require.True(t, noon.Add(55*time.Second).Equal(flying.Until))
	require.NoError(t, attempt("two", 55*time.Second)) // the first was that of a killed worker: over by now

	// This one was refused: the next may come at once.
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", "one", Landing{Spared: true}))
	require.ErrorAs(t, attempt("three", 56*time.Second), &flying, "the first attempt, late, says nothing of the second")
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", "two", Landing{Spared: true}))
	require.NoError(t, attempt("three", 56*time.Second))

	// And this one's answer is lost: the request may land for a while.
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", "three", Landing{Quiet: 10 * time.Second, At: noon.Add(time.Minute)}))
	require.ErrorAs(t, attempt("four", 69*time.Second), &flying)
	require.NoError(t, attempt("four", 70*time.Second))
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", "four", Landing{}))
	require.NoError(t, attempt("five", 71*time.Second), "one that has landed is in nobody's way")
	require.Len(t, intents(t, l, "shop-1"), 1, "all of it is one intent")
	require.Equal(t, 4, intent(t, l, "ord-1").Doubts, "all but the refused one may have gone through")
}

// A payment that is begun again because nobody knows whether its intent is on
// record meets itself: it is in its own way no more than it counts twice.
// Promise 1: one reference, one paid order.
func TestAttemptToPayKnowsItself(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	p := payment("shop-1", "ord-1")
	p.InFlight = 55 * time.Second
	require.NoError(t, l.Payments.Begin(t.Context(), p)) // and its answer is lost
	p.At = noon.Add(10 * time.Second)
	require.NoError(t, l.Payments.Begin(t.Context(), p))
	require.Len(t, intents(t, l, "shop-1"), 1)
	other := payment("shop-1", "ord-1")
	other.At = noon.Add(64 * time.Second)
	require.ErrorAs(t, l.Payments.Begin(t.Context(), other), new(*PaymentInFlightError), "its request leaves now, not when it was begun first")

	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", p.Attempt, Landing{Spared: true})) // BalanceNotEnough
	_, doubt, err := l.Payments.InDoubt(t.Context(), "shop-1")
	require.NoError(t, err)
	require.False(t, doubt, "one request was sent and surely refused")
	f, err := l.Figures(t.Context(), noon)
	require.NoError(t, err)
	require.Empty(t, f.PaidToday)

	// Once something was said of its landing, the same id is another sending.
	for doubts, landing := range []Landing{{Spared: true}, {}, {Quiet: time.Minute, At: p.At}} {
		require.NoError(t, l.Payments.Begin(t.Context(), p))
		require.Equal(t, max(1, doubts), intent(t, l, "ord-1").Doubts)
		require.NoError(t, l.Payments.Land(t.Context(), "ord-1", p.Attempt, landing))
	}
	require.ErrorAs(t, l.Payments.Begin(t.Context(), p), new(*PaymentInFlightError), "it left, and may be on its way")

	p.Attempt = ""
	require.ErrorContains(t, l.Payments.Begin(t.Context(), p), "the attempt has no id")
}

func intents(t *testing.T, l *Ledger, reference string) (found []AuditEntry) {
	t.Helper()
	entries, err := l.Log.Entries(t.Context(), reference)
	require.NoError(t, err)
	for _, e := range entries {
		if e.Kind == KindIntent {
			found = append(found, e)
		}
	}
	return found
}

// A worker that was thought dead comes to pay an order that has ended meanwhile.
func TestEndedOrderIsNotPaid(t *testing.T) {
	t.Parallel()
	for _, end := range []order.State{order.Completed, order.Cancelled, order.Failed, order.Unresolved} {
		l := newLedger(t)
		begin(t, l, "shop-1")
		pin(t, l, "shop-1", 0, "ord-1")
		s, err := l.Orders.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		s.State = end
		require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: "end", Kind: KindState, State: end, At: noon}, s))
		var ended *EndedError
		require.ErrorAs(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")), &ended)
		require.Equal(t, end, ended.State)
		require.Empty(t, intents(t, l, "shop-1"))
	}
}

// An end that says that nothing was paid is not put on record while a payment
// may have gone through, however long ago it was sent.
// Promise 2: nothing is guessed.
func TestUnpaidEndNeedsEveryAttemptAnswered(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	at := noon
	attempt := func() string {
		t.Helper()
		at = at.Add(time.Hour)
		p := payment("shop-1", "ord-1")
		p.At, p.InFlight = at, time.Minute
		require.NoError(t, l.Payments.Begin(t.Context(), p))
		return p.Attempt
	}
	ends := func() error {
		t.Helper()
		s, err := l.Orders.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		s.State = order.Cancelled
		return l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: "end", Kind: KindState, State: order.Cancelled, At: at, Unpaid: true}, s)
	}
	doubted := func(why string) {
		t.Helper()
		before, err := l.Log.Entries(t.Context(), "shop-1")
		require.NoError(t, err)
		var doubt *PaymentInDoubtError
		require.ErrorAs(t, ends(), &doubt, why)
		require.Equal(t, PaymentInDoubtError{Reference: "shop-1", Doubted: Doubted{OrderID: "ord-1"}}, *doubt)
		after, err := l.Log.Entries(t.Context(), "shop-1")
		require.NoError(t, err)
		require.Equal(t, before, after)
		now, err := l.Orders.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		require.Equal(t, order.Creating, now.State)
	}
	lost := attempt()
	doubted("it is on its way")
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", lost, Landing{}))
	refused := attempt()
	for range 2 { // said twice counts once
		require.NoError(t, l.Payments.Land(t.Context(), "ord-1", refused, Landing{Spared: true}))
	}
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", lost, Landing{Spared: true}))
	doubted("the first one may have gone through")

	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", at))
	again := attempt()
	doubted("begun again")
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", again, Landing{Quiet: time.Minute, At: at}))
	require.NoError(t, l.Payments.Land(t.Context(), "ord-1", again, Landing{Spared: true}))
	require.NoError(t, ends(), "every attempt since was surely refused")
	// An attempt that comes later takes nothing back: a repeat is no error.
	require.NoError(t, ends())
}

// Clocks of two workers are an hour apart: the request of one is in the way of
// the other's all the same, and for as long.
// Promise 1: one reference, one paid order.
func TestNoPaymentBesideOneInFlightWhereClocksDiffer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	now := noon
	books := []*Ledger{s.open(t), s.open(t)}
	for _, l := range books {
		l.store.Clock.Shared = func(context.Context, store.Querier) (time.Time, error) { return now, nil }
	}
	begin(t, books[0], "shop-1")
	pin(t, books[0], "shop-1", 0, "ord-1")
	for name, behind := range map[string]time.Duration{"behind": time.Hour, "ahead": -time.Hour} {
		slow, right := payment("shop-1", "ord-1"), payment("shop-1", "ord-1")
		slow.At, slow.InFlight = now.Add(-behind), 55*time.Second
		require.NoError(t, books[0].Payments.Begin(t.Context(), slow), name)
		require.Equal(t, now, intent(t, books[1], "ord-1").Begun, name)
		var flying *PaymentInFlightError
		right.At = now
		require.ErrorAs(t, books[1].Payments.Begin(t.Context(), right), &flying, name)
		require.Equal(t, 55*time.Second, flying.For, name)
		require.NoError(t, books[0].Payments.Land(t.Context(), "ord-1", slow.Attempt, Landing{Quiet: 10 * time.Second, At: slow.At.Add(time.Second)}))
		require.ErrorAs(t, books[1].Payments.Begin(t.Context(), right), &flying, name)
		require.Equal(t, 10*time.Second, flying.For, name)
		now = now.Add(10 * time.Second)
		require.NoError(t, books[1].Payments.Begin(t.Context(), right), name)
	}
}
