package foxreload

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// readCodes finds the delivered codes in an item's externalData. FoxReload
// promises an array; what is in it, and whether it is always one, is open. So:
//
//	externalData                       codes
//	["A", "B"]                         "A", "B"
//	["[1234]", "null", "{\"a\":1}"]     as they are: a string in an array stays that string
//	[["A"], ["B"]]                     "A", "B"
//	[{"pin":"1"}], {"pin":"1"}         {"pin":"1"}
//	[1234], 1234                       "1234": a code is a string or an object
//	null, "", [], {}, {"pin":null}     none yet
//	"A", "null", "1234"                as it is
//	"[\"A\",\"B\"]"                    "A", "B": an array of codes that was encoded once too often
//	"{\"pin\":\"1\"}"                  {"pin":"1"}: likewise
//	"[]", "{}"                         none yet: likewise
//	"[1234]", "[null]", "[A-1]"        as it is: no array of codes for sure
//
// Each code comes out in one canonical form (compact, names sorted), so that a
// code read twice is the same bytes twice and is stored once.
func readCodes(raw json.RawMessage) []json.RawMessage {
	value, ok := readAny(raw)
	if !ok {
		return nil
	}
	if s, isString := value.(string); isString {
		if inside, encoded := encodedCodes(s); encoded {
			value = inside
		}
	}
	return appendCodes(nil, value)
}

func appendCodes(codes []json.RawMessage, value any) []json.RawMessage {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			codes = appendCodes(codes, element)
		}
		return codes
	case json.Number:
		value = v.String()
	case bool:
		// No code looks like this, but what was delivered is never thrown away.
		value = map[bool]string{true: "true", false: "false"}[v]
	}
	if blank(value) {
		return codes
	}
	return append(codes, canonical(value))
}

// encodedCodes opens an externalData that is a string and surely holds encoded
// codes: an object, or an array that is empty or has a string or an object in it.
// An array of numbers may be a code in brackets, and is kept: nothing is lost.
func encodedCodes(s string) (inside any, ok bool) {
	inside, ok = readAny([]byte(s))
	if _, isString := inside.(string); !ok || isString {
		return nil, false // a code in quotes
	}
	return inside, isCodes(inside)
}

func isCodes(value any) bool {
	switch v := value.(type) {
	case string, map[string]any:
		return true
	case []any:
		return len(v) == 0 || slices.ContainsFunc(v, isCodes)
	default:
		return false
	}
}

// blank says whether there is nothing in a value: a code still to come.
func blank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		for _, element := range v {
			if !blank(element) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, field := range v {
			if !blank(field) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// readAny reads one JSON value, and numbers by their digits.
func readAny(raw []byte) (value any, ok bool) {
	if !json.Valid(raw) { // a Decoder alone would accept what follows the value
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	return value, decoder.Decode(&value) == nil
}

func canonical(value any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("foxreload: encode what was decoded: " + err.Error()) // cannot happen: value came from readAny
	}
	return bytes.TrimSpace(out.Bytes())
}
