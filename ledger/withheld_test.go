package ledger

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// costs is a payment under a limit of 100 a day.
func costs(reference, amount string, at time.Time) Payment {
	p := payment(reference, "ord-"+reference)
	sum, limit := decimal.RequireFromString(amount), decimal.NewFromInt(100)
	p.Amount, p.Limit, p.At = &sum, &limit, at
	return p
}

func TestDailyLimitCountsWhatMayHaveBeenPaid(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, reference := range []string{"a", "b", "c", "d", "e", "f"} {
		begin(t, l, reference)
		pin(t, l, reference, 0, "ord-"+reference)
	}
	pay := func(p Payment) *LimitError {
		t.Helper()
		why, err := l.Payments.Withheld(t.Context(), p)
		require.NoError(t, err)
		err = l.Payments.Begin(t.Context(), p)
		var over *LimitError
		if errors.As(err, &over) {
			require.Equal(t, why, error(over), "a look beforehand says the same")
			return over
		}
		require.NoError(t, err)
		require.NoError(t, why)
		return nil
	}
	midnight := noon.Truncate(24 * time.Hour).Add(24 * time.Hour)

	require.Nil(t, pay(costs("a", "60", noon)))
	over := pay(costs("b", "40.0001", noon))
	require.Equal(t, "the order costs 40.0001 usd; 60 of the daily limit of 100 are spent", over.Error())
	require.Equal(t, midnight, over.Until)
	require.Nil(t, pay(costs("b", "40", noon)), "reached exactly is allowed")
	require.NotNil(t, pay(costs("c", "0.0001", midnight.Add(-time.Nanosecond))))
	require.Nil(t, pay(costs("a", "60", noon.Add(time.Minute))), "the same payment tried again counts once")

	mock := costs("d", "1", noon)
	mock.Mock = true
	require.Nil(t, pay(mock))
	roubles := costs("e", "99", noon)
	roubles.Currency = "rub"
	require.Nil(t, pay(roubles), "each currency has its own sum")

	require.NoError(t, l.Payments.Void(t.Context(), "b", "ord-b", intent(t, l, "ord-b").Attempt, "payment_failure", noon))
	require.Nil(t, pay(costs("c", "40", noon)), "what surely was not paid counts no more")
	require.NotNil(t, pay(costs("b", "40", noon)), "nor is its room kept for it")
	require.Nil(t, pay(costs("b", "40", midnight)), "the next day begins anew")
	unknown := costs("f", "1", midnight)
	unknown.Amount = nil
	require.Contains(t, pay(unknown).Error(), "not known")
	unknown.Limit = nil
	require.Nil(t, pay(unknown))
}

// A payment that FoxReload refused, for too low a balance say, leaves its room to others
// while its order waits; one whose answer was lost doesn't.
func TestDailyLimitDoesNotCountWhatWasRefused(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, reference := range []string{"refused", "lost", "other"} {
		begin(t, l, reference)
		pin(t, l, reference, 0, "ord-"+reference)
	}
	for reference, landing := range map[string]Landing{"refused": {Spared: true}, "lost": {Quiet: time.Minute, At: noon}} {
		p := costs(reference, "50", noon)
		p.InFlight = time.Minute
		require.NoError(t, l.Payments.Begin(t.Context(), p))
		require.NoError(t, l.Payments.Land(t.Context(), p.OrderID, p.Attempt, landing))
	}
	f, err := l.Figures(t.Context(), noon)
	require.NoError(t, err)
	require.Equal(t, "50", f.PaidToday["usd"].String())
	require.NoError(t, l.Payments.Begin(t.Context(), costs("other", "50", noon)))
	over := new(LimitError)
	err = l.Payments.Begin(t.Context(), costs("refused", "50", noon.Add(time.Hour)))
	require.ErrorAs(t, err, &over, "its room is not kept for it")
}

// A payment that is tried again on another day counts to that day: money that leaves
// today is today's.
func TestPaymentTriedAgainCountsToTheDayOfItsLatestAttempt(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, reference := range []string{"a", "b"} {
		begin(t, l, reference)
		pin(t, l, reference, 0, "ord-"+reference)
	}
	tomorrow := noon.Add(24 * time.Hour)
	for _, at := range []time.Time{noon, tomorrow} {
		require.NoError(t, l.Payments.Begin(t.Context(), costs("a", "60", at)))
	}
	err := l.Payments.Begin(t.Context(), costs("b", "60", tomorrow))
	require.ErrorAs(t, err, new(*LimitError))
	require.NoError(t, l.Payments.Begin(t.Context(), costs("b", "60", noon)))
}

// Fifty orders at once, over two connections to one ledger, with room for ten.
func TestDailyLimitHoldsUnderARace(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	books := []*Ledger{s.open(t), s.open(t)}
	const orders = 50
	for i := range orders {
		begin(t, books[0], fmt.Sprint(i))
		pin(t, books[0], fmt.Sprint(i), 0, "ord-"+fmt.Sprint(i))
	}
	var group sync.WaitGroup
	results := make([]error, orders)
	for i := range orders {
		group.Go(func() { results[i] = books[i%2].Payments.Begin(t.Context(), costs(fmt.Sprint(i), "10", noon)) })
	}
	group.Wait()
	paid := 0
	for _, err := range results {
		if err == nil {
			paid++
			continue
		}
		require.ErrorAs(t, err, new(*LimitError))
	}
	require.Equal(t, 10, paid)
}
