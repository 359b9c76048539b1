package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"foxflow/internal/rules"
	"foxflow/internal/store"
	"foxflow/order"
)

// Claimed is an order that has begun and whose workflow is to be started.
type Claimed struct {
	Request order.Request
	Status  order.Status
	Input   string // as Placing's

	// Turn says that its turn has come with this claim: else another claim of it is over.
	Turn bool

	number  int64 // its place in the queue
	claimed bool  // before
}

// waitsForTurn chooses the rows of the queue whose turn has not come.
const waitsForTurn = `claimed_until IS NULL`

// Claim begins orders that wait for their turn, most of them, in the order of placing: of each
// payer no more than take says. It claims them, and those whose claim is over, for a time: whoever calls
// starts their workflows. An order whose row has moved on without leaving the queue leaves it.
func (l Queue) Claim(ctx context.Context, most int, take map[order.Payer]int, lasts time.Duration, at time.Time) (claimed []Claimed, err error) {
	defer l.store.Timed("claim_orders")()
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		claimed = nil
		now, err := l.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		found, err := l.due(ctx, tx, `claimed_until <= $1 ORDER BY claimed_until LIMIT $2`, store.Stamp(now), mostLapsed)
		if err != nil {
			return err
		}
		turns, err := l.turns(ctx, tx, most, take)
		if err != nil {
			return err
		}
		found = append(found, turns...)
		var over []string
		for _, c := range found {
			// Of those that are claimed, the claim is over.
			switch (rules.Turn{State: c.Status.State, Claimed: c.claimed, Lapsed: true}).Claim() {
			case rules.Over:
				over = append(over, c.Status.Reference)
				continue
			case rules.Begins:
				c.Turn = true
			}
			if err := l.claim(ctx, tx, &c.Status, now, lasts); err != nil {
				return err
			}
			claimed = append(claimed, c)
		}
		return deleteOf(ctx, tx, "queue", over)
	})
	if err != nil {
		return nil, fmt.Errorf("claim orders: %w", err)
	}
	return claimed, nil
}

// turns are the orders whose turn comes next.
func (l Queue) turns(ctx context.Context, tx *sql.Tx, most int, take map[order.Payer]int) (next []Claimed, err error) {
	for _, payer := range order.Payers {
		n := min(most, take[payer])
		if n < 1 {
			continue
		}
		some, err := l.due(ctx, tx, waitsForTurn+` AND payer = $1 ORDER BY number LIMIT $2`, payer, n)
		if err != nil {
			return nil, err
		}
		next = append(next, some...)
	}
	slices.SortFunc(next, func(a, b Claimed) int { return cmp.Compare(a.number, b.number) })
	return next[:min(most, len(next))], nil
}

// mostLapsed bounds how many orders are started again at a time.
const mostLapsed = 20

func selectDue(which string) string {
	return `SELECT turns.number, turns.claimed, orders.reference, orders.snapshot, orders.request, turns.input FROM (
		SELECT number, claimed_until IS NOT NULL AS claimed, reference, input FROM queue WHERE ` + which + `) AS turns JOIN orders ON orders.reference = turns.reference ORDER BY turns.number`
}

// due are rows of the queue, with their orders.
func (l Queue) due(ctx context.Context, tx *sql.Tx, which string, args ...any) (found []Claimed, err error) {
	rows, err := tx.QueryContext(ctx, selectDue(which), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Claimed
		var reference, text string
		var sealed []byte
		if err := rows.Scan(&c.number, &c.claimed, &reference, &text, &sealed, &c.Input); err != nil {
			return nil, err
		}
		if c.Status, err = parseSnapshot(text); err != nil {
			return nil, err
		}
		if c.Request, err = Orders(l).unsealRequest(reference, sealed); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}

// claim has an order begin, where it has not yet. The log says so once its workflow runs: it
// is what puts the state on record.
func (l Queue) claim(ctx context.Context, tx *sql.Tx, s *order.Status, now time.Time, lasts time.Duration) error {
	var begun []store.Statement
	if s.State == order.Queued {
		s.State, s.WaitingFor, s.WaitingForCode, s.UpdatedAt = order.Creating, nil, nil, now
		row, err := updateOrder(*s)
		if err != nil {
			return err
		}
		begun = append(begun, row)
	}
	return l.store.Together(ctx, tx, append(begun, store.Statement{
		SQL: `UPDATE queue SET claimed_until = $1 WHERE reference = $2`, Args: []any{store.Stamp(now.Add(lasts)), s.Reference}})...)
}

// GiveBack ends the claims of orders that could not be started: somebody tries again after a
// pause.
func (l Queue) GiveBack(ctx context.Context, pause time.Duration, at time.Time, references ...string) error {
	if len(references) == 0 {
		return nil
	}
	err := l.store.Write(ctx, func(tx *sql.Tx) error {
		now, err := l.store.Clock.Now(ctx, tx, at)
		if err != nil {
			return err
		}
		for _, reference := range references {
			if _, err := tx.ExecContext(ctx, `UPDATE queue SET claimed_until = $1 WHERE reference = $2 AND claimed_until IS NOT NULL`,
				store.Stamp(now.Add(pause)), reference); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("give back %d orders: %w", len(references), err)
	}
	return nil
}

// Leave takes orders out of the queue whose workflows are known to run, or that need none.
func (l Queue) Leave(ctx context.Context, references ...string) error {
	if len(references) == 0 {
		return nil
	}
	err := l.store.Write(ctx, func(tx *sql.Tx) error { return leaveQueue(ctx, tx, references...) })
	if err != nil {
		return fmt.Errorf("take %d orders out of the queue: %w", len(references), err)
	}
	return nil
}

func leaveQueue(ctx context.Context, tx *sql.Tx, references ...string) error {
	return deleteOf(ctx, tx, "queue", references)
}

// Cancel ends an order that waits for its turn, as cancelled on request. One whose turn has
// come is left as it stands, and cancelled is false.
func (l Queue) Cancel(ctx context.Context, reference string, at time.Time) (s order.Status, cancelled bool, err error) {
	at = l.store.Clock.At(at)
	var step *Transition
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		cancelled = false
		text, there, err := store.Found(tx.QueryRowContext(ctx, `SELECT snapshot FROM orders WHERE reference = $1`, reference))
		if err == nil && !there {
			err = ErrNotFound
		}
		if err == nil {
			s, err = parseSnapshot(text)
		}
		if err != nil || !(rules.Turn{State: s.State}).Cancels() {
			return err
		}
		if err := leaveQueue(ctx, tx, reference); err != nil {
			return err
		}
		reason := order.UserRequest
		s.State, s.CancelReason, s.WaitingFor, s.WaitingForCode, s.UpdatedAt = order.Cancelled, &reason, nil, nil, at
		e := Entry{Reference: reference, Key: "queue/cancelled", Kind: KindState, State: order.Cancelled, Reason: reason, At: at}
		cancelled = true
		have, err := readWalked(ctx, tx, e)
		if err != nil {
			return err
		}
		step, err = Orders(l).record(ctx, tx, e, s, have)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return order.Status{}, false, err
	case err != nil:
		return order.Status{}, false, fmt.Errorf("cancel queued order %s: %w", reference, err)
	case cancelled:
		l.entered(step)
	}
	return s, cancelled, nil
}
