package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// Two pays are never in flight: whoever comes while the request of another attempt
// may be on its way is sent back, whether that attempt lives or was killed.
func TestNoPaymentBesideOneInFlight(t *testing.T) {
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	attempt := func(after time.Duration) (first bool, err error) {
		p := payment("shop-1", "ord-1")
		p.At, p.InFlight = noon.Add(after), 55*time.Second
		return l.BeginPayment(t.Context(), p)
	}
	first, err := attempt(0)
	require.NoError(t, err)
	require.True(t, first)

	var flying *PaymentInFlightError
	_, err = attempt(54 * time.Second)
	require.ErrorAs(t, err, &flying)
	require.True(t, noon.Add(55*time.Second).Equal(flying.Until), "says until when")

	first, err = attempt(55 * time.Second) // that of a killed worker: over by now
	require.NoError(t, err)
	require.False(t, first)

	// This one was refused: the next may come at once.
	second := noon.Add(110 * time.Second)
	require.NoError(t, l.LandPayment(t.Context(), "ord-1", noon.Add(55*time.Second), time.Time{}))
	_, err = attempt(56 * time.Second)
	require.ErrorAs(t, err, &flying, "the first attempt, late, says nothing of the second")
	require.NoError(t, l.LandPayment(t.Context(), "ord-1", second, time.Time{}))
	_, err = attempt(56 * time.Second)
	require.NoError(t, err)

	// And this one's answer is lost: the request may land for a while.
	require.NoError(t, l.LandPayment(t.Context(), "ord-1", noon.Add(111*time.Second), noon.Add(70*time.Second)))
	_, err = attempt(69 * time.Second)
	require.ErrorAs(t, err, &flying)
	_, err = attempt(70 * time.Second)
	require.NoError(t, err)
	require.Len(t, intents(t, l, "shop-1"), 1, "all of it is one intent")
}

func intents(t *testing.T, l *Ledger, reference string) (found []AuditEntry) {
	t.Helper()
	entries, err := l.Audit(t.Context(), reference)
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
	for _, end := range []order.State{order.Completed, order.Cancelled, order.Failed, order.Unresolved} {
		l := newLedger(t)
		begin(t, l, "shop-1")
		pin(t, l, "shop-1", 0, "ord-1")
		s, err := l.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		s.State = end
		require.NoError(t, l.Record(t.Context(), Entry{Reference: "shop-1", Key: "end", Kind: KindState, State: end, At: noon}, s))
		var ended *EndedError
		_, err = l.BeginPayment(t.Context(), payment("shop-1", "ord-1"))
		require.ErrorAs(t, err, &ended)
		require.Equal(t, end, ended.State)
		require.Empty(t, intents(t, l, "shop-1"))
	}
}

// An end that says that nothing was paid needs a look that no request to pay can
// have outrun.
func TestUnpaidEndNeedsALookAfterThePay(t *testing.T) {
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	p := payment("shop-1", "ord-1")
	p.InFlight = time.Minute
	_, err := l.BeginPayment(t.Context(), p)
	require.NoError(t, err)
	s, err := l.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	s.State = order.Cancelled
	end := Entry{Reference: "shop-1", Key: "end", Kind: KindState, State: order.Cancelled, At: noon}
	var flying *PaymentInFlightError
	require.ErrorAs(t, l.Record(t.Context(), end, s, Unpaid{LookedAt: noon.Add(59 * time.Second)}), &flying)
	now, err := l.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Creating, now.State)
	// A look that saw nothing, however late, is no ground: the payment was sent.
	require.ErrorAs(t, l.Record(t.Context(), end, s, Unpaid{LookedAt: noon.Add(time.Hour)}), new(*UnseenPaymentError))
	require.NoError(t, l.Record(t.Context(), end, s, Unpaid{LookedAt: noon.Add(time.Minute), Seen: true}))
}

// Only an attempt that was surely not carried out leaves no doubt, and it clears no
// other's.
func TestDoubtLastsUntilEveryAttemptIsAnswered(t *testing.T) {
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	at := noon
	attempt := func() (until time.Time) {
		t.Helper()
		at = at.Add(time.Hour)
		p := payment("shop-1", "ord-1")
		p.At, p.InFlight = at, time.Minute
		_, err := l.BeginPayment(t.Context(), p)
		require.NoError(t, err)
		return at.Add(time.Minute)
	}
	ends := func() error {
		t.Helper()
		s, err := l.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		s.State = order.Cancelled
		return l.Record(t.Context(), Entry{Reference: "shop-1", Key: "end", Kind: KindState, State: order.Cancelled, At: at}, s, Unpaid{LookedAt: at.Add(time.Hour)})
	}
	lost := attempt()
	require.NoError(t, l.LandPayment(t.Context(), "ord-1", lost, lost))
	refused := attempt()
	require.NoError(t, l.LandPayment(t.Context(), "ord-1", refused, time.Time{}))
	require.NoError(t, l.LandPayment(t.Context(), "ord-1", refused, time.Time{}), "said twice counts once")
	require.ErrorAs(t, ends(), new(*UnseenPaymentError), "the first one may have gone through")

	require.NoError(t, l.VoidPayment(t.Context(), "shop-1", "ord-1", "payment_failure", at))
	again := attempt()
	require.ErrorAs(t, ends(), new(*UnseenPaymentError))
	require.NoError(t, l.LandPayment(t.Context(), "ord-1", again, time.Time{}))
	require.NoError(t, ends(), "every attempt since was surely refused")
}
