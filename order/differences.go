package order

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Difference is one field in which two requests for the same reference differ,
// fit to be shown: note values are masked.
type Difference struct{ Field, Have, Want string }

// Differences lists what the new request asks for otherwise than the one on
// record. NoCheck does not count.
func Differences(have, want Request) []Difference {
	diffs := differentItems(have.Items, want.Items)
	add := func(field, h, w string) {
		if h != w {
			diffs = append(diffs, Difference{Field: field, Have: h, Want: w})
		}
	}
	add("mock", fmt.Sprint(have.Mock), fmt.Sprint(want.Mock))
	add("max-price", price(have.MaxPrice, have.MaxPriceCurrency), price(want.MaxPrice, want.MaxPriceCurrency))
	add("provider", have.Provider, want.Provider)
	add("return-url", have.ReturnURL, want.ReturnURL)
	return diffs
}

// differentItems compares two lists of items by what they are, not by where they stand:
// an item in front of the others must not make all of them look changed.
func differentItems(have, want []Item) []Difference {
	var diffs []Difference
	partner := pair(have, want)
	paired := make([]bool, len(want))
	last, moved := -1, false
	for i, h := range have {
		j := partner[i]
		if j < 0 {
			diffs = append(diffs, Difference{Field: "item missing", Have: h.masked()})
			continue
		}
		paired[j] = true
		moved = moved || j < last
		last = max(last, j)
		diffs = append(diffs, h.differences(fmt.Sprintf("item %d ", i+1), want[j])...)
	}
	for j, w := range want {
		if !paired[j] {
			diffs = append(diffs, Difference{Field: "item added", Want: w.masked()})
		}
	}
	if moved {
		diffs = append(diffs, Difference{Field: "order of the items", Have: products(have), Want: products(want)})
	}
	return diffs
}

// alike are the ways in which two items of one product are taken for the same one, the
// surest first.
var alike = []func(h, w Item) bool{
	func(h, w Item) bool { return h.Quantity == w.Quantity && maps.Equal(h.Note, w.Note) },
	func(h, w Item) bool { return maps.Equal(h.Note, w.Note) },
	func(h, w Item) bool { return h.Quantity == w.Quantity },
	func(Item, Item) bool { return true },
}

// pair finds for each item of have the one of want that it is compared with, -1 where
// there is none.
func pair(have, want []Item) []int {
	partner, taken := slices.Repeat([]int{-1}, len(have)), make([]bool, len(want))
	for _, same := range alike {
		for i, h := range have {
			for j, w := range want {
				if partner[i] < 0 && !taken[j] && h.ItemID == w.ItemID && same(h, w) {
					partner[i], taken[j] = j, true
				}
			}
		}
	}
	return partner
}

func (i Item) differences(prefix string, want Item) []Difference {
	var diffs []Difference
	if i.Quantity != want.Quantity {
		diffs = append(diffs, Difference{Field: prefix + "quantity", Have: fmt.Sprint(i.Quantity), Want: fmt.Sprint(want.Quantity)})
	}
	keys := map[string]string{}
	maps.Copy(keys, i.Note)
	maps.Copy(keys, want.Note)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if i.Note[key] != want.Note[key] {
			diffs = append(diffs, Difference{Field: prefix + "note " + key, Have: Mask(i.Note[key]), Want: Mask(want.Note[key])})
		}
	}
	return diffs
}

// masked is the item as a person may see it: "2 × product_a (player_id •••42)".
func (i Item) masked() string {
	var notes []string
	for _, key := range slices.Sorted(maps.Keys(i.Note)) {
		notes = append(notes, key+" "+Mask(i.Note[key]))
	}
	if len(notes) == 0 {
		return i.String()
	}
	return i.String() + " (" + strings.Join(notes, ", ") + ")"
}

func products(items []Item) string {
	var ids []string
	for _, it := range items {
		ids = append(ids, it.ItemID)
	}
	return strings.Join(ids, ", ")
}

func price(d *decimal.Decimal, currency string) string {
	if d == nil {
		return "none"
	}
	return strings.TrimSpace(d.String() + " " + currency)
}
