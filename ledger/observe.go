package ledger

import (
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
	"foxflow/order"
)

// Observer is told what the ledger does, after it has been done. It must not take
// long, and must not use the ledger: whoever called waits for it.
type Observer interface {
	// Took is told how long an operation took, waiting for other writers included,
	// whether it succeeded or not. There is one operation for each of the ledger's
	// methods that say so.
	Took(operation string, d time.Duration)
	// Entered is told of each state that an order entered, once.
	Entered(Transition)
}

// Transition is an order's way from one state to the next.
type Transition struct {
	From  order.State   // "": To is its first
	Spent time.Duration // in From
	To    order.State
	Mock  bool
	// Paid says that this is the first that was seen of the order's being paid.
	Paid     bool
	Amount   *decimal.Decimal // nil: the price is not known
	Currency string           // lower case; empty: not known
}

// Observe has an observer told from now on. Call it before the ledger is used.
func (l *Ledger) Observe(o Observer) { l.observer, l.store.Took = o, o.Took }

func (b *book) entered(s *Transition) {
	if b.observer != nil && s != nil {
		b.observer.Entered(*s)
	}
}

// transition describes the state entry that is about to be written.
func (l Orders) transition(e Entry, s order.Status, have walked) (*Transition, error) {
	if l.observer == nil {
		return nil, nil
	}
	t := &Transition{From: have.last, To: e.State, Mock: s.Mock, Paid: e.State.ReportedPaid() && !have.paid}
	t.Amount, t.Currency = s.Cost()
	if have.last == "" {
		return t, nil
	}
	since, err := store.ParseStamp(have.since)
	t.Spent = max(0, l.store.Clock.At(e.At).Sub(since))
	return t, err
}
