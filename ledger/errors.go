package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/order"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrNotFound: the ledger knows no such reference.
	ErrNotFound = errors.New("reference is not in the ledger")
	// ErrInUse: the reference has a history and can't be withdrawn.
	ErrInUse = errors.New("reference is in use")
	// ErrPaused: payments are switched off.
	ErrPaused = errors.New("payments are paused")
	// ErrNoKeyset: the ledger was opened without a keyset, and this needs one.
	ErrNoKeyset = errors.New("the ledger was opened without a keyset: set FOXFLOW_KEYSET or FOXFLOW_KEYSET_FILE")
)

// LimitError: the payment would exceed the most that may be paid in a day.
type LimitError struct {
	Currency string
	// Limit and Paid are of the whole UTC day; Amount was refused, nil when it is not
	// known.
	Limit, Paid decimal.Decimal
	Amount      *decimal.Decimal
	// Until is when the day ends, on the ledger's clock.
	Until time.Time
}

func (e *LimitError) Error() string {
	if e.Amount == nil {
		return fmt.Sprintf("what the order costs is not known, so it can't be counted towards the daily limit of %s %s", e.Limit, e.Currency)
	}
	return fmt.Sprintf("the order costs %s %s; %s of the daily limit of %s are spent", e.Amount, e.Currency, e.Paid, e.Limit)
}

// ConflictError: the reference is on record with other content. Differences are
// fit to be shown.
type ConflictError struct {
	Reference   string
	Differences []order.Difference
}

func (e *ConflictError) Error() string {
	fields := make([]string, len(e.Differences))
	for i, d := range e.Differences {
		fields[i] = d.Field
	}
	return fmt.Sprintf("begin order %s: it is on record with other content (%s)", e.Reference, strings.Join(fields, ", "))
}

// PinnedError: a pin was refused because another one stands in its way.
type PinnedError struct {
	// Reference, Replacement and OrderID are the pin on record.
	Reference   string
	Replacement int
	OrderID     string
	// The pin that was refused.
	WantReference   string
	WantReplacement int
	WantOrderID     string
}

func (e *PinnedError) Error() string {
	asked := fmt.Sprintf("pin order %s (%s, replacement %d)", e.WantOrderID, e.WantReference, e.WantReplacement)
	if e.OrderID == e.WantOrderID {
		return fmt.Sprintf("%s: it belongs to %s, replacement %d", asked, e.Reference, e.Replacement)
	}
	return fmt.Sprintf("%s: order %s is pinned there", asked, e.OrderID)
}

// NotPinnedError: the order id was never pinned to the reference, so it must not
// be paid for it.
type NotPinnedError struct{ Reference, OrderID string }

func (e *NotPinnedError) Error() string {
	return fmt.Sprintf("pay order %s (%s): it is not pinned to this reference", e.OrderID, e.Reference)
}

// OtherPaymentError: another order of the reference may have been paid.
type OtherPaymentError struct {
	Reference string
	// OrderID has the intent that stands; WantOrderID was refused.
	OrderID, WantOrderID string
}

func (e *OtherPaymentError) Error() string {
	return fmt.Sprintf("pay order %s (%s): order %s of the same reference may have been paid", e.WantOrderID, e.Reference, e.OrderID)
}

// EndedError: the order is at its end on record, so nothing is paid for it.
type EndedError struct {
	Reference string
	State     order.State
}

func (e *EndedError) Error() string {
	return fmt.Sprintf("pay order of %s: it has ended: %s", e.Reference, e.State)
}

// OvertakenError: the entry is of an attempt, or of a run of the order's workflow, that a
// later one has overtaken: State is what the order is on record as.
type OvertakenError struct {
	Reference string
	State     order.State
}

func (e *OvertakenError) Error() string {
	return fmt.Sprintf("order %s: a later attempt has overtaken this one; it is on record as %s", e.Reference, e.State)
}

// AheadError: the entry's own run has put a state on record, State, that the entry's can't
// follow: by an attempt whose outcome its workflow has not heard of.
type AheadError struct {
	Reference string
	State     order.State
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("order %s: its workflow does not know yet that it is on record as %s", e.Reference, e.State)
}

// PaymentInDoubtError: an attempt to pay an order of the reference may have gone through,
// so it can't be said that nothing was paid.
type PaymentInDoubtError struct {
	Reference string
	Doubted
}

func (e *PaymentInDoubtError) Error() string {
	return fmt.Sprintf("end order %s: a payment of order %s was sent, and what became of it is not known", e.Reference, e.OrderID)
}

// PaymentInFlightError: the request of another attempt to pay the order may still
// be on its way.
type PaymentInFlightError struct {
	Reference, OrderID string
	Until              time.Time     // on the ledger's clock
	For                time.Duration // from now until then
}

func (e *PaymentInFlightError) Error() string {
	return fmt.Sprintf("pay order %s (%s): another attempt may be in flight for %s", e.OrderID, e.Reference, e.For.Round(time.Millisecond))
}

// KeyReusedError: an intent's key is on record for another order, so writing it
// would leave a payment without an entry.
type KeyReusedError struct{ Reference, Key, OrderID, WantOrderID string }

func (e *KeyReusedError) Error() string {
	return fmt.Sprintf("pay order %s (%s): audit key %s is taken by order %q", e.WantOrderID, e.Reference, e.Key, e.OrderID)
}

// BrokenChainError: the audit log was tampered with. Seq is the first bad or
// missing entry of the reference. Without a Reference the break concerns the
// ledger as a whole, and Seq counts the entries of all references.
type BrokenChainError struct {
	Reference string
	Seq       int64
	Problem   string
}

func (e *BrokenChainError) Error() string {
	if e.Reference == "" {
		return fmt.Sprintf("verify ledger: entry %d of all: %s", e.Seq, e.Problem)
	}
	return fmt.Sprintf("verify audit log %s: entry %d: %s", e.Reference, e.Seq, e.Problem)
}
