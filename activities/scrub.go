package activities

import (
	"encoding/json"
	"strings"

	"foxflow/order"
)

// maxWords bounds FoxReload's own words wherever they go on record.
const maxWords = 300

// scrub makes FoxReload's words fit for history and logs: one line, of bounded
// length, without the player data that was sent and without a delivered code,
// both of which an error text may quote.
func scrub(words string, r order.Request, codes []json.RawMessage) string {
	for _, item := range r.Items {
		for _, value := range item.Note {
			words = hide(words, value)
		}
	}
	for _, code := range codes {
		for _, secret := range texts(code) {
			words = hide(words, secret)
		}
	}
	words = strings.Join(strings.Fields(words), " ")
	if runes := []rune(words); len(runes) > maxWords {
		words = string(runes[:maxWords]) + "…"
	}
	return words
}

// hide leaves values of one or two characters alone: replacing every "1" would
// make the words unreadable and hides nothing.
func hide(words, secret string) string {
	if len(secret) < 3 {
		return words
	}
	return strings.ReplaceAll(words, secret, "•••")
}

// texts are the strings in a code, which is one itself or an object of some.
func texts(code json.RawMessage) []string {
	var v any
	if json.Unmarshal(code, &v) != nil {
		return []string{string(code)}
	}
	var found []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			found = append(found, v)
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(v)
	return found
}
