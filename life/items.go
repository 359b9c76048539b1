package life

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"foxflow/foxreload"
	"foxflow/order"
)

// Assign says which of the items that were asked for each item of an answer is, by index:
// nothing promises that an answer lists them as they were asked for, or the same twice.
// By itemId; among several of one product by note, then quantity, then position; one that
// shows no itemId by position. No two get the same index. One that is none of those asked
// for gets an index from len(asked) on: what was delivered for it is kept all the same.
func Assign(asked []order.Item, answered []foxreload.Item) []int {
	a := assignment{asked: asked, answered: answered, of: make([]int, len(answered)), taken: make([]bool, len(asked))}
	for i := range a.of {
		a.of[i] = unassigned
	}
	for _, fits := range likeness {
		a.pass(fits)
	}
	a.nameless()
	a.others()
	return a.of
}

const unassigned = -1

// likeness is by what items of one product are told apart, the surest first.
var likeness = []func(order.Item, foxreload.Item) bool{
	func(a order.Item, b foxreload.Item) bool { return wholeNote(a, b) && sameQuantity(a, b) },
	wholeNote,
	func(a order.Item, b foxreload.Item) bool { return partOfNote(a, b) && sameQuantity(a, b) },
	partOfNote,
	sameQuantity,
	func(order.Item, foxreload.Item) bool { return true },
}

// wholeNote says whether the answer shows the note, and it is the one asked for.
func wholeNote(asked order.Item, answered foxreload.Item) bool {
	return len(answered.Note) > 0 && maps.Equal(answered.Note, asked.Note)
}

// partOfNote says whether what the answer shows of the note, if anything, is what was
// asked for.
func partOfNote(asked order.Item, answered foxreload.Item) bool {
	return len(answered.Note) > 0 && sameNote(asked, answered)
}

func sameQuantity(asked order.Item, answered foxreload.Item) bool {
	return asked.Quantity == answered.Quantity
}

// assignment is the work of Assign: of is what it answers.
type assignment struct {
	asked    []order.Item
	answered []foxreload.Item
	of       []int
	taken    []bool // of the items asked for
}

func (a *assignment) take(answered, asked int) { a.of[answered], a.taken[asked] = asked, true }

// pass assigns, of what is left, items of the same product that fit.
func (a *assignment) pass(fits func(order.Item, foxreload.Item) bool) {
	for n, theirs := range a.answered {
		for i, ours := range a.asked {
			if a.of[n] == unassigned && !a.taken[i] && theirs.ItemID == ours.ItemID && fits(ours, theirs) {
				a.take(n, i)
			}
		}
	}
}

// nameless assigns the items without an itemId: each its own position, and where that is
// another's, the first one that is left.
func (a *assignment) nameless() {
	for n, item := range a.answered {
		if item.ItemID == "" && n < len(a.asked) && !a.taken[n] {
			a.take(n, n)
		}
	}
	for n, item := range a.answered {
		if left := slices.Index(a.taken, false); item.ItemID == "" && a.of[n] == unassigned && left >= 0 {
			a.take(n, left)
		}
	}
}

// others gives the items that nobody asked for indexes of their own, the same ones in
// whatever order they come.
func (a *assignment) others() {
	var others []int
	for n := range a.answered {
		if a.of[n] == unassigned {
			others = append(others, n)
		}
	}
	slices.SortStableFunc(others, func(x, y int) int {
		one, two := a.answered[x], a.answered[y]
		return cmp.Or(cmp.Compare(one.ItemID, two.ItemID), cmp.Compare(one.Quantity, two.Quantity),
			cmp.Compare(fmt.Sprint(one.Note), fmt.Sprint(two.Note)))
	})
	for i, n := range others {
		a.of[n] = len(a.asked) + i
	}
}

// SameAsAsked says how an order differs from what was asked for, as far as it shows that;
// "" when it fits. Items may come in any order. Each field counts where it is shown: an
// order that shows itemIds and no quantities must still be for the same products.
//
// Notes are personal data: they are compared and never shown.
func SameAsAsked(r order.Request, o foxreload.Order) (differs string) {
	if o.IsMock != nil && *o.IsMock != r.Mock {
		return fmt.Sprintf("has isMock=%t, this reference asks for %t", *o.IsMock, r.Mock)
	}
	if differs := OtherItems(r, o); differs != "" {
		return differs
	}
	if len(o.Items) > 0 && !pair(r.Items, o.Items, func(ours order.Item, theirs foxreload.Item) bool {
		return sameLine(ours, theirs) && sameNote(ours, theirs)
	}) {
		return "is for another player or account: its note is not the one that this reference asks for"
	}
	return ""
}

// OtherItems says how an order's products and quantities differ from those that were asked
// for, as far as it shows them; "" when they fit.
func OtherItems(r order.Request, o foxreload.Order) (differs string) {
	if len(o.Items) == 0 || pair(r.Items, o.Items, sameLine) {
		return ""
	}
	return fmt.Sprintf("is for %s, this reference asks for %s", lines(o.Items, shown), lines(r.Items, order.Item.String))
}

// sameLine says whether the product and the quantity, where the answer shows them, are those
// asked for.
func sameLine(asked order.Item, answered foxreload.Item) bool {
	return (answered.ItemID == "" || answered.ItemID == asked.ItemID) && (answered.Quantity == 0 || answered.Quantity == asked.Quantity)
}

// sameNote says whether every value that the answer shows is the one asked for.
func sameNote(asked order.Item, answered foxreload.Item) bool {
	for field, value := range answered.Note {
		if value != asked.Note[field] {
			return false
		}
	}
	return true
}

// pair says whether each item asked for can be one of the answer's, and each of those one
// that was asked for. An answer may hide what tells two items apart, so the first that
// fits is not always the right one: where it is wanted elsewhere, it makes room.
func pair(asked []order.Item, answered []foxreload.Item, fits func(order.Item, foxreload.Item) bool) bool {
	if len(asked) != len(answered) {
		return false
	}
	of := map[int]int{} // of the answer's items: which one asked for it is
	var place func(ours int, tried map[int]bool) bool
	place = func(ours int, tried map[int]bool) bool {
		for n, theirs := range answered {
			if tried[n] || !fits(asked[ours], theirs) {
				continue
			}
			tried[n] = true
			if before, taken := of[n]; !taken || place(before, tried) {
				of[n] = ours
				return true
			}
		}
		return false
	}
	for ours := range asked {
		if !place(ours, map[int]bool{}) {
			return false
		}
	}
	return true
}

// lines are items for a person, in an order that does not depend on theirs.
func lines[T any](items []T, line func(T) string) string {
	var all []string
	for _, item := range items {
		all = append(all, line(item))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// shown is a line of an answer, as far as it shows it.
func shown(item foxreload.Item) string {
	name := cmp.Or(item.ItemID, "a product that it does not name")
	if item.Quantity == 0 {
		return name
	}
	return fmt.Sprintf("%d × %s", item.Quantity, name)
}
