package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// Pages are filled with orders that fit: those that don't cost no place in the limit, and
// none on a later page is missed.
func TestFiltersReachOverPages(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	const orders = page + 50
	for i := range orders {
		item := order.Item{ItemID: "product_a", Quantity: 1, Note: order.Note{"login": "secret-login"}}
		if i%50 == 0 {
			item.ItemID = "product_b"
		}
		_, _, err := l.Orders.Begin(t.Context(), order.Request{Reference: fmt.Sprintf("Shop-%03d", i), Items: []order.Item{item}, Mock: i%2 == 0}, noon.Add(time.Duration(i)*time.Minute))
		require.NoError(t, err)
	}
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{}, orders},
		{Filter{Product: "product_b"}, 5},
		{Filter{Product: "product_b", Limit: 2}, 2},
		{Filter{Text: "SHOP-00"}, 10},
		{Filter{Text: "uct_B"}, 5},
		{Filter{Text: "secret-login"}, 0},
		{Filter{State: order.Creating, Text: "shop", Since: noon.Add(time.Hour), Before: noon.Add(2 * time.Hour)}, 60},
		{Filter{State: order.Completed, Text: "shop"}, 0},
	} {
		got, err := l.Orders.List(t.Context(), c.f)
		require.NoError(t, err)
		assert.Len(t, got, c.want, "%+v", c.f)
	}
	counted := map[string]int{}
	require.NoError(t, l.Orders.EachCount(t.Context(), time.Time{}, func(c Count) {
		counted[fmt.Sprintf("%s %s %t", c.Day, c.State, c.Mock)] += c.Orders
	}))
	assert.Equal(t, map[string]int{"2026-11-24 creating true": 125, "2026-11-24 creating false": 125}, counted)
	none := 0
	require.NoError(t, l.Orders.EachCount(t.Context(), noon.AddDate(0, 0, 1), func(Count) { none++ }))
	assert.Zero(t, none)
}

func TestProductNamesComeFromTheCataloguesAnswers(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for id, answer := range map[string]string{"a": `{"name":"Steam 10 USD","price":"9.55"}`, "b": `{"price":"1"}`, "c": "", "d": "no JSON"} {
		require.NoError(t, l.Products.Keep(t.Context(), id, answer, time.Now()))
	}
	names, err := l.Products.Names(t.Context(), strings.Split("a b c d e", " ")...)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "Steam 10 USD"}, names)
}
