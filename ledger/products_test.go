package ledger

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// However many orders want to know of a product, one asks the catalogue, once a minute.
func TestOneAsksForAProductOnceAMinute(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	books := []*Ledger{s.open(t), s.open(t)}
	var group sync.WaitGroup
	asks := make([]ProductAsk, 40)
	for i := range asks {
		group.Go(func() {
			var err error
			asks[i], err = books[i%2].Products.Ask(t.Context(), "product_a", noon, noon)
			require.NoError(t, err)
		})
	}
	group.Wait()
	mine := 0
	for _, ask := range asks {
		require.Empty(t, ask.Answer)
		if ask.Mine {
			mine++
		}
		require.Equal(t, !ask.Mine, ask.Asking)
	}
	require.Equal(t, 1, mine)

	l := books[0]
	ask := func(at, since time.Time) ProductAsk {
		t.Helper()
		a, err := l.Products.Ask(t.Context(), "product_a", at, since)
		require.NoError(t, err)
		return a
	}
	require.NoError(t, books[1].Products.Keep(t.Context(), "product_a", "terms", noon))
	later := noon.Add(59 * time.Second)
	require.Equal(t, ProductAsk{Answer: "terms"}, ask(later, later))
	minute := noon.Add(time.Minute)
	require.Equal(t, ProductAsk{Answer: "terms"}, ask(minute, noon), "an order that asked for many is not sent round for ever")
	require.Equal(t, ProductAsk{Mine: true}, ask(minute, minute))
	require.NoError(t, l.Products.Forget(t.Context(), "product_a"))
	require.Equal(t, ProductAsk{Mine: true}, ask(minute, minute), "the request was never sent")
	require.NoError(t, l.Products.Keep(t.Context(), "product_a", "", minute))
	require.Equal(t, ProductAsk{}, ask(minute.Add(time.Second), minute), "the catalogue can't say; nobody asks again within the minute")
}

// Whoever asked has died: the others go on without an answer, until the minute is over.
func TestAskerThatDied(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for after, want := range map[time.Duration]ProductAsk{
		0: {Mine: true}, 9 * time.Second: {Asking: true}, 10 * time.Second: {}, time.Minute: {Mine: true},
	} {
		require.NoError(t, l.Products.Forget(t.Context(), "product_a"))
		if after > 0 {
			_, err := l.Products.Ask(t.Context(), "product_a", noon, noon)
			require.NoError(t, err)
		}
		got, err := l.Products.Ask(t.Context(), "product_a", noon.Add(after), noon.Add(after))
		require.NoError(t, err)
		require.Equal(t, want, got, after)
	}
}
