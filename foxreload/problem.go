package foxreload

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// problem is what an error's body says, whichever of its many shapes it has:
// {"code","detail"} with a string, an object or a validation list as detail;
// {"message"}; {"error"}; an error nested in another; or no JSON at all.
type problem struct {
	from    speaker
	code    string
	mixed   bool
	message string
	field   string
	orderID string
}

// Names under which servers put their words, their codes and the rest of the
// error, and how deep they nest them.
var (
	wordNames = []string{"detail", "message", "msg", "error", "errors", "error_description", "description", "reason", "title"}
	codeNames = []string{"code", "errorCode", "error_code"}
	nestNames = []string{"detail", "error", "errors", "message", "data", "extra", "meta", "context", "params"}
)

const problemDepth = 4

func readProblem(status int, body []byte) problem {
	if !json.Valid(body) {
		return problem{} // a proxy's page: its status says all that it can
	}
	code, mixed := findCode(body)
	p := problem{code: code, mixed: mixed, message: words(body, problemDepth), orderID: findOrderID(body, problemDepth)}
	p.from = refusedBy(body, p.code)
	p.field = pickField(fields(body, problemDepth))
	if p.field == "" && status == http.StatusUnprocessableEntity && rejectsKeyInWords(p.message) {
		p.field = FieldIdempotencyKey
	}
	return p
}

// apiNames are the names of which the API's refusals have one at least.
var apiNames = append([]string{"detail", "message", "error", "errors"}, codeNames...)

// refusedBy tells the API's refusals, which are objects that have a code or words,
// from what anybody may answer: a page, a bare string, a list, an empty body.
func refusedBy(body []byte, code string) speaker {
	o, ok := readObject(body)
	named := slices.ContainsFunc(apiNames, func(name string) bool { _, there := o[fold(name)]; return there })
	if ok && (named || code != "") { // a code can be deeper, as in {"data":{"code":…}}
		return theAPI
	}
	return anyone
}

// codeRE is what a code may look like; anything else is words.
var codeRE = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{1,63}$`)

// generalCodes are codes under which a server wraps another that says what it means.
var generalCodes = []string{"ERROR", "API_ERROR", "BAD_REQUEST", "CLIENT_ERROR", "FORBIDDEN", "HTTP_ERROR", "HTTP_EXCEPTION",
	"INVALID_REQUEST", "ORDER_ERROR", "PAYMENT_ERROR", "PAYMENT_REQUIRED", "REQUEST_ERROR", "UNPROCESSABLE_ENTITY", "VALIDATION_ERROR"}

// findCode takes the first code whose meaning is known, else the first at all. Mixed says
// that the body has one beside it that is neither known nor general: a "payment in
// progress" that quotes an earlier "balance not enough".
func findCode(body json.RawMessage) (code string, mixed bool) {
	found := codes(body, problemDepth)
	known := slices.IndexFunc(found, knownCode)
	if known < 0 {
		return strings.Join(found[:min(len(found), 1)], ""), false
	}
	return found[known], slices.ContainsFunc(found, func(code string) bool {
		return !knownCode(code) && !slices.ContainsFunc(generalCodes, func(general string) bool { return fold(general) == fold(code) })
	})
}

func codes(raw json.RawMessage, depth int) (found []string) {
	if depth == 0 {
		return nil
	}
	if list, ok := readList(raw); ok {
		for _, entry := range list {
			found = append(found, codes(entry, depth-1)...)
		}
		return found
	}
	o, ok := readObject(raw)
	if !ok {
		s, _ := readScalar(raw)
		if codeRE.MatchString(s) && (knownCode(s) || (strings.Contains(s, "_") && s == strings.ToUpper(s))) {
			return []string{s}
		}
		return nil
	}
	for _, name := range codeNames {
		if s := o.text(name); codeRE.MatchString(s) {
			found = append(found, s)
		}
	}
	for _, name := range nestNames {
		if inner, there := o[name]; there {
			found = append(found, codes(inner, depth-1)...)
		}
	}
	return found
}

// words finds what the server says to a person. Of a validation list it takes
// where and what, never the rejected input, which is the player's.
func words(raw json.RawMessage, depth int) string {
	if s, ok := readScalar(raw); ok {
		return strings.TrimSpace(s)
	}
	if depth == 0 {
		return ""
	}
	if list, ok := readList(raw); ok {
		var said []string
		for _, entry := range list {
			if s := words(entry, depth-1); s != "" {
				said = append(said, s)
			}
		}
		return strings.Join(said, "; ")
	}
	o, ok := readObject(raw)
	if !ok {
		return ""
	}
	for _, name := range wordNames {
		if inner, there := o[fold(name)]; there {
			if s := words(inner, depth-1); s != "" {
				if at := location(o); at != "" {
					return at + ": " + s
				}
				return s
			}
		}
	}
	return o.text(codeNames...)
}

// fields lists the fields that an error names, in its order.
func fields(raw json.RawMessage, depth int) (found []string) {
	if depth == 0 {
		return nil
	}
	if list, ok := readList(raw); ok {
		for _, entry := range list {
			found = append(found, fields(entry, depth-1)...)
		}
		return found
	}
	o, ok := readObject(raw)
	if !ok {
		return nil
	}
	if at := location(o); at != "" {
		found = append(found, at)
	}
	for _, name := range nestNames {
		if inner, there := o[name]; there {
			found = append(found, fields(inner, depth-1)...)
		}
	}
	// {"idempotencyKey": ["unknown field"]}: the field is the name itself. A plain
	// value under that name is our key quoted back.
	if about, named := o[fold(FieldIdempotencyKey)]; named {
		if _, list := readList(about); list || refusalRE.MatchString(words(about, depth)) {
			found = append(found, FieldIdempotencyKey)
		}
	}
	return found
}

// location reads FastAPI's loc (["body","items",0,"note","player_id"]), and the
// like, as items.0.note.player_id.
func location(o object) string {
	steps, ok := o.list("loc", "path")
	if !ok {
		field := o.text("loc", "field", "param", "property")
		if !fieldRE.MatchString(field) {
			return ""
		}
		return strings.TrimPrefix(field, "body.")
	}
	var path []string
	for i, step := range steps {
		s, _ := readScalar(step)
		if i == 0 && len(steps) > 1 && (s == "body" || s == "query" || s == "path" || s == "header") {
			continue
		}
		path = append(path, s)
	}
	return oneLine(strings.Join(path, "."))
}

var fieldRE = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)

// pickField prefers the idempotency key: it is dropped for good when rejected,
// and the next answer then tells of the others.
func pickField(found []string) string {
	for _, field := range found {
		if last := field[strings.LastIndex(field, ".")+1:]; fold(last) == fold(FieldIdempotencyKey) {
			return FieldIdempotencyKey
		}
	}
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

var (
	keyNameRE = regexp.MustCompile(`(?i)idempotency[ _-]?key`)
	refusalRE = regexp.MustCompile(`(?i)unknown|unexpected|unrecogni[sz]ed|not (permitted|allowed|supported|expected)|forbidden|extra|additional`)
)

// rejectsKeyInWords recognises "Unknown field: idempotencyKey", and leaves
// alone words that say the key was used before.
func rejectsKeyInWords(message string) bool {
	return keyNameRE.MatchString(message) && refusalRE.MatchString(message)
}

// findOrderID prefers what can only be the order's id over a bare "id", which
// may be the error's own.
func findOrderID(raw json.RawMessage, depth int) string {
	o, ok := readObject(raw)
	if !ok || depth == 0 {
		return ""
	}
	if id := o.id("orderId", "existingOrderId", "order"); id != "" {
		return id
	}
	for _, name := range append([]string{"order"}, nestNames...) {
		if id := findOrderID(o[name], depth-1); id != "" {
			return id
		}
	}
	return o.id("id")
}
