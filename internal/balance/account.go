package balance

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
)

// Account is the account at FoxReload that orders are paid from, as all who use the store
// know it. Use it from any number of goroutines. Every method that writes is one
// transaction and may be repeated. Times that callers give are of their own clock, those
// that they get are on the store's.
type Account struct{ store *store.Store }

// New is the account that the ledger in a store pays from.
func New(s *store.Store) *Account { return &Account{s} }

// Claim is the wish to pay an order from the balance.
type Claim struct {
	Reference string
	Currency  string           // lower case; empty: not known
	Amount    *decimal.Decimal // nil: not known
	At        time.Time
	// Waits says that the order waits for a top-up and was told to look again: where
	// it may not pay, the desk is asked to look at the balance.
	Waits bool
}

// memory is the desk's row.
type memory struct {
	askedAt, lookedAt, probingSince time.Time
	stale                           bool
	refused, probes                 int
}

// ask keeps the newest question.
func (m *memory) ask(at time.Time) {
	if at.After(m.askedAt) {
		m.askedAt = at
	}
}

// Trust is how long a balance is taken for true after it was read: the desk reads it
// once a minute while orders wait.
const Trust = 75 * time.Second

// knows says whether the balance that was seen last counts.
func (m *memory) knows(at time.Time) bool {
	return !m.stale && !m.lookedAt.IsZero() && at.Sub(m.lookedAt) < Trust && m.refused < mostRefused
}

// remember changes the desk's row. at is now for the caller, and change is told the time on
// the store's clock.
func (a *Account) remember(ctx context.Context, at time.Time, what string, change func(tx *sql.Tx, m *memory, now time.Time) error) error {
	err := a.store.Write(ctx, func(tx *sql.Tx) error {
		m, err := readMemory(ctx, tx)
		if err != nil {
			return err
		}
		now, err := a.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		before := m
		if err := change(tx, &m, now); err != nil || m == before {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO desk (id, asked_at, looked_at, stale, refused, probes, probing_since) VALUES (1, $1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET asked_at = excluded.asked_at, looked_at = excluded.looked_at, stale = excluded.stale,
			refused = excluded.refused, probes = excluded.probes, probing_since = excluded.probing_since`,
			nullStamp(m.askedAt), nullStamp(m.lookedAt), m.stale, m.refused, m.probes, nullStamp(m.probingSince))
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func readMemory(ctx context.Context, from store.Querier) (m memory, err error) {
	var asked, looked, probing sql.NullString
	err = from.QueryRowContext(ctx, `SELECT asked_at, looked_at, stale, refused, probes, probing_since FROM desk WHERE id = 1`).
		Scan(&asked, &looked, &m.stale, &m.refused, &m.probes, &probing)
	if errors.Is(err, sql.ErrNoRows) {
		return memory{}, nil
	}
	if err != nil {
		return memory{}, err
	}
	for text, at := range map[*sql.NullString]*time.Time{&asked: &m.askedAt, &looked: &m.lookedAt, &probing: &m.probingSince} {
		if !text.Valid {
			continue
		}
		if *at, err = store.ParseStamp(text.String); err != nil {
			return memory{}, err
		}
	}
	return m, nil
}

func nullStamp(t time.Time) *string { return store.StampIf(t, !t.IsZero()) }
