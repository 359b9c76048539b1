package ledger

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/keyset"
	"foxflow/order"
)

// What the ledger carries, with several workers' goroutines at once. On PostgreSQL it is
// the second pass:
//
//	go test ./ledger -run xxx -bench .
func benchLedgers(b *testing.B, n int) []*Ledger {
	b.Helper()
	text, err := keyset.New()
	require.NoError(b, err)
	keys, err := keyset.Parse(text)
	require.NoError(b, err)
	address := newAddress(b)
	books := make([]*Ledger, n)
	for i := range books {
		books[i], err = Open(b.Context(), address, keys)
		require.NoError(b, err)
		b.Cleanup(func() { _ = books[i].Close() })
	}
	return books
}

// BenchmarkAppend is one audit entry, written by one goroutine and by four processes'
// worth of them.
func BenchmarkAppend(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d workers", workers), func(b *testing.B) {
			books := benchLedgers(b, workers)
			_, _, err := books[0].Begin(b.Context(), request("shop-1"), noon)
			require.NoError(b, err)
			spread(b, books, func(l *Ledger, n int64) error {
				return l.Append(b.Context(), Entry{Reference: "shop-1", Key: fmt.Sprint(n), Kind: KindNote, Reason: "as FoxReload says"})
			})
		})
	}
}

// BenchmarkOrder is all that the ledger does for one order that goes well.
func BenchmarkOrder(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d workers", workers), func(b *testing.B) {
			spread(b, benchLedgers(b, workers), func(l *Ledger, n int64) error { return wholeOrder(b, l, fmt.Sprintf("shop-%d", n)) })
		})
	}
}

func wholeOrder(b *testing.B, l *Ledger, reference string) error {
	ctx, id, price := b.Context(), "ord-"+reference, decimal.RequireFromString("9.55")
	budget := l.Budget("key", 100_000)
	s, _, err := l.Begin(ctx, request(reference), noon)
	if err != nil {
		return err
	}
	enters := func(state order.State) error {
		s.State, s.OrderID = state, &id
		return l.Record(ctx, Entry{Reference: reference, Key: string(state), Kind: KindState, State: state, OrderID: id}, s)
	}
	for _, step := range []func() error{
		func() error { return enters(order.Creating) },
		func() error { _, _, err := l.CreateIntent(ctx, reference, 0, noon); return err },
		func() error { return budget.Wait(ctx, 2) },
		func() error { return l.Pin(ctx, reference, 0, id, noon) },
		func() error { return enters(order.Active) },
		func() error {
			_, err := l.AdmitPayment(ctx, Claim{Reference: reference, Currency: "usd", Amount: &price})
			return err
		},
		func() error {
			return l.BeginPayment(ctx, Payment{Reference: reference, OrderID: id, Attempt: id, Currency: "usd", Amount: &price, InFlight: time.Minute})
		},
		func() error { return budget.Wait(ctx, 1) },
		func() error { return l.PaymentKept(ctx, reference, time.Time{}) },
		func() error { return enters(order.Paid) },
		func() error { return budget.Wait(ctx, 3) },
		func() error { return enters(order.Processing) },
		func() error { return budget.Wait(ctx, 3) },
		func() error { return l.StoreCodes(ctx, reference, id, codes("AAAA", "BBBB")) },
		func() error { return enters(order.Completed) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// spread shares b.N calls between ledgers.
func spread(b *testing.B, books []*Ledger, call func(*Ledger, int64) error) {
	b.Helper()
	var next atomic.Int64
	b.ResetTimer()
	errs := atOnce(len(books), func(i int) error {
		for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
			if err := call(books[i], n); err != nil {
				return err
			}
		}
		return nil
	})
	b.StopTimer()
	for _, err := range errs {
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "each/s")
}
