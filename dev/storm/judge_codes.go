package storm

import (
	"bytes"
	"encoding/json"
)

// judgeCodes: what was delivered can be read, each code as often as it came, and
// nothing else.
func judgeCodes(e *evidence, v *verdict) {
	owner, due := e.owners(), map[string][]string{}
	for _, o := range e.fox {
		if reference := owner[o.ID]; reference != "" {
			due[reference] = append(due[reference], o.codes()...)
		}
	}
	for reference, why := range e.mute {
		v.found("every delivered code can be read", reference, "starter codes: %s", why)
	}
	for _, o := range e.orders {
		var have []string
		for _, raw := range e.codes[o.Reference] {
			have = append(have, plainJSON(raw))
		}
		missing, foreign := differences(due[o.Reference], have)
		v.lostCodes += len(missing)
		if len(missing)+len(foreign) > 0 {
			v.found("every delivered code can be read", o.Reference, "%d codes are missing, %d are not of this order", len(missing), len(foreign))
		}
		counted := 0
		for _, item := range o.Items {
			counted += item.Codes
		}
		if counted != len(due[o.Reference]) {
			v.found("an order counts its codes", o.Reference, "it shows %d codes, %d were delivered", counted, len(due[o.Reference]))
		}
	}
}

// differences of two lists in which things may occur more than once.
func differences(want, have []string) (missing, foreign []string) {
	times := map[string]int{}
	for _, text := range have {
		times[text]++
	}
	for _, text := range want {
		if times[text] == 0 {
			missing = append(missing, text)
			continue
		}
		times[text]--
	}
	for text, n := range times {
		for range n {
			foreign = append(foreign, text)
		}
	}
	return missing, foreign
}

// codes are the order's codes in one spelling: elements of an array, or what
// stands there instead of one; numbers by their digits, null is none.
func (o foxOrder) codes() (codes []string) {
	for _, item := range o.Items {
		var several []json.RawMessage
		if json.Unmarshal(item.ExternalData, &several) != nil {
			several = []json.RawMessage{item.ExternalData}
		}
		for _, raw := range several {
			if text := plainJSON(raw); text != "null" && text != "" {
				codes = append(codes, text)
			}
		}
	}
	return codes
}

// plainJSON is a value without spaces, its fields in order, a number as text.
func plainJSON(raw json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return ""
	}
	if number, is := value.(json.Number); is {
		value = number.String()
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}
