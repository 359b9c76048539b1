package balance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
	"foxflow/order"
)

// Need is what an order that waits for a top-up needs.
type Need struct {
	Reference, WorkflowID string
	OrderID               string           // its FoxReload order, which may have ended unpaid; empty: none
	Amount                *decimal.Decimal // nil: its price is not known
	Currency              string           // lower case; empty: not known
	Window                *time.Time       // when its payment window ends, or ended; nil: not known
	PlacedAt              time.Time
}

// Waiting is the orders that wait for a top-up, in the order in which money is given
// out: the soonest payment window first, those without one last, the oldest first
// where nothing else decides. A window that is over stays in its place: its order was
// placed before those whose windows are open. Mock orders need no money and are not
// among them.
func (a *Account) Waiting(ctx context.Context) ([]Need, error) {
	rows, err := a.store.Reads().QueryContext(ctx, `SELECT snapshot FROM orders WHERE state = $1 AND mock = $2`, order.AwaitingTopUp, false)
	if err != nil {
		return nil, fmt.Errorf("read who waits: %w", err)
	}
	defer rows.Close()
	var needs []Need
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read who waits: %w", err)
		}
		var s order.Status
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return nil, fmt.Errorf("read who waits: snapshot is not whole: %w", err)
		}
		needs = append(needs, needOf(s))
	}
	slices.SortFunc(needs, soonest)
	return needs, rows.Err()
}

func needOf(s order.Status) Need {
	n := Need{Reference: s.Reference, WorkflowID: s.WorkflowID, Window: s.PaymentExpiresAt, PlacedAt: s.StartedAt}
	n.Amount, n.Currency = s.Cost()
	if s.OrderID != nil {
		n.OrderID = *s.OrderID
	}
	return n
}

func soonest(a, b Need) int {
	switch {
	case a.Window != nil && b.Window == nil:
		return -1
	case a.Window == nil && b.Window != nil:
		return 1
	case a.Window != nil && !a.Window.Equal(*b.Window):
		return a.Window.Compare(*b.Window)
	}
	return cmp.Or(a.PlacedAt.Compare(b.PlacedAt), cmp.Compare(a.Reference, b.Reference))
}

// othersWait says whether any order but this one waits for a top-up.
func othersWait(ctx context.Context, from store.Querier, reference string) (wait bool, err error) {
	err = from.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM orders WHERE state = $1 AND mock = $2 AND reference <> $3)`,
		order.AwaitingTopUp, false, reference).Scan(&wait)
	return wait, err
}
