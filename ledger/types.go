package ledger

import (
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/order"
)

// Kind says what an audit entry is about.
type Kind string

const (
	KindState  Kind = "state"  // a state was entered
	KindIntent Kind = "intent" // about to create or pay; written before the call
	KindLook   Kind = "look"   // codes were read: by whom, from where
	KindNote   Kind = "note"   // anything else worth keeping: orphan found, price refused, …
)

// Entry is an audit entry to be written.
type Entry struct {
	Reference string
	// Key makes the entry idempotent: a reference has each key once, and writing
	// it again changes nothing.
	Key  string
	Kind Kind
	// Run is how the keys of all entries begin that the same run of the order's workflow
	// writes; empty: it is no run's.
	Run string
	// Step numbers the attempt at a step: a later one has the higher number, over all runs of
	// the order. A state of an earlier one is not put on record after that of a later one; 0:
	// it has none.
	Step int
	// First says that its run begins with it: a run begins once. Its first task may be carried
	// out by two workers, one of which stood still meanwhile. The order leaves the queue.
	First bool
	// Pin has OrderID pinned to the reference and this number of its replacement before the state
	// is put on record. Whatever answer was being counted, another one has come.
	Pin *int
	// Unpaid says that the state is an end that nothing was paid for: it is not put on
	// record while a payment is in doubt.
	Unpaid bool
	// Recheck says that a person had an order looked at that has ended: it alone puts on
	// record what came of an unresolved one, and renews the row of one that has ended.
	Recheck bool
	// State the order is in; empty: the state it has when the entry is written.
	State   order.State
	Reason  string
	OrderID string // empty: none
	// At is when it happened; zero: now.
	At time.Time
}

// AuditEntry is an audit entry on record: the JSON of "starter audit".
type AuditEntry struct {
	Seq     int64       `json:"seq"` // 1 is a reference's first
	Kind    Kind        `json:"kind"`
	State   order.State `json:"state"`
	Reason  string      `json:"reason"`
	OrderID *string     `json:"orderId"`
	At      time.Time   `json:"at"`
	Hash    string      `json:"hash"` // hex of the keyed chain hash
}

// Filter chooses orders: those that fit all that is set. Limit 0 or less: all.
type Filter struct {
	State order.State
	// Since and Before bound when an order was placed: at Since or later, earlier than
	// Before.
	Since, Before time.Time
	Product       string // a product id that one of its items has
	// Text is looked for, in whatever case, in the reference, the order id, the product
	// ids and the errors. Player data is not searched.
	Text  string
	Limit int
}

// Payment is what is about to be paid. Amount may be nil when the price is not
// known.
type Payment struct {
	Reference, OrderID string
	// Attempt is an id that no other sending has: by it an attempt knows itself.
	Attempt string
	// Step numbers the attempt as Entry's does: one below a step on record does not pay; 0:
	// it has none.
	Step int
	// After is the latest attempt that was known as the order was looked at, empty: none
	// was; nil: nobody looked.
	After    *string
	Mock     bool
	Amount   *decimal.Decimal
	Currency string
	At       time.Time
	// Key of the audit entry; empty: made of the order id.
	Key string
	// State the order is in; empty: the state it has when the intent is written.
	State order.State
	// Limit is the most that may be paid in Currency in the UTC day, on the ledger's clock;
	// nil: no limit.
	Limit *decimal.Decimal
	// InFlight is how long the request may be on its way, at most: no other
	// attempt is begun before that, unless Payments.Land says that it has landed.
	InFlight time.Duration
}

// Landing is what is known of the request of an attempt to pay.
type Landing struct {
	// Spared: it surely was not carried out. It leaves no doubt and is not in flight any
	// more.
	Spared bool
	// Quiet, of one that was not spared, is how long it may still be on its way from At on;
	// 0: it has landed, and what came of it is not known.
	Quiet time.Duration
	At    time.Time // zero: now
}

// Intent is the latest attempt to pay an order; zero: none was ever begun.
type Intent struct {
	Attempt string
	Begun   time.Time // on the ledger's clock
	// Doubts counts the attempts that may have gone through, for all that is known, since
	// DoubtSince.
	Doubts     int
	DoubtSince time.Time
	Voided     bool // the order ended unpaid, surely
}

// Code is a delivered code. Raw is the secret itself, a JSON string or object as
// FoxReload wrote it; a Code prints, formats and marshals as "[code]".
type Code struct {
	// OrderID is filled in by Codes; Store takes the order id beside the list.
	OrderID string
	// ItemIndex is the item of the request that it was delivered for, 0 is the first,
	// wherever an answer shows it; from their number on: an item that nobody asked for.
	ItemIndex int
	ItemID    string
	Raw       json.RawMessage
}
