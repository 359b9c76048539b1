package main

import (
	"fmt"
	"strings"
	"time"

	"foxflow/internal/phrase"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// The words in which several commands show one and the same thing.

// missingCodes is a number of codes that are missing, "" for none.
func missingCodes(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 code"
	}
	return fmt.Sprintf("%d codes", n)
}

// stateOf is an order's state in plain text, with what is missing of it.
func stateOf(s order.Status) string {
	if s.Missing() == 0 {
		return string(s.State)
	}
	return string(s.State) + ", " + missingCodes(s.Missing()) + " missing"
}

func itemLine(it order.ItemStatus) string {
	line := fmt.Sprintf("%d × %s", it.Quantity, it.ItemID)
	var codes []string
	switch it.Codes {
	case 0:
	case 1:
		codes = append(codes, "1 code")
	default:
		codes = append(codes, fmt.Sprintf("%d codes", it.Codes))
	}
	if it.Missing > 0 {
		codes = append(codes, missingCodes(it.Missing)+" missing")
	}
	if len(codes) == 0 {
		return line
	}
	return line + " (" + strings.Join(codes, ", ") + ")"
}

func money(s order.Status) string {
	return show.Clean(story.Price(s))
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (a *app) short(id *string) string { return a.Short(show.Clean(phrase.Of(id))) }

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
