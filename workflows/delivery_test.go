package workflows_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/order"
)

// codesOf are the codes of an item that FoxReload shows.
func codesOf(item foxreload.Item, n int) (codes []json.RawMessage) {
	for i := range n {
		codes = append(codes, json.RawMessage(fmt.Sprintf("%q", fmt.Sprintf("CODE-%d-OF-%s", i, item.ItemID))))
	}
	return codes
}

// However an answer turns its items round, from the first look or between two, and whichever
// of them has its codes first: each code is under its own product, once.
func TestCodesAreFiledUnderTheirProduct(t *testing.T) {
	t.Parallel()
	const first, second = "product_steam_100usd", "product_steam_5usd"
	for name, row := range map[string]struct {
		turned func(age time.Duration) bool
		empty  string // has no codes until 40 s after the payment
	}{
		"turned round":                          {func(time.Duration) bool { return true }, ""},
		"between two looks":                     {func(age time.Duration) bool { return age >= 15*time.Second }, ""},
		"and back":                              {func(age time.Duration) bool { return age/(10*time.Second)%2 == 0 }, ""},
		"the first comes late":                  {func(age time.Duration) bool { return age >= 30*time.Second }, first},
		"the second comes late":                 {func(age time.Duration) bool { return age >= 30*time.Second }, second},
		"the second comes late, turned at once": {func(age time.Duration) bool { return age < 40*time.Second }, second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in.Request.Items = []order.Item{{ItemID: first, Quantity: 1}, {ItemID: second, Quantity: 2}}
			w.fox.onSee = func(o *foxreload.Order) {
				m := w.fox.orders[0]
				if m.paidAt.IsZero() {
					return
				}
				age := w.fox.now().Sub(m.paidAt)
				for i, item := range o.Items {
					o.Items[i].Codes = nil
					if late := item.ItemID == row.empty && age < 40*time.Second; o.Status != foxreload.StatusPaid && !late {
						o.Items[i].Codes = codesOf(item, int(item.Quantity))
					}
				}
				if row.turned(age) {
					slices.Reverse(o.Items)
				}
			}
			s := w.run()
			assert.Equal(t, order.Completed, s.State)
			codes, err := w.book.Vault.Codes(t.Context(), reference)
			require.NoError(t, err)
			require.Len(t, codes, 3)
			for _, c := range codes {
				assert.Equal(t, s.Items[c.ItemIndex].ItemID, c.ItemID)
				assert.Contains(t, string(c.Raw), "OF-"+c.ItemID)
			}
			for i, item := range s.Items {
				assert.EqualValues(t, w.in.Request.Items[i].Quantity, item.Codes)
				assert.Zero(t, item.Missing)
			}
		})
	}
}

// Completed is not delivered: codes that come a moment later are waited for, some that never
// come are said to be missing, and where none comes the order is given up as such.
// Promise 3: nothing is lost.
func TestCompletedIsNotDelivered(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		after   time.Duration
		codes   int
		state   order.State
		missing int
	}{
		"a moment later":        {20 * time.Second, 2, order.Completed, 0},
		"after hours":           {5 * time.Hour, 2, order.Completed, 0},
		"one never comes":       {0, 1, order.Completed, 1},
		"one, and after hours":  {5 * time.Hour, 1, order.Completed, 1},
		"none ever":             {0, 0, order.Unresolved, 2},
		"all, after two days":   {48 * time.Hour, 2, order.Unresolved, 2},
		"more than was ordered": {0, 3, order.Completed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in.Intervals.StallPoll = seldom
			w.in.Request.Items = []order.Item{{ItemID: "product_card", Quantity: 2}}
			w.fox.onSee = func(o *foxreload.Order) {
				o.Items[0].Codes = nil
				if o.Status == foxreload.StatusCompleted && w.fox.now().Sub(w.fox.orders[0].paidAt) >= 20*time.Second+row.after {
					o.Items[0].Codes = codesOf(o.Items[0], row.codes)
				}
			}
			s := w.run()
			assert.Equal(t, row.state, s.State)
			assert.Equal(t, row.missing, s.Items[0].Missing)
			if s.State == order.Unresolved {
				assert.Equal(t, order.CodeCodesMissing, s.Error.Code)
				return
			}
			assert.Equal(t, row.codes, s.Items[0].Codes)
		})
	}
}

// A mock order that FoxReload made real is never paid, also where only a look shows it.
func TestAMockOrderThatIsNoneIsNotPaid(t *testing.T) {
	t.Parallel()
	for _, unsaid := range []bool{false, true} {
		w := newWorld(t)
		w.in.Request.Mock = true
		w.fox.mockUnsaid = unsaid // by the answer to the create
		real, looked := false, false
		w.fox.onGet = func(int) error { looked = true; return nil }
		w.fox.onSee = func(o *foxreload.Order) {
			if !unsaid || looked {
				o.IsMock = &real
			}
		}
		s := w.run()
		assert.Equal(t, order.Failed, s.State)
		assert.Equal(t, order.CodeMockIgnored, s.Error.Code)
		assert.Zero(t, w.fox.pays)
	}
}
