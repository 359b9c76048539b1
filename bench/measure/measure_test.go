package measure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/bench/carry"
	"foxflow/bench/rig"
)

func TestARateCountsWhatLiesBetween(t *testing.T) {
	require.InDelta(t, 1.5, Rate([]float64{0.5, 1, 1.5, 2, 3, 9}, 1, 3), 0, "three in two minutes: the first moment is outside, the last within")
	require.Zero(t, Rate([]float64{1}, 3, 3))
}

func TestASampleIsSpreadAndNeverEmpty(t *testing.T) {
	require.Len(t, sample(make([]carry.Order, 1)), 1)
	require.Len(t, sample(make([]carry.Order, 600)), 60)
}

func TestPacesAreInLifesTime(t *testing.T) {
	begun := time.Now()
	var orders []carry.Order
	for i := range 60 {
		orders = append(orders, carry.Order{Placed: begun, Done: begun.Add(time.Duration(i+1) * 100 * time.Millisecond)})
	}
	seen := map[string]float64{}
	cell{scale: 10}.paces(func(name string, value float64) { seen[name] = value }, begun, orders)
	require.InDelta(t, 60, seen["orders/min"], 0.01, "6 s, ten times as fast as life")
	require.InDelta(t, 0.5, seen["half of them done after min"], 0.01)
}

// A look at the list shows every order, to who asks for the list and finds the codes there.
func TestWhichLookShowsAnOrder(t *testing.T) {
	for _, tt := range []struct {
		listShows bool
		look      rig.Request
		shows     bool
	}{
		{false, rig.Request{Route: "get", OrderID: "a"}, true},
		{false, rig.Request{Route: "get", OrderID: "b"}, false},
		{false, rig.Request{Route: "pay", OrderID: "a"}, false},
		{true, rig.Request{Route: "list"}, true},
		{false, rig.Request{Route: "list"}, false},
	} {
		m := &meter{listShows: tt.listShows}
		require.Equal(t, tt.shows, m.shows(tt.look, "a"), tt)
	}
}
