package activities

import (
	"context"
	"fmt"
	"iter"
	"time"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
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
	// Since is when this process opened the ledger. An order that was to be paid before that
	// is looked at first: the ledger may be one put back from a backup.
	Since time.Time
	// Polled is told of each look at an order whose end is waited for; nil: nobody is.
	Polled func(Polled)
	// Watch is told that an order is registered in the ledger to be looked at (package watch).
	// Where it is nil nobody looks for others: PollStatus looks by itself, attempt by attempt,
	// which is enough for tests of workflows.
	Watch func()
}

// Step is what every activity is told of the order it works on.
type Step struct {
	life.Terms
	Facts life.Facts `json:"facts"`
	// Seq numbers the step: a later one has the higher number, over all runs of the order.
	Seq int `json:"seq"`
	// Chain is the run whose steps these are, where that is not the run itself.
	Chain string `json:"chain,omitempty"`
	// Answer says that somebody waits for the answer: a refusal is one, even where the
	// order waits out the same already. Otherwise that refusal is waited out.
	Answer bool `json:"answer,omitempty"`
}

func (s Step) reference() string { return s.Request.Reference }

func (s Step) orderID() string { return s.Facts.Order.ID }

// blockedBy says whether the order waits out a refusal of one of the classes.
func (s Step) blockedBy(classes ...foxreload.Class) bool {
	for _, class := range classes {
		if s.Facts.Blocker != nil && s.Facts.Blocker.Class == class && !s.Answer {
			return true
		}
	}
	return false
}

// Outcome is what an activity saw of the order; Seen is nil where the time was up
// without any news.
type Outcome struct {
	Seen *life.Sighting `json:"seen,omitempty"`
	// Recorded is the state that follows from it, where that is new and on the audit log.
	Recorded order.State `json:"recorded,omitempty"`
	// Names are the products' names, by id, as far as they are known by now.
	Names map[string]string `json:"names,omitempty"`
	// Doubt says that nothing was seen or put on record, and which order of the reference it
	// is a request to pay which may have gone through, for all that the ledger knows: the
	// workflow does not know of that yet.
	Doubt *life.Doubted `json:"doubt,omitempty"`
}

// IdempotencyKey names the create of a reference's order (replacement 0) or of
// one of its replacements. It depends on nothing but what the ledger remembers,
// above all on no run id: a reset must not change it. fresh counts how often a
// person decided to create anew beside an order that can't be found.
func IdempotencyKey(reference string, replacement, fresh int) string {
	name := fmt.Sprintf("%s/%d", order.EncodedReference(reference), replacement) // a reference may hold a slash
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

// mostSteps is the room that a step has for what its attempts put on record.
const mostSteps = 1 << 20

// stepOf orders what the attempts at steps put on record: a later attempt at the same step
// comes after an earlier one. Before the state that it ends with, an attempt may put one on
// record in passing (inPassing).
func stepOf(ctx context.Context, seq int) int {
	return seq*mostSteps + min(2*attempts(ctx)+1, mostSteps-1)
}

// inPassing is the step of what is put on record while the attempt at step goes on.
func inPassing(step int) int { return step - 1 }
