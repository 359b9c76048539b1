package ledger

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func pin(t *testing.T, l *Ledger, reference string, replacement int, orderID string) {
	t.Helper()
	require.NoError(t, l.Pins.Pin(t.Context(), reference, replacement, orderID, noon))
}

func payment(reference, orderID string) Payment {
	amount := decimal.RequireFromString("9.55")
	return Payment{Reference: reference, OrderID: orderID, Attempt: newAttempt(), Amount: &amount, Currency: "usd", At: noon, State: order.Active}
}

var attempts atomic.Int64

// newAttempt is an id that no other sending has.
func newAttempt() string { return fmt.Sprintf("attempt-%d", attempts.Add(1)) }

// intent is the latest attempt on record.
func intent(t *testing.T, l *Ledger, orderID string) Intent {
	t.Helper()
	i, err := l.Payments.Intent(t.Context(), orderID)
	require.NoError(t, err)
	return i
}

func TestPinHoldsForEver(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	_, ok, err := l.Pins.Pinned(t.Context(), "shop-1", 0)
	require.NoError(t, err)
	require.False(t, ok)
	pin(t, l, "shop-1", 0, "ord-1")
	pin(t, l, "shop-1", 0, "ord-1") // a repeat changes nothing
	pin(t, l, "shop-1", 1, "ord-2")

	for name, tc := range map[string]struct {
		reference   string
		replacement int
		orderID     string
		want        PinnedError
	}{
		"belongs to another reference":   {"shop-2", 0, "ord-1", PinnedError{"shop-1", 0, "ord-1", "shop-2", 0, "ord-1"}},
		"belongs to another replacement": {"shop-1", 2, "ord-1", PinnedError{"shop-1", 0, "ord-1", "shop-1", 2, "ord-1"}},
		"another order is pinned there":  {"shop-1", 0, "ord-3", PinnedError{"shop-1", 0, "ord-1", "shop-1", 0, "ord-3"}},
		"both":                           {"shop-1", 0, "ord-2", PinnedError{"shop-1", 1, "ord-2", "shop-1", 0, "ord-2"}},
	} {
		var have *PinnedError
		require.ErrorAs(t, l.Pins.Pin(t.Context(), tc.reference, tc.replacement, tc.orderID, noon), &have, name)
		require.Equal(t, tc.want, *have, name)
	}
	orderID, ok, err := l.Pins.Pinned(t.Context(), "shop-1", 1)
	require.NoError(t, err)
	require.Equal(t, []any{"ord-2", true}, []any{orderID, ok})
	owner, ok, err := l.Pins.OwnerOf(t.Context(), "ord-1")
	require.NoError(t, err)
	require.Equal(t, []any{"shop-1", true}, []any{owner, ok})
	_, ok, err = l.Pins.OwnerOf(t.Context(), "ord-3")
	require.NoError(t, err)
	require.False(t, ok)
	require.ErrorIs(t, l.Pins.Pin(t.Context(), "shop-3", 0, "ord-3", noon), ErrNotFound)
	require.Error(t, l.Pins.Pin(t.Context(), "shop-2", 0, "", noon))
}

func TestOrderPinnedByManyGoesToOne(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ledgers := []*Ledger{s.open(t), s.open(t)}
	for i := range 10 {
		begin(t, ledgers[0], fmt.Sprintf("shop-%d", i))
	}
	errs := atOnce(10, func(i int) error {
		return ledgers[i%2].Pins.Pin(t.Context(), fmt.Sprintf("shop-%d", i), 0, "ord-1", noon)
	})
	passed := 0
	for _, err := range errs {
		if err == nil {
			passed++
			continue
		}
		var refused *PinnedError
		require.ErrorAs(t, err, &refused)
	}
	require.Equal(t, 1, passed)
}

// Promise 1: one reference, one paid order.
func TestOnlyOneOrderOfAReferenceIsPaid(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	pin(t, l, "shop-1", 0, "ord-1")
	pin(t, l, "shop-1", 1, "ord-2")
	pin(t, l, "shop-2", 0, "ord-9")

	require.Equal(t, Intent{}, intent(t, l, "ord-1"), "none was begun")
	for doubts := 1; doubts <= 3; doubts++ {
		p := payment("shop-1", "ord-1")
		require.NoError(t, l.Payments.Begin(t.Context(), p))
		require.Equal(t, Intent{Attempt: p.Attempt, Begun: noon, Doubts: doubts, DoubtSince: noon}, intent(t, l, "ord-1"), "whoever comes now looks first")
	}

	var err error
	for name, orderID := range map[string]string{"never pinned": "ord-7", "of another reference": "ord-9", "no id": ""} {
		err = l.Payments.Begin(t.Context(), payment("shop-1", orderID))
		var notPinned *NotPinnedError
		require.ErrorAs(t, err, &notPinned, name)
		require.Equal(t, NotPinnedError{"shop-1", orderID}, *notPinned)
	}
	err = l.Payments.Begin(t.Context(), payment("shop-1", "ord-2"))
	var other *OtherPaymentError
	require.ErrorAs(t, err, &other)
	require.Equal(t, OtherPaymentError{Reference: "shop-1", OrderID: "ord-1", WantOrderID: "ord-2"}, *other)
	err = l.Payments.Begin(t.Context(), payment("shop-3", "ord-1"))
	require.ErrorIs(t, err, ErrNotFound)

	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 1, "one intent, and none for what was refused")
	require.Equal(t, []any{KindIntent, order.Active, "about to pay 9.55 usd", "ord-1"},
		[]any{entries[0].Kind, entries[0].State, entries[0].Reason, *entries[0].OrderID})
	require.Equal(t, Intent{}, intent(t, l, "ord-2"))
}

func TestTwoOrdersOfAReferencePaidAtTheSameMoment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ledgers := []*Ledger{s.open(t), s.open(t)}
	for round := range 10 {
		reference := fmt.Sprintf("shop-%d", round)
		begin(t, ledgers[0], reference)
		for i := range 2 {
			pin(t, ledgers[0], reference, i, fmt.Sprintf("ord-%d-%d", round, i))
		}
		errs := atOnce(20, func(i int) error {
			return ledgers[i/2%2].Payments.Begin(t.Context(), payment(reference, fmt.Sprintf("ord-%d-%d", round, i%2)))
		})
		passed := map[int]bool{}
		for i, err := range errs {
			var other *OtherPaymentError
			if err == nil {
				passed[i%2] = true
			} else {
				require.ErrorAs(t, err, &other)
			}
		}
		require.Len(t, passed, 1, "exactly one order passes")
	}
}

// Below the code that asks first, the table itself knows that there is one.
func TestTableItselfRefusesASecondStandingPayment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.open(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	pin(t, l, "shop-1", 1, "ord-2")
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	begin(t, l, "shop-2")
	const insert = `INSERT INTO payments (order_id, reference, mock, currency, begun_at) VALUES ($1, $2, 0, 'usd', '')`
	_, err := l.store.Writes().ExecContext(t.Context(), insert, "ord-2", "shop-1")
	requireBreaks(t, err, "unique")
	_, err = l.store.Writes().ExecContext(t.Context(), insert, "ord-3", "shop-2")
	requireBreaks(t, err, "foreign key", "nor one of an order that is not pinned")
}

func TestReplacementIsPaidOnceTheFirstIsSurelyUnpaid(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	pin(t, l, "shop-1", 0, "ord-1")
	pin(t, l, "shop-1", 1, "ord-2")
	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_expiration", noon), "nothing to void yet")
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))

	var notPinned *NotPinnedError
	require.ErrorAs(t, l.Payments.Void(t.Context(), "shop-2", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon), &notPinned)
	for range 2 {
		require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon))
	}
	require.True(t, intent(t, l, "ord-1").Voided)

	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-2")))
	var other *OtherPaymentError
	require.ErrorAs(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")), &other, "an attempt that was thought dead must not pay the first beside the second")

	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 3)
	require.Equal(t, "not paid: payment_failure", entries[1].Reason)
	require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))
}

// A late attempt takes up a voided order again before the replacement is paid:
// then the replacement has to wait until that is surely unpaid, too.
func TestVoidedOrderBegunAgainStandsAgain(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	pin(t, l, "shop-1", 1, "ord-2")
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon))

	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	require.False(t, intent(t, l, "ord-1").Voided)
	var other *OtherPaymentError
	require.ErrorAs(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-2")), &other)

	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon))
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-2")))
}

func TestPausedPaymentsWaitMockOnesGoOn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l, another := s.open(t), s.open(t)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	pin(t, l, "shop-1", 0, "ord-1")
	pin(t, l, "shop-2", 0, "ord-2")
	require.NoError(t, another.Switches.Pause(t.Context(), "eve", noon))

	err := l.Payments.Begin(t.Context(), payment("shop-1", "ord-1"))
	require.ErrorIs(t, err, ErrPaused)
	require.ErrorContains(t, err, "shop-1")
	require.Equal(t, Intent{}, intent(t, l, "ord-1"), "nothing was written")
	mock := payment("shop-2", "ord-2")
	mock.Mock = true
	require.NoError(t, l.Payments.Begin(t.Context(), mock))

	require.NoError(t, another.Switches.Resume(t.Context()))
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))

	require.NoError(t, l.Switches.Pause(t.Context(), "eve", noon))
	err = l.Payments.Begin(t.Context(), payment("shop-1", "ord-1"))
	require.ErrorIs(t, err, ErrPaused, "nor is a payment tried again during a pause")
}

func TestPaymentWithoutItsOwnEntryIsRefused(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	pin(t, l, "shop-1", 1, "ord-2")
	p := payment("shop-1", "ord-1")
	p.Key = "intent/7"
	require.NoError(t, l.Payments.Begin(t.Context(), p))
	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon))
	p.OrderID = "ord-2"
	require.ErrorAs(t, l.Payments.Begin(t.Context(), p), new(*KeyReusedError))
	require.Equal(t, Intent{}, intent(t, l, "ord-2"))
}

func TestAttemptsToCreateAreCounted(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	for _, replacement := range []int{0, 1} {
		for want := 1; want <= 3; want++ {
			attempts, _, err := l.Creates.Intend(t.Context(), "shop-1", replacement, noon)
			require.NoError(t, err)
			require.Equal(t, want, attempts)
		}
	}
	seen := make([]int, 20)
	noErrors(t, atOnce(len(seen), func(i int) (err error) {
		seen[i], _, err = l.Creates.Intend(t.Context(), "shop-1", 2, noon)
		return err
	}))
	require.ElementsMatch(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, seen)

	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 3)
	require.Equal(t, "about to create the order", entries[0].Reason)
	require.Equal(t, "about to create replacement 1", entries[1].Reason)
	require.Equal(t, KindIntent, entries[1].Kind)
	_, _, err = l.Creates.Intend(t.Context(), "shop-2", 0, noon)
	require.ErrorIs(t, err, ErrNotFound)
}

// Whoever reads the ledger is told of a payment that may have gone through from the moment
// in which its request leaves, and no longer than that is so.
func TestStatusSaysThatAPaymentIsInDoubt(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "id-1")
	enter(t, l, "shop-1", order.Creating, order.Active, order.AwaitingTopUp)
	doubt := func() bool {
		s, err := l.Orders.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		list, err := l.Orders.List(t.Context(), Filter{})
		require.NoError(t, err)
		require.Equal(t, s.PaymentInDoubt, list[0].PaymentInDoubt)
		return s.PaymentInDoubt
	}
	require.False(t, doubt())
	p := payment("shop-1", "id-1")
	p.Attempt = "first"
	require.NoError(t, l.Payments.Begin(t.Context(), p))
	require.True(t, doubt())
	require.NoError(t, l.Payments.Land(t.Context(), "id-1", "first", Landing{Spared: true}))
	require.False(t, doubt(), "it was refused")
	p.Attempt = "second"
	require.NoError(t, l.Payments.Begin(t.Context(), p))
	enter(t, l, "shop-1", order.Paid)
	require.False(t, doubt(), "it is known to have gone through")
}
