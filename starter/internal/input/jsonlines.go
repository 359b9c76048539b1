package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"foxflow/order"
)

// readJSONLines reads one whole order a line, as the JSON of order.Request has it.
func readJSONLines(text []byte) Sheet {
	b := newBinder(nil)
	for line := 1; len(text) > 0; line++ {
		var one []byte
		one, text, _ = bytes.Cut(text, []byte("\n"))
		if one = bytes.TrimSpace(one); len(one) == 0 {
			continue
		}
		if line > maxLines {
			b.tooManyLines()
			break
		}
		b.takeJSON(line, one)
	}
	return b.sheet()
}

func (b *binder) takeJSON(line int, text []byte) {
	r, mistakes := readOrder(text)
	for _, wrong := range mistakes {
		b.wrong(Problem{Line: line, Field: wrong.Field, Problem: wrong.Problem, Fix: wrong.Fix})
	}
	before, twice := b.orders[r.Reference]
	switch {
	case r.Reference == "": // it spoils no other line
	case len(mistakes) > 0:
		b.spoil(r.Reference)
	case twice && before.line > 0:
		before.bad = true
		b.wrong(Problem{Line: line, Field: "reference", Problem: fmt.Sprintf("is that of line %d, too: the order would be placed twice", before.line),
			Fix: "a line is a whole order: put all its items into one line, or take a new reference"})
	case !twice:
		b.orders[r.Reference] = &draft{request: r, line: line}
		b.sequence = append(b.sequence, r.Reference)
	}
}

// readOrder reads an order and finds all its mistakes.
func readOrder(text []byte) (r order.Request, mistakes []*order.FieldError) {
	if !json.Valid(text) {
		return r, []*order.FieldError{notJSON(text)}
	}
	in := reader{values: json.NewDecoder(bytes.NewReader(text))}
	in.object("", members{
		"reference":        in.text(&r.Reference),
		"items":            in.items(&r.Items),
		"mock":             in.flag(&r.Mock),
		"maxPrice":         in.price(&r),
		"maxPriceCurrency": in.text(&r.MaxPriceCurrency),
		"provider":         in.text(&r.Provider),
		"returnUrl":        in.text(&r.ReturnURL),
		"noCheck":          in.flag(&r.NoCheck),
	})
	r.Reference, r.MaxPriceCurrency = order.NormalReference(r.Reference), strings.ToLower(r.MaxPriceCurrency)
	switch {
	case in.stuck:
		in.mistakes = append(in.mistakes, notJSON(text))
	case len(in.mistakes) == 0:
		in.check(r)
	}
	return r, in.mistakes
}

// notJSON says where a line stops being JSON, and repeats nothing of it.
func notJSON(text []byte) *order.FieldError {
	column := utf8.RuneCount(text) + 1
	syntax, is := errors.AsType[*json.SyntaxError](json.Unmarshal(text, new(json.RawMessage)))
	if is && syntax.Offset < int64(len(text)) {
		column = utf8.RuneCount(text[:max(0, syntax.Offset-1)]) + 1
	}
	return &order.FieldError{Problem: fmt.Sprintf("is not JSON (column %d)", column),
		Fix: `write each order in one line: {"reference":"shop-1001","items":[{"itemId":"product_…","quantity":1}]}`}
}

// reader reads the JSON of one order value by value. That the text is JSON is known: what
// values say of it is left aside, but for a value of another type than is read.
type reader struct {
	values   *json.Decoder
	stuck    bool // nothing more can be read
	mistakes []*order.FieldError
}

func (in *reader) token() json.Token {
	token, err := in.values.Token()
	in.stuck = in.stuck || err != nil
	return token
}

func (in *reader) more() bool { return !in.stuck && in.values.More() }

func (in *reader) wrong(at, problem, fix string) {
	in.mistakes = append(in.mistakes, &order.FieldError{Field: at, Problem: problem, Fix: fix})
}

// members are what an object may hold, each with what reads its value. A value that is null
// is left out.
type members map[string]func(at string)

// object reads an object that stands at a place, "" for the line itself. A name that nobody
// knows may be a price guard misspelt, and of two values for one name one would be lost.
func (in *reader) object(at string, known members) {
	in.each(at, func(name, at string) {
		if read, is := known[name]; is {
			read(at)
			return
		}
		in.skip()
		in.wrong(at, "is no field of an order", "leave it out; there are "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	})
}

// each reads the members of an object in turn.
func (in *reader) each(at string, read func(name, at string)) {
	if !in.begins('{', at, "is no JSON object", `write {"…":…}, each order in one line`) {
		return
	}
	seen := map[string]bool{}
	for in.more() {
		name, _ := in.token().(string)
		below := strings.TrimPrefix(at+"."+clip(name), ".")
		if seen[name] {
			in.skip()
			in.wrong(below, "is given twice", "give each field once")
			continue
		}
		seen[name] = true
		read(name, below)
	}
	in.token() // the brace
}

func (in *reader) skip() { _ = in.values.Decode(new(json.RawMessage)) }

// begins goes into an object or a list. Anything else but null is a mistake, and skipped.
func (in *reader) begins(with json.Delim, at, problem, fix string) bool {
	token := in.token()
	if token == with {
		return true
	}
	if token != nil {
		in.wrong(at, problem, fix)
	}
	for depth := inwards(token); depth > 0 && !in.stuck; {
		depth += inwards(in.token())
	}
	return false
}

// inwards is 1 for a token that begins an object or a list, -1 for one that ends it.
func inwards(token json.Token) int {
	switch token {
	case json.Delim('{'), json.Delim('['):
		return 1
	case json.Delim('}'), json.Delim(']'):
		return -1
	}
	return 0
}

func (in *reader) text(into *string) func(string) {
	return func(at string) {
		if in.values.Decode(into) != nil {
			in.wrong(at, "is no text", "write it in quotes")
		}
	}
}

func (in *reader) flag(into *bool) func(string) {
	return func(at string) {
		if in.values.Decode(into) != nil {
			in.wrong(at, "is neither true nor false", "write true or false, without quotes")
		}
	}
}

func (in *reader) price(r *order.Request) func(string) {
	return func(at string) {
		var text *string
		if in.values.Decode(&text) != nil {
			in.wrong(at, "is no text", `write money in quotes, as "12.34": a number may be rounded on its way`)
			return
		}
		if text == nil {
			return
		}
		price, wrong := ParsePrice(*text)
		if wrong != nil {
			in.wrong(at, wrong.Problem, `give the highest total you will pay, as "12.34", and its currency in maxPriceCurrency`)
			return
		}
		r.MaxPrice = &price
	}
}

func (in *reader) items(into *[]order.Item) func(string) {
	return func(at string) {
		if !in.begins('[', at, "is no list", `write [{"itemId":"product_…","quantity":1}]`) {
			return
		}
		for i := 0; in.more(); i++ {
			item := order.Item{Quantity: 1}
			in.object(fmt.Sprintf("%s[%d]", at, i), members{"itemId": in.text(&item.ItemID), "quantity": in.quantity(&item.Quantity), "note": in.note(&item)})
			*into = append(*into, item)
		}
		in.token() // the bracket
	}
}

func (in *reader) quantity(into *int64) func(string) {
	return func(at string) {
		if in.values.Decode(into) != nil || *into < 1 {
			in.wrong(at, "is not a quantity", fixQuantity+", without quotes")
		}
	}
}

func (in *reader) note(item *order.Item) func(string) {
	return func(at string) {
		in.each(at, func(name, at string) {
			var value string
			in.text(&value)(at)
			if item.Note == nil {
				item.Note = order.Note{}
			}
			item.Note[name] = value
		})
	}
}

// check finds what is wrong with an order whose values can be read.
func (in *reader) check(r order.Request) {
	if n := len(r.Items); n == 0 || n > order.MaxItems {
		in.wrong("items", fmt.Sprintf("are %d in one order", n), fmt.Sprintf("one order takes 1 to %d items", order.MaxItems))
		return
	}
	for _, wrong := range r.Validate() {
		in.wrong(memberOf(wrong.Field), wrong.Problem, inJSON.Replace(wrong.Fix))
	}
	for i, item := range r.Items {
		if first := slices.IndexFunc(r.Items[:i], item.Same); first >= 0 {
			in.wrong(fmt.Sprintf("items[%d]", i), fmt.Sprintf("is the same again as items[%d], and would be bought twice", first),
				fmt.Sprintf("leave one of the two out; if twice is meant, write one item with quantity %d", 2*item.Quantity))
		}
	}
}

// inJSON has the fixes of flags speak of JSON.
var inJSON = strings.NewReplacer("KEY=VALUE, e.g. player_id=123456", `"note":{"player_id":"123456"}`, "--return-url ", "returnUrl ", "--provider NAME", "provider", "e.g. 12.34usd", "in maxPrice and maxPriceCurrency")

// memberOf is the place in the JSON of a field that order.Request.Validate names: "quantity",
// or "item 2 quantity" where there are several items.
func memberOf(field string) string {
	n, what := 1, field
	if words := strings.Fields(field); len(words) == 3 {
		_, _ = fmt.Sscan(words[1], &n)
		what = words[2]
	}
	switch what {
	case "item":
		return fmt.Sprintf("items[%d].itemId", n-1)
	case "quantity", "note":
		return fmt.Sprintf("items[%d].%s", n-1, what)
	case "max-price":
		return "maxPrice"
	case "return-url":
		return "returnUrl"
	}
	return what
}
