package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"foxflow/internal/store"
)

const (
	// deliveriesKept is how many of a product's deliveries are remembered.
	deliveriesKept = 16
	// productsKept is of how many products they are: those of the latest deliveries.
	productsKept = 2000
)

// Keep keeps how long an order of a product took from its payment to its end.
func (l Deliveries) Keep(ctx context.Context, product string, took time.Duration, at time.Time) error {
	var fresh []int64
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		kept, err := deliveries(tx.QueryRowContext(ctx, `SELECT took FROM deliveries WHERE product = $1`, product))
		if err != nil {
			return err
		}
		first := len(kept) == 0
		kept = append(kept, max(took, 0).Milliseconds())
		kept = kept[max(len(kept)-deliveriesKept, 0):]
		text, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		fresh = kept
		learned := []store.Statement{{SQL: `INSERT INTO deliveries (product, took, updated_at) VALUES ($1, $2, $3)
			ON CONFLICT (product) DO UPDATE SET took = excluded.took, updated_at = excluded.updated_at`, Args: []any{product, string(text), store.Stamp(l.store.Clock.At(at))}}}
		if first {
			learned = append(learned, store.Statement{SQL: `DELETE FROM deliveries WHERE product IN (SELECT product FROM deliveries ORDER BY updated_at DESC, product LIMIT $1 OFFSET $2)`,
				Args: []any{productsKept, productsKept}})
		}
		return l.store.Together(ctx, tx, learned...)
	})
	if err != nil {
		return fmt.Errorf("keep delivery of product %s: %w", product, err)
	}
	l.deliveries.keep(product, fresh, l.store.Clock.Here())
	return nil
}

// Usual is how soon orders of all these products usually come to their end after
// their payment: three of four of the slowest product take longer. It is 0 where that is not
// known of one of them.
func (l Deliveries) Usual(ctx context.Context, products ...string) (usual time.Duration, err error) {
	for _, product := range products {
		kept, err := l.lately(ctx, product)
		if err != nil {
			return 0, fmt.Errorf("read deliveries of product %s: %w", product, err)
		}
		if len(kept) == 0 {
			return 0, nil
		}
		kept = slices.Sorted(slices.Values(kept))
		usual = max(usual, time.Duration(kept[(len(kept)-1)/4])*time.Millisecond)
	}
	return usual, nil
}

// lately are the deliveries of a product, as they were a moment ago.
func (l Deliveries) lately(ctx context.Context, product string) ([]int64, error) {
	now := l.store.Clock.Here()
	if kept, there := l.deliveries.get(product, now); there {
		return kept, nil
	}
	kept, err := deliveries(l.store.Reads().QueryRowContext(ctx, `SELECT took FROM deliveries WHERE product = $1`, product))
	if err == nil && len(kept) > 0 {
		l.deliveries.keep(product, kept, now)
	}
	return kept, err
}

// deliveries are those on record; what can't be read is as good as none.
func deliveries(row *sql.Row) (took []int64, err error) {
	var text string
	switch err := row.Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if bad := json.Unmarshal([]byte(text), &took); bad != nil {
		took = nil
	}
	return took, nil
}
