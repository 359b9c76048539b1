package order

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Status is how an order stands: the JSON that "starter status" prints and the
// workflow's status query answers. Money is a decimal string, time is UTC. It
// holds no code and no note value.
type Status struct {
	Reference        string       `json:"reference"`
	WorkflowID       string       `json:"workflowId"`
	OrderID          *string      `json:"orderId"`
	State            State        `json:"state"`
	CancelReason     *string      `json:"cancelReason"`
	WaitingFor       *string      `json:"waitingFor"`
	WaitingForCode   *Wait        `json:"waitingForCode"`
	Mock             bool         `json:"mock"`
	Price            *string      `json:"price"`
	Currency         *string      `json:"currency"`
	PaymentExpiresAt *time.Time   `json:"paymentExpiresAt"`
	PaymentURL       *string      `json:"paymentUrl"`
	Replacements     int          `json:"replacements"`
	Items            []ItemStatus `json:"items"`
	Error            *Error       `json:"error"`
	// PaymentInDoubt says that a payment was sent and its outcome is not known: nothing
	// may be concluded from that it can't be seen.
	PaymentInDoubt bool `json:"paymentInDoubt,omitempty"`
	// Turn is when a queued order's turn comes; nil: it is not queued, or nobody worked it
	// out. It is no part of what is on record.
	Turn      *Turn     `json:"turn,omitempty"`
	StartedAt time.Time `json:"startedAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// ItemStatus is one item of an order; Codes counts the codes in the vault, Missing the
// codes that a completed order should have delivered and did not.
type ItemStatus struct {
	ItemID   string  `json:"itemId"`
	Quantity int64   `json:"quantity"`
	Codes    int     `json:"codes"`
	Missing  int     `json:"missing"`
	Error    *string `json:"error"`
}

// Turn is when the turn of a queued order comes, as things stand.
type Turn struct {
	Before       int   `json:"before"`       // orders that are before it
	AboutSeconds int64 `json:"aboutSeconds"` // how long that takes at the request budget, about
	// Held is what all orders of its kind wait for before their turns come: WaitTopUp or
	// WaitResume; empty: nothing.
	Held Wait `json:"held,omitempty"`
}

// Error is what ended or holds an order as a whole: the API's code, or one of
// ours, and words for a person.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// WorkflowID is the id of the workflow that carries the order of a reference.
func WorkflowID(reference string) string { return "order/" + EncodedReference(reference) }

// NewStatus is how an order stands before anything has happened to it.
func NewStatus(r Request, startedAt time.Time) Status {
	startedAt = startedAt.UTC()
	s := Status{Reference: r.Reference, WorkflowID: WorkflowID(r.Reference), State: Creating, Mock: r.Mock,
		StartedAt: startedAt, UpdatedAt: startedAt, Items: make([]ItemStatus, 0, len(r.Items))}
	for _, it := range r.Items {
		s.Items = append(s.Items, ItemStatus{ItemID: it.ItemID, Quantity: it.Quantity})
	}
	return s
}

// Amount is the order's price as a number, and whether it is known.
func (s Status) Amount() (decimal.Decimal, bool) {
	if s.Price == nil {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(*s.Price)
	return d, err == nil
}

// Cost is what the order costs, as far as that is known: nil without a price, and the
// currency in lower case, empty without one.
func (s Status) Cost() (amount *decimal.Decimal, currency string) {
	if price, known := s.Amount(); known {
		amount = &price
	}
	if s.Currency != nil {
		currency = strings.ToLower(*s.Currency)
	}
	return amount, currency
}

// Codes counts the codes of the order that are in the vault.
func (s Status) Codes() int {
	codes := 0
	for _, it := range s.Items {
		codes += it.Codes
	}
	return codes
}

// Missing counts the codes that a completed order should have delivered and did not.
func (s Status) Missing() int {
	missing := 0
	for _, it := range s.Items {
		missing += it.Missing
	}
	return missing
}
