package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// ProductNames is what the catalogue last called these products, by id. It has no entry
// for one that was never asked for, or whose answer held no name.
func (l *Ledger) ProductNames(ctx context.Context, ids ...string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		var answer *string
		err := l.db.reads.QueryRowContext(ctx, `SELECT answer FROM products WHERE id = $1`, id).Scan(&answer)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			continue
		case err != nil:
			return nil, fmt.Errorf("read name of product %s: %w", id, err)
		}
		// The answer is the activities' own; only that it may have a name is known here.
		var product struct {
			Name string `json:"name"`
		}
		if answer != nil && json.Unmarshal([]byte(*answer), &product) == nil && product.Name != "" {
			names[id] = product.Name
		}
	}
	return names, nil
}

// ProductAnswer is what the catalogue last said of a product; "": nothing that is known.
func (l *Ledger) ProductAnswer(ctx context.Context, id string) (string, error) {
	var answer sql.NullString
	err := l.db.reads.QueryRowContext(ctx, `SELECT answer FROM products WHERE id = $1`, id).Scan(&answer)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read product %s: %w", id, err)
	}
	return answer.String, nil
}
