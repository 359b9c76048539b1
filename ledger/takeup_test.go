package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// A ledger put back from a backup knows nothing of an order that runs, and is to be paid.
func TestAnOrderThatTheLedgerLostIsTakenUp(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	id, price, currency := "fox-1", "9.55", "usd"
	s := order.NewStatus(request("shop-1"), noon)
	s.State, s.OrderID, s.Price, s.Currency, s.Replacements = order.Active, &id, &price, &currency, 1
	running := Running{Request: request("shop-1"), Status: s, Sent: true, InFlight: time.Minute, At: noon.Add(time.Hour)}
	lacked, err := l.Orders.TakeUp(t.Context(), running)
	require.NoError(t, err)
	require.True(t, lacked)

	have, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Active, have.State)
	require.Equal(t, noon, have.StartedAt)
	pinned, ok, err := l.Pins.Pinned(t.Context(), "shop-1", 1)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, id, pinned)
	intent, err := l.Payments.Intent(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, 1, intent.Doubts, "a request to pay may have left that the ledger has forgotten")
	err = l.Payments.Begin(t.Context(), Payment{Reference: "shop-1", OrderID: id, Attempt: "next", Currency: "usd", At: noon.Add(time.Hour)})
	flying := new(PaymentInFlightError)
	require.ErrorAs(t, err, &flying, "and may still be on its way")
	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, KindNote, entries[0].Kind)
	require.Contains(t, entries[0].Reason, "put back from a backup")
	require.Equal(t, order.Active, entries[1].State)
	require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))

	lacked, err = l.Orders.TakeUp(t.Context(), running)
	require.NoError(t, err)
	require.False(t, lacked, "it knows it now")
	request, err := l.Orders.Request(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, running.Request, request)
}

// One that only its create may have left for is looked for before another is made.
func TestALostCreateIsSearchedForAfterATakeUp(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	r := Running{Request: request("shop-1"), Status: order.NewStatus(request("shop-1"), noon), Sent: true, At: noon}
	_, err := l.Orders.TakeUp(t.Context(), r)
	require.NoError(t, err)
	begun, err := l.Creates.Begun(t.Context(), "shop-1", 0)
	require.NoError(t, err)
	require.Equal(t, Begun{Attempts: 1, First: noon}, begun)

	r.Request.Reference, r.Status.Reference, r.Sent = "shop-2", "shop-2", false
	_, err = l.Orders.TakeUp(t.Context(), r)
	require.NoError(t, err)
	begun, err = l.Creates.Begun(t.Context(), "shop-2", 0)
	require.NoError(t, err)
	require.Zero(t, begun)
}

// A ledger that is behind gets the pin that it lacks; one of another reference stays there.
func TestOnlyWhatIsLackingIsTakenUp(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	require.NoError(t, l.Pins.Pin(t.Context(), "shop-2", 0, "fox-2", noon))
	for id, lacks := range map[string]bool{"fox-1": true, "fox-2": false} {
		s := order.NewStatus(request("shop-1"), noon)
		s.OrderID, s.State = &id, order.Active
		lacked, err := l.Orders.TakeUp(t.Context(), Running{Request: request("shop-1"), Status: s, Sent: true, At: noon})
		require.NoError(t, err)
		require.Equal(t, lacks, lacked, id)
	}
	owner, _, err := l.Pins.OwnerOf(t.Context(), "fox-2")
	require.NoError(t, err)
	require.Equal(t, "shop-2", owner)
	intent, err := l.Payments.Intent(t.Context(), "fox-2")
	require.NoError(t, err)
	require.Zero(t, intent)
}
