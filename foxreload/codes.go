package foxreload

import (
	"bytes"
	"encoding/json"
	"strings"
)

// readCodes finds the delivered codes in an item's externalData. FoxReload
// promises an array; what is in it, and whether it is always one, is open. So:
//
//   - an array, or arrays within it, holds codes; anything else is one code;
//   - a string that holds an encoded array or object is opened;
//   - null, "", {} and objects without any value are no code;
//   - a number is taken by its digits: a code is a string or an object.
//
// Each code comes out in one canonical form (compact, names sorted), so that a
// code read twice is the same bytes twice and is stored once.
func readCodes(raw json.RawMessage) []json.RawMessage {
	if value, ok := readAny(raw); ok {
		return appendCodes(nil, value)
	}
	return nil
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
	case string:
		if inside, ok := encoded(v); ok {
			return appendCodes(codes, inside)
		}
	}
	if blank(value) {
		return codes
	}
	return append(codes, canonical(value))
}

// encoded opens a string that is itself JSON: an array, an object or null.
func encoded(s string) (inside any, ok bool) {
	s = strings.TrimSpace(s)
	if s != "null" && !strings.HasPrefix(s, "[") && !strings.HasPrefix(s, "{") {
		return nil, false
	}
	return readAny([]byte(s))
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
