package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"foxflow/internal/store"
	"foxflow/order"
)

// Status is how an order stood when it was last recorded.
func (l Orders) Status(ctx context.Context, reference string) (order.Status, error) {
	var text string
	var doubt bool
	err := l.store.Reads().QueryRowContext(ctx, `SELECT snapshot, `+doubtNow+` FROM orders WHERE reference = $1`, reference).Scan(&text, &doubt)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	var s order.Status
	if err == nil {
		s, err = parseSnapshot(text)
		s.PaymentInDoubt = s.PaymentInDoubt || doubt
	}
	if err != nil {
		return order.Status{}, fmt.Errorf("read order %s: %w", reference, err)
	}
	return s, nil
}

// doubtNow says whether a payment of an order that is not known to be paid was sent and may
// have gone through: what goes on right now is on record before the order's next state is.
var doubtNow = `(state IN ` + store.List(order.StatesThat(order.State.Unpaid)) + ` AND EXISTS
	(SELECT 1 FROM payments WHERE payments.reference = orders.reference AND voided_at IS NULL AND doubts > 0))`

// List is the orders that the filter chooses, newest first.
func (l Orders) List(ctx context.Context, f Filter) ([]order.Status, error) {
	list := []order.Status{}
	err := l.Each(ctx, f, func(s order.Status) error {
		list = append(list, s)
		return nil
	})
	return list, err
}

// page is how many orders Each reads at a time: between pages no statement is
// open, so visit may take its time and use the ledger.
const page = 200

// Each visits the orders that the filter chooses, newest first, and ends with the
// first error of visit. Orders that begin meanwhile are not visited.
func (l Orders) Each(ctx context.Context, f Filter, visit func(order.Status) error) error {
	for seen, after := 0, (place{}); f.Limit <= 0 || seen < f.Limit; {
		size := page
		if f.Limit > 0 && !f.searches() {
			size = min(page, f.Limit-seen)
		}
		page, last, err := l.readPage(ctx, f, after, size)
		if err != nil {
			return fmt.Errorf("list orders: %w", err)
		}
		for _, s := range page {
			if !f.fits(s) {
				continue
			}
			if err := visit(s); err != nil {
				return err
			}
			if seen++; seen == f.Limit {
				return nil
			}
		}
		if len(page) < size {
			return nil
		}
		after = last
	}
	return nil
}

// place is where a page ended: the order there, by the columns that sort.
type place struct{ startedAt, reference string }

func (l Orders) readPage(ctx context.Context, f Filter, after place, size int) (orders []order.Status, last place, err error) {
	query := `SELECT snapshot, ` + doubtNow + `, started_at, reference FROM orders WHERE 1 = 1`
	var args []any
	add := func(text string, values ...any) {
		args = append(args, values...)
		query += text
	}
	if f.State != "" {
		add(fmt.Sprintf(` AND state = $%d`, len(args)+1), f.State)
	}
	if !f.Since.IsZero() {
		add(fmt.Sprintf(` AND started_at >= $%d`, len(args)+1), store.Stamp(f.Since))
	}
	if !f.Before.IsZero() {
		add(fmt.Sprintf(` AND started_at < $%d`, len(args)+1), store.Stamp(f.Before))
	}
	if after != (place{}) {
		n := len(args)
		// The first condition says nothing new, but lets the index begin there.
		add(fmt.Sprintf(` AND started_at <= $%d AND (started_at < $%d OR reference > $%d)`, n+1, n+2, n+3),
			after.startedAt, after.startedAt, after.reference)
	}
	add(fmt.Sprintf(` ORDER BY started_at DESC, reference LIMIT $%d`, len(args)+1), size)

	rows, err := l.store.Reads().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, place{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var doubt bool
		if err := rows.Scan(&text, &doubt, &last.startedAt, &last.reference); err != nil {
			return nil, place{}, err
		}
		s, err := parseSnapshot(text)
		if err != nil {
			return nil, place{}, err
		}
		s.PaymentInDoubt = s.PaymentInDoubt || doubt
		orders = append(orders, s)
	}
	return orders, last, rows.Err()
}

// updateOrder is what makes s its order's row.
func updateOrder(s order.Status) (store.Statement, error) {
	text, err := snapshot(s)
	return store.Statement{SQL: `UPDATE orders SET state = $1, order_id = $2, price = $3, currency = $4, snapshot = $5, updated_at = $6,
		missing = $7, waits = $8 WHERE reference = $9`, Args: []any{s.State, s.OrderID, s.Price, s.Currency, text, store.Stamp(s.UpdatedAt),
		s.Missing(), s.WaitingForCode, s.Reference}}, err
}

func snapshot(s order.Status) (string, error) {
	if s.Items == nil {
		s.Items = []order.ItemStatus{}
	}
	s.StartedAt, s.UpdatedAt = s.StartedAt.UTC(), s.UpdatedAt.UTC()
	if s.PaymentExpiresAt != nil {
		utc := s.PaymentExpiresAt.UTC()
		s.PaymentExpiresAt = &utc
	}
	text, err := json.Marshal(s)
	return string(text), err
}

func parseSnapshot(text string) (order.Status, error) {
	var s order.Status
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return order.Status{}, fmt.Errorf("snapshot is not whole: %w", err)
	}
	return s, nil
}
