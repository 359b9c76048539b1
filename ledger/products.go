package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"foxflow/internal/store"
)

// ProductAsk is what the ledger knows of a product, and whose it is to ask for it.
type ProductAsk struct {
	// Mine says that the caller is to ask the catalogue now, and to tell Keep;
	// nobody else does before that, or before a minute has passed.
	Mine bool
	// Asking says that somebody else is asking right now.
	Asking bool
	// Answer is what the catalogue said, as it was kept; empty: it could not say.
	Answer string
}

// productEvery is how often the catalogue is asked for a product, over all workers;
// askTakes is how long an answer is waited for. Whoever asks may have died, and orders
// must move again within 15 s of that: no longer than the heartbeat that tells Temporal.
const (
	productEvery = time.Minute
	askTakes     = 10 * time.Second
)

// product is what is on record of one.
type product struct {
	asked  time.Time // on the ledger's clock
	answer string
}

// counts says whether the answer still counts at a time on the ledger's clock.
func (p product) counts(now, since time.Time) bool {
	return !p.asked.Before(since) || now.Sub(p.asked) < productEvery
}

// Ask looks what is known of a product. An answer counts when it was asked for
// within the last minute, or since the given time.
func (l Products) Ask(ctx context.Context, id string, now, since time.Time) (ask ProductAsk, err error) {
	if ask.Answer, err = l.stillCounts(ctx, id, now, since); ask.Answer != "" || err != nil {
		return ask, err
	}
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		ask = ProductAsk{}
		now, err := l.store.Clock.Now(ctx, tx, now)
		if err != nil {
			return err
		}
		var asked string
		var answer *string
		err = tx.QueryRowContext(ctx, `SELECT asked_at, answer FROM products WHERE id = $1`, id).Scan(&asked, &answer)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil {
			at, err := store.ParseStamp(asked)
			switch {
			case err != nil:
				return err
			case answer != nil && product{asked: at}.counts(now, since):
				ask.Answer = *answer
				l.remember(id, product{at, *answer})
				return nil
			case answer == nil && now.Sub(at) < askTakes:
				ask.Asking = true
				return nil
			case answer == nil && now.Sub(at) < productEvery:
				return nil // whoever asked never told
			}
		}
		ask.Mine = true
		l.products.drop(id)
		_, err = tx.ExecContext(ctx, `INSERT INTO products (id, asked_at, answer) VALUES ($1, $2, NULL)
			ON CONFLICT (id) DO UPDATE SET asked_at = excluded.asked_at, answer = NULL`, id, store.Stamp(now))
		return err
	})
	if err != nil {
		return ProductAsk{}, fmt.Errorf("look for product %s: %w", id, err)
	}
	return ask, nil
}

// stillCounts is what the catalogue said of a product, where that is known without looking and
// counts; else "".
func (l Products) stillCounts(ctx context.Context, id string, now, since time.Time) (string, error) {
	known, there := l.products.get(id, l.store.Clock.Here())
	if !there {
		return "", nil
	}
	at, err := l.store.Now(ctx, now)
	if err != nil || !known.counts(at, since) {
		return "", err
	}
	return known.answer, nil
}

// remember keeps what was read of a product, where the catalogue could say something.
func (l Products) remember(id string, p product) {
	if p.answer != "" {
		l.products.keep(id, p, l.store.Clock.Here())
	}
}

// Keep keeps what the catalogue said; empty: it could not say. It is stored in
// clear: no secrets.
func (l Products) Keep(ctx context.Context, id, answer string, now time.Time) error {
	defer l.products.drop(id)
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		now, err := l.store.Clock.Now(ctx, tx, now)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO products (id, asked_at, answer) VALUES ($1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET answer = excluded.answer`, id, store.Stamp(now), answer)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep product %s: %w", id, err)
	}
	return nil
}

// Forget takes back an Ask that was Mine, for a request that was never
// sent.
func (l Products) Forget(ctx context.Context, id string) error {
	defer l.products.drop(id)
	if err := l.store.Exec(ctx, `DELETE FROM products WHERE id = $1`, id); err != nil {
		return fmt.Errorf("forget product %s: %w", id, err)
	}
	return nil
}

// Names is what the catalogue last called these products, by id. It has no entry
// for one that was never asked for, or whose answer held no name.
func (l Products) Names(ctx context.Context, ids ...string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		answer, err := l.Answer(ctx, id)
		if err != nil {
			return nil, err
		}
		// The answer is the activities' own; only that it may have a name is known here.
		var named struct {
			Name string `json:"name"`
		}
		if answer != "" && json.Unmarshal([]byte(answer), &named) == nil && named.Name != "" {
			names[id] = named.Name
		}
	}
	return names, nil
}

// Answer is what the catalogue last said of a product, as far as this process heard of it; "":
// nothing that is known.
func (l Products) Answer(ctx context.Context, id string) (string, error) {
	if known, there := l.products.get(id, l.store.Clock.Here()); there {
		return known.answer, nil
	}
	var asked string
	var answer sql.NullString
	err := l.store.Reads().QueryRowContext(ctx, `SELECT asked_at, answer FROM products WHERE id = $1`, id).Scan(&asked, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	known := product{answer: answer.String}
	if err == nil {
		known.asked, err = store.ParseStamp(asked)
	}
	if err != nil {
		return "", fmt.Errorf("read product %s: %w", id, err)
	}
	l.remember(id, known)
	return known.answer, nil
}
