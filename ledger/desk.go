package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/order"
)

// trust is how long a balance is taken for true after it was read: the desk reads it
// once a minute while orders wait.
const trust = 75 * time.Second

// Desk is how the balance desk stands.
type Desk struct {
	Waits    bool      // an order waits for a top-up
	Watched  bool      // a top-up waits for the balance to rise
	Asked    bool      // somebody wants the balance looked at now
	LookedAt time.Time // when the last look began, on the ledger's clock; zero: never
}

// Desk is how the balance desk stands.
func (l *Ledger) Desk(ctx context.Context) (Desk, error) {
	var d Desk
	err := l.view(ctx, func(tx *sql.Tx) error {
		m, err := readMemory(ctx, tx)
		if err != nil {
			return err
		}
		d.Asked, d.LookedAt = !m.askedAt.IsZero(), m.lookedAt
		if d.Waits, err = othersWait(ctx, tx, ""); err != nil {
			return err
		}
		d.Watched, err = topUpWaits(ctx, tx)
		return err
	})
	if err != nil {
		return Desk{}, fmt.Errorf("read balance desk: %w", err)
	}
	return d, nil
}

// HintTopUp says that the balance may have been raised: the desk looks at once, the
// balance it saw is no longer taken for true, and whoever was refused in spite of it
// gets another chance.
func (l *Ledger) HintTopUp(ctx context.Context, at time.Time) error {
	return l.remember(ctx, at, "hint at a top-up", func(tx *sql.Tx, m *memory, now time.Time) error {
		m.stale, m.refused = true, 0
		m.ask(now)
		return forgive(ctx, tx)
	})
}

// AskDesk has the desk look at the balance at once.
func (l *Ledger) AskDesk(ctx context.Context, at time.Time) error {
	return l.remember(ctx, at, "ask balance desk", func(_ *sql.Tx, m *memory, now time.Time) error {
		m.ask(now)
		return nil
	})
}

// SawBalances keeps what a look that began at a time of the caller's clock saw, by currency, and frees what
// was kept for payments that are in it. It answers what was seen before.
func (l *Ledger) SawBalances(ctx context.Context, at time.Time, now map[string]decimal.Decimal) (before map[string]decimal.Decimal, err error) {
	defer l.timed("saw_balances")()
	err = l.remember(ctx, at, "keep balances", func(tx *sql.Tx, m *memory, _ time.Time) error {
		at, err := l.moment(ctx, tx, at)
		if err != nil {
			return err
		}
		if before, err = readBalances(ctx, tx); err != nil {
			return err
		}
		if m.lookedAt.After(at) {
			return nil // a later look was quicker
		}
		spent, err := freePromises(ctx, tx, at)
		if err != nil {
			return err
		}
		m.lookedAt, m.stale = at, false
		if !m.askedAt.After(at) {
			m.askedAt = time.Time{}
		}
		for currency, available := range now {
			if was, seen := before[currency]; !seen || available.Add(spent[currency]).GreaterThan(was) {
				m.refused = 0
				if err := forgive(ctx, tx); err != nil {
					return err
				}
			}
		}
		return keepBalances(ctx, tx, at, now)
	})
	return before, err
}

// LookFailed says that a look that began at a time of the caller's clock saw nothing, and whether all the same those
// who asked for it were answered.
func (l *Ledger) LookFailed(ctx context.Context, at time.Time, answered bool) error {
	return l.remember(ctx, at, "keep failed look", func(tx *sql.Tx, m *memory, _ time.Time) error {
		at, err := l.moment(ctx, tx, at)
		if err != nil {
			return err
		}
		if m.lookedAt.After(at) {
			return nil // a later look was quicker
		}
		m.lookedAt, m.stale = at, true
		if answered && !m.askedAt.After(at) {
			m.askedAt = time.Time{}
		}
		return nil
	})
}

// Balances is the money that FoxReload told of last, by currency (lower case), and
// when, on the ledger's clock. Nothing was told yet: nil.
func (l *Ledger) Balances(ctx context.Context) (available map[string]decimal.Decimal, seenAt time.Time, err error) {
	err = l.view(ctx, func(tx *sql.Tx) error {
		if available, err = readBalances(ctx, tx); err != nil || len(available) == 0 {
			return err
		}
		var text string
		if err := tx.QueryRowContext(ctx, `SELECT MAX(seen_at) FROM balances`).Scan(&text); err != nil {
			return err
		}
		seenAt, err = parseStamp(text)
		return err
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read balances: %w", err)
	}
	return available, seenAt, nil
}

func readBalances(ctx context.Context, tx *sql.Tx) (map[string]decimal.Decimal, error) {
	rows, err := tx.QueryContext(ctx, `SELECT currency, available FROM balances`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var balances map[string]decimal.Decimal
	for rows.Next() {
		var currency string
		var available decimal.Decimal
		if err := rows.Scan(&currency, &available); err != nil {
			return nil, err
		}
		if balances == nil {
			balances = map[string]decimal.Decimal{}
		}
		balances[currency] = available
	}
	return balances, rows.Err()
}

func keepBalances(ctx context.Context, tx *sql.Tx, at time.Time, now map[string]decimal.Decimal) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM balances`); err != nil {
		return err
	}
	for currency, available := range now {
		if _, err := tx.ExecContext(ctx, `INSERT INTO balances (currency, available, seen_at) VALUES ($1, $2, $3)`,
			currency, available.String(), stamp(at)); err != nil {
			return err
		}
	}
	return nil
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

// knows says whether the balance that was seen last counts.
func (m *memory) knows(at time.Time) bool {
	return !m.stale && !m.lookedAt.IsZero() && at.Sub(m.lookedAt) < trust && m.refused < mostRefused
}

// remember changes the desk's row. at is now for the caller, and change is told the time on
// the ledger's clock.
func (l *Ledger) remember(ctx context.Context, at time.Time, what string, change func(tx *sql.Tx, m *memory, now time.Time) error) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		m, err := readMemory(ctx, tx)
		if err != nil {
			return err
		}
		now, err := l.clock(ctx, tx, at)
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

func readMemory(ctx context.Context, tx *sql.Tx) (m memory, err error) {
	var asked, looked, probing sql.NullString
	err = tx.QueryRowContext(ctx, `SELECT asked_at, looked_at, stale, refused, probes, probing_since FROM desk WHERE id = 1`).
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
		if *at, err = parseStamp(text.String); err != nil {
			return memory{}, err
		}
	}
	return m, nil
}

func nullStamp(t time.Time) *string { return stampIf(t, !t.IsZero()) }

// moving are the states from which an order still comes to be paid.
var moving = []any{order.Creating, order.Active, order.AwaitingTopUp}
