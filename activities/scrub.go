package activities

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"foxflow/internal/phrase"
	"foxflow/order"
)

// maxWords bounds FoxReload's own words wherever they go on record.
const maxWords = 300

// leastSecret is the shortest text that is hidden: replacing every "1" would make
// the words unreadable and hides nothing.
const leastSecret = 3

// scrub makes FoxReload's words fit for history and logs: one line, of bounded
// length, without the player data that was sent and without a delivered code,
// both of which an error text may quote.
func scrub(words string, r order.Request, codes []json.RawMessage) string {
	var secrets []string
	for _, item := range r.Items {
		for _, value := range item.Note {
			secrets = append(secrets, value)
		}
	}
	for _, code := range codes {
		secrets = append(secrets, texts(code)...)
	}
	for i, secret := range secrets {
		secrets[i] = phrase.OneLine(secret)
	}
	// The longest first: of one that holds another, nothing must stay.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	words = phrase.OneLine(words)
	for _, secret := range secrets {
		words = hide(words, secret)
	}
	if kept, cut := strings.CutSuffix(words, "…"); cut {
		words = hideBeginning(kept, secrets) + "…"
	}
	return phrase.Clip(words, maxWords)
}

// hide takes a secret out of words, in whatever case they quote it.
func hide(words, secret string) string {
	if len([]rune(secret)) < leastSecret {
		return words
	}
	return regexp.MustCompile("(?i)"+regexp.QuoteMeta(secret)).ReplaceAllLiteralString(words, "•••")
}

// hideBeginning takes the beginning of a secret off the end of words that were
// cut there: the API client bounds them before it is known what to hide.
func hideBeginning(words string, secrets []string) string {
	said, most := []rune(words), 0
	for _, secret := range secrets {
		whole := []rune(secret)
		for n := min(len(whole), len(said)); n >= leastSecret && n > most; n-- {
			if strings.EqualFold(string(said[len(said)-n:]), string(whole[:n])) {
				most = n
			}
		}
	}
	if most == 0 {
		return words
	}
	return string(said[:len(said)-most]) + "•••"
}

// texts are the strings and numbers in a code, which is one itself or an object of
// some.
func texts(code json.RawMessage) []string {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(code))
	decoder.UseNumber()
	if decoder.Decode(&v) != nil {
		return []string{string(code)}
	}
	var found []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			found = append(found, v)
		case json.Number:
			found = append(found, v.String())
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
