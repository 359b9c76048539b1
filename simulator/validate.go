package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// object reads the fields of a JSON object strictly and collects every problem,
// each with its place, as the API's 422 lists them.
type object struct {
	place    []any
	fields   map[string]any
	problems *[]problem
}

var amountRE = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,4})?$`)

// readBody parses the request's body as one JSON object.
func (c *call) readBody() (object, error) {
	o := object{place: []any{"body"}, problems: &[]problem{}}
	media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return o, invalid(problem{Loc: []any{"header", "Content-Type"}, Msg: "Content-Type should be application/json", Type: "value_error"})
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.UseNumber()
	var parsed any
	err = d.Decode(&parsed)
	if err == nil {
		if _, extra := d.Token(); !errors.Is(extra, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		return o, invalid(problem{Loc: o.place, Msg: "JSON decode error", Type: "json_invalid"})
	}
	fields, isObject := parsed.(map[string]any)
	if !isObject {
		return o, invalid(problem{Loc: o.place, Msg: "Input should be a valid object", Type: "object_type"})
	}
	o.fields = fields
	return o, nil
}

// err is the 422 with all problems found, nil when there are none.
func (o object) err() error {
	if len(*o.problems) == 0 {
		return nil
	}
	return invalid(*o.problems...)
}

func (o object) wrong(field any, kind, format string, args ...any) {
	*o.problems = append(*o.problems, problem{Loc: append(slices.Clone(o.place), field), Msg: fmt.Sprintf(format, args...), Type: kind})
}

// only names the fields that may be there; anything else is a problem.
func (o object) only(names ...string) {
	for _, name := range sortedKeys(o.fields) {
		if !slices.Contains(names, name) {
			o.wrong(name, "extra_forbidden", "Extra inputs are not permitted")
		}
	}
}

// value is a field that is there and not null.
func (o object) value(name string, required bool) (any, bool) {
	v, there := o.fields[name]
	if required && !there {
		o.wrong(name, "missing", "Field required")
	} else if required && v == nil {
		o.wrong(name, "null_forbidden", "Input should not be null")
	}
	return v, v != nil
}

func (o object) text(name string, required bool) string {
	v, there := o.value(name, required)
	text, isText := v.(string)
	switch {
	case there && !isText:
		o.wrong(name, "string_type", "Input should be a valid string")
	case there && strings.TrimSpace(text) == "":
		o.wrong(name, "string_too_short", "String should have at least 1 character")
	}
	return text
}

func (o object) boolean(name string) bool {
	v, there := o.value(name, false)
	b, isBool := v.(bool)
	if there && !isBool {
		o.wrong(name, "bool_type", "Input should be a valid boolean")
	}
	return b
}

// integer takes 3, not 3.0 and not "3".
func (o object) integer(name string) int64 {
	v, there := o.value(name, true)
	number, isNumber := v.(json.Number)
	n, err := number.Int64()
	if there && (!isNumber || err != nil) {
		o.wrong(name, "int_type", "Input should be a valid integer")
		return 0
	}
	if there && n < 1 {
		o.wrong(name, "greater_than_equal", "Input should be greater than or equal to 1")
		return 0
	}
	return n
}

// amount takes a decimal string of up to four places, never a JSON number: the
// contract's money is text.
func (o object) amount(name string, required bool) *decimal.Decimal {
	v, there := o.value(name, required)
	if !there {
		return nil
	}
	text, isText := v.(string)
	if !isText || !amountRE.MatchString(text) {
		o.wrong(name, "decimal_type", "Input should be a decimal string with up to 4 decimal places")
		return nil
	}
	d := decimal.RequireFromString(text)
	return &d
}

// objects is an array of least..most objects.
func (o object) objects(name string, least, most int) []object {
	v, there := o.value(name, true)
	if !there {
		return nil
	}
	array, isArray := v.([]any)
	switch {
	case !isArray:
		o.wrong(name, "list_type", "Input should be a valid list")
		return nil
	case len(array) < least || len(array) > most:
		o.wrong(name, "list_length", "List should have %d to %d items, not %d", least, most, len(array))
		return nil
	}
	var list []object
	for i, element := range array {
		place := append(slices.Clone(o.place), name, i)
		fields, isObject := element.(map[string]any)
		if !isObject {
			*o.problems = append(*o.problems, problem{Loc: place, Msg: "Input should be a valid object", Type: "object_type"})
			continue
		}
		list = append(list, object{place: place, fields: fields, problems: o.problems})
	}
	return list
}

// texts is an object whose values are all strings: a number would have lost its
// leading zeros already.
func (o object) texts(name string) map[string]string {
	v, there := o.value(name, false)
	if !there {
		return nil
	}
	fields, isObject := v.(map[string]any)
	if !isObject {
		o.wrong(name, "dict_type", "Input should be a valid dictionary")
		return nil
	}
	inner := object{place: append(slices.Clone(o.place), name), fields: fields, problems: o.problems}
	texts := map[string]string{}
	for _, key := range sortedKeys(fields) {
		text, isText := fields[key].(string)
		if !isText {
			inner.wrong(key, "string_type", "Input should be a valid string")
			continue
		}
		texts[key] = text
	}
	return texts
}
