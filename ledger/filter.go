package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"foxflow/internal/store"
	"foxflow/order"
)

// searches says whether the filter asks for what only the orders themselves tell, not
// the columns of their rows.
func (f Filter) searches() bool { return f.Product != "" || f.Text != "" }

func (f Filter) fits(s order.Status) bool {
	ofProduct := func(it order.ItemStatus) bool { return it.ItemID == f.Product }
	if f.Product != "" && !slices.ContainsFunc(s.Items, ofProduct) {
		return false
	}
	return f.Text == "" || slices.ContainsFunc(searched(s), func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(f.Text))
	})
}

// searched are the texts of an order in which a person may look for something.
func searched(s order.Status) []string {
	texts := []string{s.Reference}
	if s.OrderID != nil {
		texts = append(texts, *s.OrderID)
	}
	if s.Error != nil {
		texts = append(texts, s.Error.Code, s.Error.Message)
	}
	for _, it := range s.Items {
		texts = append(texts, it.ItemID)
		if it.Error != nil {
			texts = append(texts, *it.Error)
		}
	}
	return texts
}

// Count is how many orders of one UTC day are alike in what is counted.
type Count struct {
	Day      string // 2026-11-24, by when they were placed
	State    order.State
	Mock     bool
	Price    string // of each; empty: not known
	Currency string
	Orders   int
}

// EachCount visits the counts of the orders placed at since or later (zero: all), the
// newest day first. The ledger is not to be used while it visits.
func (l Orders) EachCount(ctx context.Context, since time.Time, visit func(Count)) error {
	rows, err := l.store.Reads().QueryContext(ctx, `SELECT substr(started_at, 1, 10), state, mock, COALESCE(price, ''), COALESCE(currency, ''), COUNT(*)
		FROM orders WHERE started_at >= $1
		GROUP BY substr(started_at, 1, 10), state, mock, COALESCE(price, ''), COALESCE(currency, '')
		ORDER BY 1 DESC`, store.Stamp(since))
	if err != nil {
		return fmt.Errorf("count orders: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Count
		if err := rows.Scan(&c.Day, &c.State, &c.Mock, &c.Price, &c.Currency, &c.Orders); err != nil {
			return fmt.Errorf("count orders: %w", err)
		}
		visit(c)
	}
	return rows.Err()
}
