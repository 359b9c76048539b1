package ledger

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/internal/balance"
	"foxflow/internal/budget"
	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest/twice"
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
	address := twice.Address(b)
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
			_, _, err := books[0].Orders.Begin(b.Context(), request("shop-1"), noon)
			require.NoError(b, err)
			spread(b, books, func(l *Ledger, n int64) error {
				return l.Log.Append(b.Context(), Entry{Reference: "shop-1", Key: fmt.Sprint(n), Kind: KindNote, Reason: "as FoxReload says"})
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
	account := balance.New(l.store)
	requests := budget.New(l.store, l.KeyID("key"), 100_000)
	s, _, err := l.Orders.Begin(ctx, request(reference), noon)
	if err != nil {
		return err
	}
	enters := func(state order.State) error {
		s.State, s.OrderID = state, &id
		return l.Orders.Record(ctx, Entry{Reference: reference, Key: string(state), Kind: KindState, State: state, OrderID: id}, s)
	}
	for _, step := range []func() error{
		func() error { return enters(order.Creating) },
		func() error { _, _, err := l.Creates.Intend(ctx, reference, 0, noon); return err },
		func() error { return requests.Wait(ctx, 2) },
		func() error { return l.Pins.Pin(ctx, reference, 0, id, noon) },
		func() error { return enters(order.Active) },
		func() error {
			_, err := account.Admit(ctx, balance.Claim{Reference: reference, Currency: "usd", Amount: &price})
			return err
		},
		func() error {
			return l.Payments.Begin(ctx, Payment{Reference: reference, OrderID: id, Attempt: id, Currency: "usd", Amount: &price, InFlight: time.Minute})
		},
		func() error { return requests.Wait(ctx, 1) },
		func() error { return account.Accepted(ctx, reference, time.Time{}) },
		func() error { return enters(order.Paid) },
		func() error { return requests.Wait(ctx, 3) },
		func() error { return enters(order.Processing) },
		func() error { return requests.Wait(ctx, 3) },
		func() error { return l.Vault.Store(ctx, reference, id, codes("AAAA", "BBBB")) },
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

// BenchmarkPlaced is many orders that are placed, as a file's.
func BenchmarkPlaced(b *testing.B) {
	l := benchLedgers(b, 1)[0]
	b.ResetTimer()
	for from := 0; from < b.N; from += MostPlaced {
		var list []order.Request
		for i := range min(MostPlaced, b.N-from) {
			list = append(list, request(fmt.Sprintf("shop-%d", from+i)))
		}
		_, err := l.Queue.Put(b.Context(), list, Placing{})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "each/s")
}
