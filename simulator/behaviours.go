package simulator

import (
	"slices"
	"strings"
	"time"
)

// Behaviour is something out of the ordinary that an order does on demand. It is
// asked for by a note value that is the name or begins with the name and a dash
// (player_id=fail-7), or by the quantity of the practice voucher. The first item
// that asks for one decides for the whole order.
type Behaviour struct {
	Name     string
	Quantity int64 // of VoucherID
	Effect   string

	stages     []stage
	pay        payRule
	shape      codeShape
	unpaid     unpaidLife
	needsCodes bool // deliver one even where the product delivers none
	window     bool // the payment window is short-window
}

// stage is one step of a fulfilment, counted from the one before it; the first
// is the moment of payment.
type stage struct {
	after   delay
	status  string
	codes   portion
	reason  string
	failure string
}

// portion is how much of a delivery has come.
type portion int

const (
	codesNone portion = iota
	codesHalf         // rounded up
	codesButOne
	codesAll
)

// payRule is what a pay does.
type payRule int

const (
	payNormally   payRule = iota
	payLowKeep            // refused until money comes in; the order stays active
	payLowCancel          // refused until money comes in; the order is cancelled
	payNever              // refused as not possible; the order stays active
	payNeverTwice         // the same, twice
	payRefused            // refused as the knob pay-refusal says; the order stays active
	payRefusedTwice
)

// codeShape is how delivered codes are written.
type codeShape int

const (
	shapeUsual   codeShape = iota // an array of what the product delivers
	shapeObjects                  // an array of objects
	shapeBare                     // the code itself instead of an array
	shapeMixed                    // strings, objects and a null in one array
	shapeNumbers                  // an array of JSON numbers
	shapeEmpty                    // an empty array
	shapeNull                     // null
	shapeObject                   // an object instead of an array
	shapeEncoded                  // a string that holds the array as JSON
	shapeMissing                  // no such field
	shapeJSON                     // strings that read like JSON
)

const supplierError = "SUPPLIER_ERROR: the supplier could not fulfil this item"

// ordinary is what an order does when nothing else was asked for.
var ordinary = Behaviour{Name: "ordinary", Effect: "paid, processing, completed with every code", stages: delivery}

var delivery = []stage{
	{after: atOnce, status: statusPaid},
	{after: pickup, status: statusProcessing},
	{after: supply, status: statusCompleted, codes: codesAll},
}

// endsIn is a fulfilment that reaches processing and then ends otherwise.
func endsIn(end stage) []stage { return append(slices.Clone(delivery[:2]), end) }

var behaviourTable = []Behaviour{
	{Name: "fail", Quantity: 101, Effect: "`failed` after `processing`; `items[].error` says why; no codes",
		stages: endsIn(stage{after: supply, status: statusFailed, failure: supplierError})},
	{Name: "fail-at-once", Quantity: 102, Effect: "`failed` straight after `paid`",
		stages: []stage{delivery[0], {after: pickup, status: statusFailed, failure: supplierError}}},
	{Name: "partial", Quantity: 103, Effect: "half of the codes (rounded up) arrive, then `failed`",
		stages: endsIn(stage{after: supply, status: statusFailed, codes: codesHalf, failure: supplierError}), needsCodes: true},
	{Name: "supplier-cancel", Quantity: 104, Effect: "`cancelled` after `processing`, without a reason; the money stays spent",
		stages: endsIn(stage{after: supply, status: statusCancelled})},
	{Name: "user-cancel", Quantity: 105, Effect: "`cancelled` (`user_request`) after `processing`, as if from the dashboard",
		stages: endsIn(stage{after: supply, status: statusCancelled, reason: reasonUserRequest})},
	{Name: "slow", Quantity: 106, Effect: "`processing` for 10 minutes, then `completed`",
		stages: endsIn(stage{after: fixed(10 * time.Minute), status: statusCompleted, codes: codesAll})},
	{Name: "stuck", Quantity: 107, Effect: "`processing` for ever (the admin API can move it)",
		stages: delivery[:2]},
	{Name: "early-codes", Quantity: 108, Effect: "half of the codes are there while still `processing`; then `completed`", needsCodes: true,
		stages: []stage{delivery[0], {after: pickup, status: statusProcessing, codes: codesHalf}, delivery[2]}},
	{Name: "skip", Quantity: 109, Effect: "`active` to `completed` at once",
		stages: []stage{{after: atOnce, status: statusCompleted, codes: codesAll}}},
	{Name: "skip-processing", Quantity: 110, Effect: "`paid` to `completed`",
		stages: []stage{delivery[0], {after: supply, status: statusCompleted, codes: codesAll}}},
	{Name: "unknown-status", Quantity: 111, Effect: "passes through `supplier_review`, a status nobody knows, before `processing`",
		stages: []stage{delivery[0], {after: pickup, status: "supplier_review"}, {after: pickup, status: statusProcessing}, delivery[2]}},
	{Name: "object-codes", Quantity: 112, Effect: "codes are objects `{\"code\":…,\"pin\":…}`", stages: delivery, shape: shapeObjects, needsCodes: true},
	{Name: "bare-code", Quantity: 113, Effect: "`externalData` is the code itself, not an array (the first code only)", stages: delivery, shape: shapeBare, needsCodes: true},
	{Name: "mixed-codes", Quantity: 114, Effect: "one array of strings and objects, and a null among them", stages: delivery, shape: shapeMixed, needsCodes: true},
	{Name: "number-codes", Quantity: 115, Effect: "codes are JSON numbers of 19 digits", stages: delivery, shape: shapeNumbers, needsCodes: true},
	{Name: "empty-codes", Quantity: 116, Effect: "`completed` with an empty `externalData`", stages: delivery, shape: shapeEmpty},
	{Name: "null-codes", Quantity: 117, Effect: "`completed` with `externalData` null", stages: delivery, shape: shapeNull},
	{Name: "low-keep", Quantity: 118, Effect: "pay answers `BalanceNotEnough`, however much there is, until money comes in; the order stays `active`",
		stages: delivery, pay: payLowKeep},
	{Name: "low-cancel", Quantity: 119, Effect: "the same, but each refused order is `cancelled` (`payment_failure`); one created after the money came is paid",
		stages: delivery, pay: payLowCancel},
	{Name: "not-payable", Quantity: 120, Effect: "pay answers `ORDER_PAYMENT_NOT_POSSIBLE` and the order stays `active`", stages: delivery, pay: payNever},
	{Name: "short-window", Quantity: 121, Effect: "the payment window is `--short-window` long", stages: delivery, window: true},
	{Name: "bare-object", Quantity: 122, Effect: "`externalData` is one object `{\"code\":…,\"pin\":…}`, not an array (the first code only)", stages: delivery, shape: shapeObject, needsCodes: true},
	{Name: "encoded-codes", Quantity: 123, Effect: "`externalData` is a string that holds the array as JSON", stages: delivery, shape: shapeEncoded, needsCodes: true},
	{Name: "missing-codes", Quantity: 124, Effect: "items never have a field `externalData`", stages: delivery, shape: shapeMissing},
	{Name: "pay-refused", Quantity: 125, Effect: "every pay is refused as `pay-refusal` says; the order stays `active`", stages: delivery, pay: payRefused},
	{Name: "pay-refused-twice", Quantity: 126, Effect: "the same for two pays; the next is taken", stages: delivery, pay: payRefusedTwice},
	{Name: "not-payable-twice", Quantity: 127, Effect: "two pays answer `ORDER_PAYMENT_NOT_POSSIBLE` though the order is `active`; the next is taken",
		stages: delivery, pay: payNeverTwice},
	{Name: "late-codes", Quantity: 128, Effect: "`completed` without a code; they appear `late-codes-after` later", needsCodes: true,
		stages: completedThen(codesNone, codesCome)},
	{Name: "late-half", Quantity: 129, Effect: "`completed` with half of the codes (rounded up); the rest appears `late-codes-after` later", needsCodes: true,
		stages: completedThen(codesHalf, codesCome)},
	{Name: "short-codes", Quantity: 130, Effect: "`completed` with one code too few, for good", needsCodes: true, stages: completedThen(codesButOne)},
	{Name: "json-codes", Quantity: 131, Effect: "codes are strings that read like JSON: `[1234]`, `null`, `{\"a\":1}`, `1234`", stages: delivery, shape: shapeJSON, needsCodes: true},
	{Name: "on-hold-create", Quantity: 132, Effect: "created as `on_hold`, a status nobody knows, and can't be paid; `active` after `on-hold-for`",
		stages: delivery, unpaid: heldCreated},
	{Name: "on-hold-create-always", Quantity: 133, Effect: "the same for good", stages: delivery, unpaid: heldForGood},
	{Name: "on-hold-unpaid", Quantity: 134, Effect: "`active` in the answer to the create, then `on_hold` for `on-hold-for`; it can be paid all the time",
		stages: delivery, unpaid: heldLater},
	{Name: "on-hold-unpaid-always", Quantity: 135, Effect: "the same until it is paid or expires", stages: delivery, unpaid: heldUntilPaid},
	{Name: "on-hold-paid", Quantity: 136, Effect: "`on_hold` for `on-hold-for` once paid, then `paid` and so on",
		stages: []stage{heldPaid, {after: onHold, status: statusPaid}, delivery[1], delivery[2]}},
	{Name: "on-hold-paid-always", Quantity: 137, Effect: "`on_hold` for good once paid", stages: []stage{heldPaid}},
	{Name: "forgotten", Quantity: 138, Effect: "known to the answer to the create alone: GET, pay and the list find no such order", stages: delivery, unpaid: forgottenForGood},
	{Name: "forgotten-a-while", Quantity: 139, Effect: "the same for `forget-for`", stages: delivery, unpaid: forgottenAWhile},
}

// completedThen is a delivery that is completed with some codes and gets the rest
// later, or never.
func completedThen(first portion, rest ...stage) []stage {
	return append(endsIn(stage{after: supply, status: statusCompleted, codes: first}), rest...)
}

var (
	codesCome = stage{after: lateCodes, status: statusCompleted, codes: codesAll}
	heldPaid  = stage{after: atOnce, status: statusOnHold}
)

// Behaviours lists what an order can do on demand, in the order of the README.
func Behaviours() []Behaviour { return slices.Clone(behaviourTable) }

// behaviourOf finds what the items ask for, and the words that asked: orders
// that ask with different words (low-keep-1, low-keep-2) do not disturb each
// other.
func behaviourOf(items []orderItem) (b Behaviour, trigger string) {
	for _, item := range items {
		for _, key := range sortedKeys(item.Note) {
			if b, found := behaviourNamed(item.Note[key]); found {
				return b, item.Note[key]
			}
		}
		for _, b := range behaviourTable {
			if item.ItemID == VoucherID && item.Quantity == b.Quantity {
				return b, b.Name
			}
		}
	}
	return ordinary, ""
}

// behaviourNamed takes the longest name that fits, so that fail-at-once is not
// fail.
func behaviourNamed(value string) (best Behaviour, found bool) {
	for _, b := range behaviourTable {
		if (value == b.Name || strings.HasPrefix(value, b.Name+"-")) && len(b.Name) > len(best.Name) {
			best, found = b, true
		}
	}
	return best, found
}

// recall finds an order's behaviour by the name it was created with.
func recall(name string) Behaviour {
	for _, b := range behaviourTable {
		if b.Name == name {
			return b
		}
	}
	return ordinary
}
