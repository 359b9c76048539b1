package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/shopspring/decimal"

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
	Entered(Step)
}

// Step is an order's way from one state to the next.
type Step struct {
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
func (l *Ledger) Observe(o Observer) { l.observer = o }

// timed measures an operation: defer l.timed("record")().
func (l *Ledger) timed(operation string) func() {
	if l.observer == nil {
		return func() {}
	}
	began := time.Now()
	return func() { l.observer.Took(operation, time.Since(began)) }
}

func (l *Ledger) entered(s *Step) {
	if l.observer != nil && s != nil {
		l.observer.Entered(*s)
	}
}

// paidStates are those that FoxReload reports of a paid order alone.
var paidStates = map[order.State]bool{order.Paid: true, order.Processing: true, order.Completed: true}

// step describes the state entry that is about to be written.
func (l *Ledger) step(ctx context.Context, tx *sql.Tx, e Entry, s order.Status, from order.State) (*Step, error) {
	if l.observer == nil {
		return nil, nil
	}
	step := &Step{From: from, To: e.State, Mock: s.Mock, Currency: needOf(s).Currency, Amount: needOf(s).Amount}
	if from != "" {
		var text string
		if err := tx.QueryRowContext(ctx, `SELECT at FROM audit WHERE reference = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1`,
			e.Reference, KindState).Scan(&text); err != nil {
			return nil, err
		}
		since, err := parseStamp(text)
		if err != nil {
			return nil, err
		}
		step.Spent = max(0, l.at(e.At).Sub(since))
	}
	if !paidStates[e.State] {
		return step, nil
	}
	var before bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit WHERE reference = $1 AND kind = $2 AND order_id = $3 AND state IN ($4, $5, $6))`,
		e.Reference, KindState, e.OrderID, order.Paid, order.Processing, order.Completed).Scan(&before)
	step.Paid = !before
	return step, err
}
