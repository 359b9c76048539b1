package activities

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// API is the part of FoxReload that an order needs; *foxreload.Client is one.
type API interface {
	CreateOrder(context.Context, foxreload.CreateRequest) (foxreload.Order, error)
	PayOrder(ctx context.Context, orderID string, r foxreload.PayRequest) (foxreload.Payment, error)
	GetOrder(ctx context.Context, orderID string) (foxreload.Order, error)
	Product(ctx context.Context, id string) (foxreload.Product, error)
	ListOrders(context.Context, foxreload.OrderFilter) iter.Seq2[foxreload.Order, error]
}

// Activities are the side effects with what they need to have them.
type Activities struct {
	API    API
	Ledger *ledger.Ledger
	// Money is what top-ups call.
	Money Money
	// Now is the clock: time.Now, or virtual time in tests.
	Now func() time.Time
	// IdempotencyKeys says whether creates carry the idempotencyKey field
	// (FOXRELOAD_IDEMPOTENCY_KEY).
	IdempotencyKeys bool
	// DailyLimit is the most that may be paid in a UTC day, by currency (lower case).
	DailyLimit map[string]decimal.Decimal
	// Currency is the one that FoxReload was told to answer in: that of a price whose
	// currency is not said. Empty: not known.
	Currency string
	// PayTakes is the longest that one pay, or one request for a top-up, can take, from
	// when it goes on record, as it leaves, to its answer or time-out.
	PayTakes time.Duration
	// Polled is told of each look at an order whose end is waited for; nil: nobody is.
	Polled func(Polled)
}

// Step is what every activity is told of the order it works on.
type Step struct {
	Request order.Request `json:"request"`
	// Status is how the order stands as the workflow knows it.
	Status order.Status `json:"status"`
	// Seq numbers the next state entry of the audit log.
	Seq int `json:"seq"`
	// Held, when set, says that the order already waits because of a refusal of
	// this class: while it stays the same, look again every HoldEvery until
	// HoldUntil (zero: without end) instead of answering.
	Held      foxreload.Class `json:"held,omitempty"`
	HoldEvery time.Duration   `json:"holdEvery,omitempty"`
	HoldUntil time.Time       `json:"holdUntil,omitzero"`
}

func (s Step) reference() string { return s.Request.Reference }

func (s Step) orderID() string {
	if s.Status.OrderID == nil {
		return ""
	}
	return *s.Status.OrderID
}

// Outcome is what an activity saw of the order.
type Outcome struct {
	Status order.Status `json:"status"`
	// Recorded says that Status.State is new and already on the audit log.
	Recorded bool `json:"recorded,omitempty"`
	// Upstream and UpstreamReason are FoxReload's own words for where the order
	// stands; empty when it could not be seen.
	Upstream       foxreload.Status `json:"upstream,omitempty"`
	UpstreamReason string           `json:"upstreamReason,omitempty"`
	// LinkOut says that an external provider was asked for the payment.
	LinkOut bool `json:"linkOut,omitempty"`
	// Names are the products' names, by id, as far as they are known by now.
	Names map[string]string `json:"names,omitempty"`
	// Unchanged says that the time was up before there was any news.
	Unchanged bool      `json:"unchanged,omitempty"`
	SeenAt    time.Time `json:"seenAt,omitzero"`
}

// IdempotencyKey names the create of a reference's order (replacement 0) or of
// one of its replacements. It depends on nothing but what the ledger remembers,
// above all on no run id: a reset must not change it. fresh counts how often a
// person decided to create anew beside an order that can't be found.
func IdempotencyKey(reference string, replacement, fresh int) string {
	name := fmt.Sprintf("%s/%d", reference, replacement)
	if fresh > 0 {
		name += fmt.Sprintf("/%d", fresh)
	}
	return uuid.NewSHA1(keySpace, []byte(name)).String()
}

var keySpace = uuid.MustParse("5f0e7f62-0c1b-5e0e-9d0a-f0f10f0f10f0")

// stateKey names a state entry: one step of one run of the workflow. A reset makes
// a new run, whose steps are its own.
func stateKey(runID string, seq int, s order.State) string {
	return fmt.Sprintf("%s%d/%s", stateKeys(runID), seq, s)
}

// stateKeys is how all of a run's begin.
func stateKeys(runID string) string { return "state/" + runID + "/" }
