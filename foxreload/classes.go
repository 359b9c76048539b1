package foxreload

import (
	"errors"
	"math"
	"net/http"
	"slices"
)

// Class says what a failed call means for the caller.
type Class string

const (
	ClassFinal        Class = "final"           // the request is wrong; repeating it is useless
	ClassPassing      Class = "passing"         // surely not carried out (or only read): back off and repeat
	ClassBalance      Class = "balance"         // the balance is too low: wait for a top-up
	ClassNotPayable   Class = "not_payable"     // paid, expired or ended already: get the order and decide
	ClassExists       Class = "exists"          // the idempotency key was used: find that order
	ClassPrice        Class = "price"           // the price guard did not hold
	ClassUnauthorised Class = "unauthorised"    // the key or the allowlist: an operator's to mend
	ClassMisdirected  Class = "misdirected"     // a redirect that must not be followed: the base URL is wrong
	ClassNotFound     Class = "not_found"       // unknown product or order; just after creating it: repeat briefly
	ClassUnknown      Class = "unknown_outcome" // it may have been carried out: look before deciding
	ClassThrottled    Class = "held"            // not sent: the request budget is spent

	// ClassForeign is a refusal that is not in the API's form: a proxy's page, or a
	// wrong base URL. It says only that somebody answered. Nothing follows from it
	// about the request, the key, the order or the money, for a read as for a write:
	// look before deciding, back off and repeat. When it lasts, an operator has to
	// mend the address.
	ClassForeign Class = "foreign"
)

// Classes lists all of them.
func Classes() []Class {
	return []Class{ClassFinal, ClassPassing, ClassBalance, ClassNotPayable, ClassExists, ClassPrice, ClassUnauthorised,
		ClassMisdirected, ClassNotFound, ClassUnknown, ClassForeign, ClassThrottled}
}

// Codes that the API is known to answer with, in its own spelling.
const (
	CodeBalanceNotEnough   = "BALANCE_NOT_ENOUGH"
	CodeAlreadyExists      = "ORDER_ALREADY_EXISTS"
	CodePriceNotMatched    = "OFFER_PRICE_NOT_MATCHED"
	CodePaymentNotPossible = "ORDER_PAYMENT_NOT_POSSIBLE"
	CodeNotFound           = "NOT_FOUND"
)

// classByCode decides first, once it is the API that answers. The HTTP status that comes with a code is
// unpublished, so the code is what can be trusted. Keys are folded: the same
// code was seen as BalanceNotEnough and as BALANCE_NOT_ENOUGH.
var classByCode = map[string]Class{
	fold(CodeBalanceNotEnough):   ClassBalance,
	fold(CodeAlreadyExists):      ClassExists,
	fold(CodePriceNotMatched):    ClassPrice,
	fold(CodePaymentNotPossible): ClassNotPayable,
	fold(CodeNotFound):           ClassNotFound,
}

// classByStatus decides where the code says nothing; the first row that holds
// the status counts. A read can always be repeated. A write whose answer is a
// server's failure, a time-out or unreadable may have been carried out.
var classByStatus = []statusRow{
	{200, 299, anyone, ClassPassing, ClassUnknown}, // an answer that nobody could read
	{300, 399, anyone, ClassMisdirected, ClassMisdirected},
	{401, 401, theAPI, ClassUnauthorised, ClassUnauthorised},
	{403, 403, theAPI, ClassUnauthorised, ClassUnauthorised},
	{404, 404, theAPI, ClassNotFound, ClassNotFound},
	{408, 408, anyone, ClassPassing, ClassUnknown},
	{425, 425, anyone, ClassPassing, ClassPassing},
	{429, 429, anyone, ClassPassing, ClassPassing},
	{400, 499, theAPI, ClassFinal, ClassFinal},
	{500, 599, anyone, ClassPassing, ClassUnknown},
	{0, math.MaxInt, anyone, ClassPassing, ClassUnknown},
}

type statusRow struct {
	from, to    int
	speaker     speaker
	read, write Class
}

// speaker is who must have given an answer for its status to mean anything. Where
// only the API counts, an answer that is not in its form is ClassForeign.
type speaker int

const (
	anyone speaker = iota
	theAPI
)

func knownCode(code string) bool {
	_, known := classByCode[fold(code)]
	return known
}

// classify says what an answer means: by who gave it, then by its code, then by
// its status.
func classify(method string, status int, code string, from speaker) Class {
	row := slices.IndexFunc(classByStatus, func(row statusRow) bool { return row.from <= status && status <= row.to })
	if classByStatus[row].speaker == theAPI && from != theAPI {
		return ClassForeign
	}
	class, known := classByCode[fold(code)]
	// "Not found" is the one code too general to outrank a refused key: the
	// thing that was not found may be the key itself.
	if known && from == theAPI && !(class == ClassNotFound && (status == http.StatusUnauthorized || status == http.StatusForbidden)) {
		return class
	}
	return pick(method, classByStatus[row].read, classByStatus[row].write)
}

// classOfLost says what it means that no answer came. What surely never left
// can be repeated, whatever it was.
func classOfLost(method string, maybeSent bool) Class {
	if !maybeSent {
		return ClassPassing
	}
	return pick(method, ClassPassing, ClassUnknown)
}

func pick(method string, read, write Class) Class {
	if method == http.MethodGet {
		return read
	}
	return write
}

// ClassOf finds the class of an error that a call returned, however it was
// wrapped. An error that is not this package's says nothing about what was
// carried out, so it is an unknown outcome. The class of nil is "".
func ClassOf(err error) Class {
	var failure *Error
	var throttled *ThrottledError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failure):
		return failure.Class
	case errors.As(err, &throttled):
		return ClassThrottled
	default:
		return ClassUnknown
	}
}
