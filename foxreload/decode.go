package foxreload

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"foxflow/internal/phrase"

	"github.com/shopspring/decimal"
)

// fold makes names comparable: FoxReload's are seen in camelCase, snake_case and
// UPPER_SNAKE.
func fold(name string) string { return strings.ToLower(unjoined.Replace(name)) }

var unjoined = strings.NewReplacer("_", "", "-", "", " ", "")

// object is a JSON object by folded names, without its nulls. Its readers never
// fail: what is absent, null or makes no sense reads as "not said" (nil, "").
// Each takes the names under which a field may come, the likeliest first.
type object map[string]json.RawMessage

func readObject(raw []byte) (object, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return nil, false
	}
	o := make(object, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) { // sorted: of two spellings the same one always wins
		folded := fold(name)
		if _, taken := o[folded]; !taken && !isNull(fields[name]) {
			o[folded] = fields[name]
		}
	}
	return o, true
}

func isNull(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}

// first reads the first of the names that is there and makes sense.
func first[T any](o object, read func(json.RawMessage) (T, bool), names []string) (value T, found bool) {
	for _, name := range names {
		if raw, there := o[fold(name)]; there {
			if value, found = read(raw); found {
				return value, true
			}
		}
	}
	return value, false
}

func orNil[T any](value T, found bool) *T {
	if !found {
		return nil
	}
	return &value
}

// What an answer says is carried into keys, ledgers, terminals and spreadsheets. So it is
// bounded and cleaned here, once, whoever answered:
//
//	text   words and names: one line, at most maxMessage characters, nothing invisible
//	word   a status or a currency: the same, and short
//	id     to the letter, or not at all: a mended id would be another order's
//	exact  likewise, for what is longer: a link, an address, a cursor
//	price  never negative, never absurd: that is no price

// Bounds. A word that is longer than any of its kind stays a word that nobody knows.
const (
	maxWord  = 32
	maxExact = 2048
)

// text reads a string, or a number or truth as it is written.
func (o object) text(names ...string) string {
	s, _ := first(o, readScalar, names)
	return oneLine(s)
}

func (o object) word(names ...string) string {
	return phrase.Clip(strings.ToLower(o.text(names...)), maxWord)
}

// idForm is what an id may look like: the contract calls it an opaque string.
var idForm = regexp.MustCompile(`^[!-~]{1,128}$`)

func (o object) id(names ...string) string { return o.whole(names, idForm.MatchString) }

func (o object) exact(names ...string) string {
	return o.whole(names, func(s string) bool {
		return len(s) <= maxExact && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	})
}

// whole reads a string to the letter, "" where none fits.
func (o object) whole(names []string, fits func(string) bool) string {
	s, found := first(o, func(raw json.RawMessage) (string, bool) {
		s, ok := readScalar(raw)
		s = strings.TrimSpace(s)
		return s, ok && fits(s)
	}, names)
	if !found {
		return ""
	}
	return s
}

// highestPrice is more than anything costs in any currency: what is above it is no price.
var highestPrice = decimal.New(1, 9)

func (o object) price(names ...string) *decimal.Decimal {
	return orNil(first(o, func(raw json.RawMessage) (decimal.Decimal, bool) {
		price, ok := readMoney(raw)
		return price, ok && !price.IsNegative() && price.LessThan(highestPrice)
	}, names))
}

func (o object) money(names ...string) *decimal.Decimal { return orNil(first(o, readMoney, names)) }
func (o object) integer(names ...string) *int64         { return orNil(first(o, readInteger, names)) }
func (o object) when(names ...string) *time.Time        { return orNil(first(o, readTime, names)) }
func (o object) truth(names ...string) *bool            { return orNil(first(o, readTruth, names)) }

func (o object) list(names ...string) ([]json.RawMessage, bool) { return first(o, readList, names) }
func (o object) inner(names ...string) (object, bool) {
	return first(o, func(raw json.RawMessage) (object, bool) { return readObject(raw) }, names)
}

func readList(raw json.RawMessage) ([]json.RawMessage, bool) {
	var list []json.RawMessage
	return list, json.Unmarshal(raw, &list) == nil && list != nil
}

// readScalar reads a string untrimmed, and a number by its very digits.
func readScalar(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "", false
	}
	switch raw[0] {
	case '"':
		var s string
		return s, json.Unmarshal(raw, &s) == nil
	case '{', '[', 'n':
		return "", false
	default:
		return string(raw), true
	}
}

// readMoney reads a decimal from a string or a number, never through a float.
// The bounds keep "1e999999999" from becoming a gigabyte of digits later on.
func readMoney(raw json.RawMessage) (decimal.Decimal, bool) {
	s, _ := readScalar(raw)
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 50 {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() < -30 || d.Exponent() > 15 {
		return decimal.Decimal{}, false
	}
	return d, true
}

// moneyText writes money with the places it came with: "12.50" stays "12.50".
func moneyText(d decimal.Decimal) string { return d.StringFixed(max(0, -d.Exponent())) }

// readInteger reads 3, "3" and 3.0.
func readInteger(raw json.RawMessage) (int64, bool) {
	d, ok := readMoney(raw)
	if !ok || !d.IsInteger() || !d.BigInt().IsInt64() {
		return 0, false
	}
	return d.IntPart(), true
}

func readTruth(raw json.RawMessage) (value, ok bool) {
	s, _ := readScalar(raw)
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	default:
		return false, false
	}
}

// layouts of times: RFC 3339, and what Python prints for a time without a zone.
// A time without a zone is UTC.
var layouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00",
}

// readTime reads a time in one of the layouts, or Unix seconds or milliseconds,
// and gives it in UTC. A time outside this age is none.
func readTime(raw json.RawMessage) (time.Time, bool) {
	s, _ := readScalar(raw)
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), 1970 <= t.Year() && t.Year() <= 9000
		}
	}
	d, ok := readMoney(raw)
	if !ok {
		return time.Time{}, false
	}
	const soonestMillis = 100_000_000_000 // as seconds that is the year 5138, as milliseconds 1973
	if d.GreaterThanOrEqual(decimal.NewFromInt(soonestMillis)) {
		d = d.Shift(-3)
	}
	if !d.IsPositive() || d.GreaterThanOrEqual(decimal.NewFromInt(soonestMillis)) {
		return time.Time{}, false
	}
	return time.UnixMilli(d.Shift(3).IntPart()).UTC(), true
}

// readNote reads an item's note: every value as a string, numbers by their
// digits, an absent value not at all.
func (o object) note(names ...string) map[string]string {
	raw, _ := first(o, func(raw json.RawMessage) (json.RawMessage, bool) { return raw, true }, names)
	if s, ok := readScalar(raw); ok { // a note that was encoded once too often
		raw = json.RawMessage(s)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	note := make(map[string]string, len(fields))
	for name, value := range fields {
		if isNull(value) {
			continue
		}
		if s, ok := readScalar(value); ok {
			note[name] = s
		} else {
			note[name] = compact(value)
		}
	}
	if len(note) == 0 {
		return nil
	}
	return note
}

func compact(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return ""
	}
	return out.String()
}
