package foxreload

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"foxflow/internal/phrase"
)

// Codes of our own, for failures that no answer of the API explains. An answer
// without a code gets "HTTP_" and its status.
const (
	CodeTimeout   = "TIMEOUT"         // no answer in time
	CodeNoAnswer  = "NO_ANSWER"       // no connection, or it broke
	CodeMalformed = "MALFORMED"       // an answer that could not be read
	CodeRedirect  = "REDIRECT"        // an answer that pointed elsewhere
	CodeNotSent   = "NOT_SENT"        // stopped before anything was sent
	CodeInvalid   = "INVALID_REQUEST" // refused here: it could not have been a request
)

// FieldIdempotencyKey is Error.Field when FoxReload rejects the idempotency key
// as such, whatever spelling it named it by.
const FieldIdempotencyKey = "idempotencyKey"

// notFoxReload are the words for an answer that is not in the API's form. What such
// an answer says itself is nobody's to repeat.
const notFoxReload = "the answer is not FoxReload's: a proxy, or a wrong FOXRELOAD_BASE_URL"

// Error is a call that failed. It holds nothing of the request, and of the
// answer only what is meant to be read: its code and its words.
type Error struct {
	Code       string        // as the API wrote it, or HTTP_502, or one of the codes above
	Status     int           // HTTP status; 0 without an answer
	Mixed      bool          // the answer had another code beside it, whose meaning nobody knows
	Message    string        // the server's words or ours: one line, at most 300 characters
	Class      Class         // what it means for the caller
	RetryAfter time.Duration // what the server asked for, capped at 5 minutes; 0 when it said nothing
	OrderID    string        // the order that ORDER_ALREADY_EXISTS spoke of, where it named one
	Field      string        // the field a validation named, as "items.0.note.player_id"; FieldIdempotencyKey goes before others
	Method     string
	Path       string // the endpoint's template: no ids, no query

	does  string // "pay order"
	cause error  // the caller's context or gate; never net/http's, whose texts hold URLs and bytes of answers
}

// Error reads as "pay order: BALANCE_NOT_ENOUGH (HTTP 400): balance is too low".
func (e *Error) Error() string {
	does := e.does
	if does == "" {
		does = strings.TrimSpace(e.Method + " " + e.Path)
	}
	text := e.Code
	if e.Status != 0 && e.Code != httpCode(e.Status) {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if does == "" {
		return text
	}
	return does + ": " + text
}

// Unwrap gives the caller's own error (of its context, of its gate) where that
// is what stopped the call.
func (e *Error) Unwrap() error { return e.cause }

func httpCode(status int) string { return fmt.Sprintf("HTTP_%d", status) }

// failed starts an error of this call.
func (c call) failed(code string, class Class, message string) *Error {
	return &Error{Code: code, Class: class, Message: oneLine(message), Method: c.method, Path: c.path, does: c.does}
}

// notSent is a call that was stopped before anything left.
func (c *Client) notSent(call call, cause error) *Error {
	e := call.failed(CodeNotSent, ClassPassing, cause.Error())
	e.cause = cause
	return e
}

// refused turns an answer that is no success into an error.
func (c *Client) refused(call call, a answer) *Error {
	p := readProblem(a.status, a.body)
	code := p.code
	if code == "" {
		code = httpCode(a.status)
	}
	return c.explained(call, a, p, code)
}

// notUnderstood is a success whose body does not carry what was asked for. Some
// servers put an error into it all the same; its code, if there is one, counts.
func (c *Client) notUnderstood(call call, a answer, problem string) *Error {
	for _, o := range c.observers {
		o.Unreadable(Sent{call.method, call.path})
	}
	p := readProblem(a.status, a.body)
	// Only a code whose meaning is known: a "code" in a success may be a
	// delivered one, and those belong in no error.
	if !knownCode(p.code) {
		if !a.spoken() && len(bytes.TrimSpace(a.body)) > 0 {
			problem = notFoxReload
		}
		e := call.failed(CodeMalformed, classify(call.method, a.status, "", p.from), problem)
		e.Status = a.status
		return e
	}
	return c.explained(call, a, p, p.code)
}

func (c *Client) explained(call call, a answer, p problem, code string) *Error {
	if p.message == "" {
		p.message = http.StatusText(a.status)
	}
	// Servers have been known to quote the key they refuse.
	e := call.failed(c.redact(code), classify(call.method, a.status, code, p.from), c.redact(p.message))
	e.Status, e.RetryAfter, e.Mixed = a.status, a.retryAfter, p.mixed
	switch e.Class {
	case ClassForeign:
		e.Code, e.Message = httpCode(a.status), notFoxReload
	case ClassFinal:
		e.Field = c.redact(p.field)
	case ClassExists:
		e.OrderID = p.orderID
	}
	return e
}

// maxMessage is how many characters of a server's words are kept.
const maxMessage = 300

// oneLine makes words fit for a log line and a terminal: nothing that breaks,
// moves or turns around the line, single spaces, at most maxMessage characters.
func oneLine(words string) string {
	words = strings.Join(strings.FieldsFunc(words, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }), " ")
	return phrase.Clip(words, maxMessage)
}
