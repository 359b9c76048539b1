package story

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"foxflow/order"
)

// Names are the products' names by product id, as far as they are known.
type Names map[string]string

// longestName bounds a product's name, which comes from FoxReload; longestSummary an
// order's summary: Temporal takes 400 bytes, the seal around it included.
const (
	longestName    = 120
	longestSummary = 200
)

// Of is a product's name, or its id.
func (n Names) Of(id string) string {
	if name := Bounded(n[id], longestName); name != "" {
		return name
	}
	return id
}

// Summary is an order in a few words: "2 × Steam 10 USD · mock". It holds no player data.
func Summary(r order.Request, names Names) string {
	mock := ""
	if r.Mock {
		mock = " · mock"
	}
	var words string
	for i, item := range r.Items {
		next := fmt.Sprintf("%d × %s", item.Quantity, names.Of(item.ItemID))
		if i > 0 {
			next = ", " + next
		}
		if more := fmt.Sprintf(" and %d more", len(r.Items)-i); i > 0 && len(words+next+more+mock) > longestSummary {
			return words + more + mock
		}
		words += next
	}
	return words + mock
}

// notes says which player data goes with an order, masked.
func notes(r order.Request) string {
	var fields []string
	for _, item := range r.Items {
		var keys []string
		//workflowcheck:ignore // sorted below
		for key := range item.Note {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			fields = append(fields, key+" "+order.Mask(item.Note[key]))
		}
	}
	return strings.Join(fields, ", ")
}

// Bounded is text from outside on one line of at most so many bytes, without what can't
// be printed.
func Bounded(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}
