package simulator

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// Codes of the API's errors. The first six are the contract's words.
const (
	codeBalance     = "BalanceNotEnough"
	codeExists      = "ORDER_ALREADY_EXISTS"
	codePrice       = "OFFER_PRICE_NOT_MATCHED"
	codeNotPayable  = "ORDER_PAYMENT_NOT_POSSIBLE"
	codeNotFound    = "NOT_FOUND"
	codeUnavailable = "PRODUCT_NOT_AVAILABLE"
	codeNoStock     = "PRODUCT_OUT_OF_STOCK"
	codeValidation  = "VALIDATION_ERROR"
	codeUnknownKey  = "UNAUTHORIZED"
	codeForbidden   = "FORBIDDEN"
	codeMethod      = "METHOD_NOT_ALLOWED"
	codeTooLarge    = "REQUEST_TOO_LARGE"
	codeTooMany     = "TOO_MANY_REQUESTS"
	codeInternal    = "INTERNAL_ERROR"
)

// usualStatus is each error's HTTP status where the knob error-status says
// nothing else.
var usualStatus = map[string]int{
	codeBalance:     http.StatusBadRequest,
	codeExists:      http.StatusConflict,
	codePrice:       http.StatusConflict,
	codeNotPayable:  http.StatusConflict,
	codeNotFound:    http.StatusNotFound,
	codeUnavailable: http.StatusConflict,
	codeNoStock:     http.StatusConflict,
	codeValidation:  http.StatusUnprocessableEntity,
	codeUnknownKey:  http.StatusUnauthorized,
	codeForbidden:   http.StatusForbidden,
	codeMethod:      http.StatusMethodNotAllowed,
	codeTooLarge:    http.StatusRequestEntityTooLarge,
	codeTooMany:     http.StatusTooManyRequests,
	codeInternal:    http.StatusInternalServerError,
}

// apiError is a refusal, before a knob decides how it is written.
type apiError struct {
	code     string
	message  string
	facts    map[string]any // beside the message, e.g. the order's id
	problems []problem      // of a 422
	wait     time.Duration  // of a 429
	status   int            // in place of the code's own; 0: that one
	page     string         // a proxy's page in place of the API's words; "": none
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func refuse(code, format string, args ...any) *apiError {
	return &apiError{code: code, message: fmt.Sprintf(format, args...)}
}

func (e *apiError) with(name string, value any) *apiError {
	if e.facts == nil {
		e.facts = map[string]any{}
	}
	e.facts[name] = value
	return e
}

// problem is one entry of a validation list.
type problem struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

func invalid(problems ...problem) *apiError {
	return &apiError{code: codeValidation, message: "request is invalid", problems: problems}
}

func (k Knobs) errorStatus(code string) int {
	if status, ok := k.ErrorStatus[code]; ok {
		return status
	}
	return usualStatus[code]
}

// canonicalCode finds a code however it is written.
func canonicalCode(written string) (string, bool) {
	plain := func(code string) string { return strings.ToLower(strings.ReplaceAll(code, "_", "")) }
	for code := range usualStatus {
		if plain(code) == plain(written) {
			return code, true
		}
	}
	return "", false
}

// errorBody writes an error in the shape of the knob. Validation lists have one
// shape only: that one has been seen.
func (k Knobs) errorBody(e *apiError) map[string]any {
	code := e.code
	if code == codeBalance {
		code = k.BalanceCode
	}
	if e.problems != nil {
		return map[string]any{"code": code, "detail": e.problems}
	}
	if k.ErrorShape == errorMessage || k.ErrorShape == errorError {
		body := map[string]any{"code": code, k.ErrorShape: e.message}
		maps.Copy(body, e.facts)
		return body
	}
	if k.ErrorShape == errorDetail && e.facts == nil {
		return map[string]any{"code": code, "detail": e.message}
	}
	detail := map[string]any{"message": e.message}
	maps.Copy(detail, e.facts)
	return map[string]any{"code": code, "detail": detail}
}
