package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/store"
	"foxflow/order"
)

// ErrNoTopUp: the ledger knows no top-up with this id.
var ErrNoTopUp = errors.New("top-up is not in the ledger")

// TopUpConflictError: the id is on record with another amount or coin.
type TopUpConflictError struct{ Have, Want order.TopUpRequest }

func (e *TopUpConflictError) Error() string {
	return fmt.Sprintf("open top-up %s: it is on record for %s %s, and %s %s is asked for",
		e.Have.ID, e.Have.Amount, e.Have.Currency, e.Want.Amount, e.Want.Currency)
}

// Open puts a request for a top-up on record. The same again changes nothing; other
// content under its id is refused with a *TopUpConflictError.
func (l TopUps) Open(ctx context.Context, r order.TopUpRequest, at time.Time) error {
	sealed, err := l.sealStatus(order.NewTopUp(r))
	if err != nil {
		return fmt.Errorf("open top-up %s: %w", r.ID, err)
	}
	var refused error
	err = l.store.Write(ctx, func(tx *sql.Tx) error {
		refused = nil
		if _, err := tx.ExecContext(ctx, `INSERT INTO topups (id, amount, currency, state, snapshot, started_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (id) DO NOTHING`,
			r.ID, r.Amount.String(), r.Currency, order.TopUpRequested, sealed, store.Stamp(l.store.Clock.At(at))); err != nil {
			return err
		}
		have, err := readTopUpRequest(tx.QueryRowContext(ctx, selectTopUpRequest, r.ID))
		if err != nil {
			return err
		}
		if !have.Same(r) {
			refused = &TopUpConflictError{Have: have, Want: r}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("open top-up %s: %w", r.ID, err)
	}
	return refused
}

const selectTopUpRequest = `SELECT id, amount, currency FROM topups WHERE id = $1`

func readTopUpRequest(row *sql.Row) (r order.TopUpRequest, err error) {
	var amount string
	if err = row.Scan(&r.ID, &amount, &r.Currency); err == nil {
		r.Amount, err = decimal.NewFromString(amount)
	}
	return r, err
}

// Request is what was asked for under an id; ErrNoTopUp when it is not there.
func (l TopUps) Request(ctx context.Context, id string) (order.TopUpRequest, error) {
	r, err := readTopUpRequest(l.store.Reads().QueryRowContext(ctx, selectTopUpRequest, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoTopUp
	}
	if err != nil {
		return order.TopUpRequest{}, fmt.Errorf("read top-up %s: %w", id, err)
	}
	return r, nil
}

// ErrTopUpOvertaken: a later step of the top-up is on record.
var ErrTopUpOvertaken = errors.New("a later attempt has overtaken this one")

// Record makes t, but for its answer, how the top-up stands on record. step numbers
// the step, as Entry's does: nothing is taken back by one below it, ErrTopUpOvertaken.
func (l TopUps) Record(ctx context.Context, t order.TopUp, step int, at time.Time) error {
	sealed, err := l.sealStatus(t)
	if err == nil {
		err = l.store.Write(ctx, func(tx *sql.Tx) error {
			var last int
			err := tx.QueryRowContext(ctx, `SELECT step FROM topups WHERE id = $1`, t.ID).Scan(&last)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				return ErrNoTopUp
			case err != nil:
				return err
			case step < last:
				return ErrTopUpOvertaken
			}
			_, err = tx.ExecContext(ctx, `UPDATE topups SET state = $1, snapshot = $2, step = $3, updated_at = $4 WHERE id = $5`,
				t.State, sealed, step, store.Stamp(l.store.Clock.At(at)), t.ID)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("record top-up %s as %s: %w", t.ID, t.State, err)
	}
	return nil
}

// Status is how a top-up stands on record, with FoxReload's whole answer, and since when
// it is there; ErrNoTopUp when it is not.
func (l TopUps) Status(ctx context.Context, id string) (t order.TopUp, startedAt time.Time, err error) {
	var snapshot, answer []byte
	var started string
	err = l.store.Reads().QueryRowContext(ctx, `SELECT snapshot, answer, started_at FROM topups WHERE id = $1`, id).Scan(&snapshot, &answer, &started)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoTopUp
	}
	if err == nil {
		t, err = l.unsealStatus(id, snapshot)
	}
	if err == nil && answer != nil {
		t.Raw, err = l.unseal(answer, topUpAD("answer", id))
	}
	if err == nil {
		startedAt, err = store.ParseStamp(started)
	}
	if err != nil {
		return order.TopUp{}, time.Time{}, fmt.Errorf("read top-up %s: %w", id, err)
	}
	return t, startedAt, nil
}

// TopUpSent is what is known of the one request that a top-up is worth.
type TopUpSent struct {
	// At is when it left; zero: none ever did. Now says that it is the caller's, who is
	// to send it now.
	At  time.Time // on the ledger's clock
	Now bool
	// Attempt is the one that sent it; empty: none did.
	Attempt string
	// Answer and Refusal are what came of it. Where it left and there is neither, it may
	// have been carried out, or be on its way.
	Answer  json.RawMessage
	Refusal *order.Error
}

// Sent is what is known so far of a top-up's one request.
func (l TopUps) Sent(ctx context.Context, id string) (TopUpSent, error) {
	sent, err := l.readSent(id, l.store.Reads().QueryRowContext(ctx, selectTopUpSent, id))
	if err != nil {
		return TopUpSent{}, fmt.Errorf("read request of top-up %s: %w", id, err)
	}
	return sent, nil
}

// Send writes down that the request for a top-up is about to leave; call it last
// of all before that, with an id of the attempt that no other has. Whoever is not told to
// send it now never may. The same attempt again is told the same until there is an answer:
// so after an error, which leaves open whether it is on record, it may be made again.
// Whoever gives up instead says so with Unsend.
func (l TopUps) Send(ctx context.Context, id, attempt string, at time.Time) (sent TopUpSent, err error) {
	if attempt == "" {
		return TopUpSent{}, fmt.Errorf("write intent to request top-up %s: the attempt has no id", id)
	}
	err = l.store.Write(ctx, func(tx *sql.Tx) (err error) {
		if sent, err = l.readSent(id, tx.QueryRowContext(ctx, selectTopUpSent, id)); err != nil {
			return err
		}
		answered := sent.Answer != nil || sent.Refusal != nil
		if mine := sent.Attempt == attempt && !answered; !sent.At.IsZero() && !mine {
			return nil
		}
		sent.Attempt, sent.Now = attempt, true
		if sent.At, err = l.store.Clock.Now(ctx, tx, at); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE topups SET sent_at = $1, attempt = $2 WHERE id = $3`, store.Stamp(sent.At), attempt, id)
		return err
	})
	if err != nil {
		return TopUpSent{}, fmt.Errorf("write intent to request top-up %s: %w", id, err)
	}
	return sent, nil
}

const selectTopUpSent = `SELECT sent_at, attempt, answer, refusal FROM topups WHERE id = $1`

func (l TopUps) readSent(id string, row *sql.Row) (sent TopUpSent, err error) {
	var at, attempt *string
	var answer, refusal []byte
	err = row.Scan(&at, &attempt, &answer, &refusal)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoTopUp
	}
	sent.Attempt = orEmpty(attempt)
	if err == nil && at != nil {
		sent.At, err = store.ParseStamp(*at)
	}
	if err == nil && answer != nil {
		sent.Answer, err = l.unseal(answer, topUpAD("answer", id))
	}
	if err == nil && refusal != nil {
		sent.Refusal, err = l.unsealRefusal(id, refusal)
	}
	return sent, err
}

// Unsend takes back the Send of an attempt whose request surely was not carried
// out: it may be sent after all.
func (l TopUps) Unsend(ctx context.Context, id, attempt string) error {
	err := l.store.Exec(ctx, `UPDATE topups SET sent_at = NULL, attempt = NULL WHERE id = $1 AND attempt = $2 AND answer IS NULL AND refusal IS NULL`, id, attempt)
	if err != nil {
		return fmt.Errorf("take back the request of top-up %s: %w", id, err)
	}
	return nil
}

// Answer keeps FoxReload's whole answer, sealed.
func (l TopUps) Answer(ctx context.Context, id string, raw json.RawMessage) error {
	sealed, err := l.seal(raw, topUpAD("answer", id))
	if err == nil {
		err = l.change(ctx, id, `answer = $2`, sealed)
	}
	if err != nil {
		return fmt.Errorf("keep answer to top-up %s: %w", id, err)
	}
	return nil
}

// Refuse keeps FoxReload's refusal, sealed.
func (l TopUps) Refuse(ctx context.Context, id string, refusal order.Error) error {
	text, err := json.Marshal(refusal)
	var sealed []byte
	if err == nil {
		sealed, err = l.seal(text, topUpAD("refusal", id))
	}
	if err == nil {
		err = l.change(ctx, id, `refusal = $2`, sealed)
	}
	if err != nil {
		return fmt.Errorf("keep refusal of top-up %s: %w", id, err)
	}
	return nil
}

// Balances is what the account held when it was last looked at for this top-up, as
// SeeBalances was told, and by what it has risen; both empty before the first.
func (l TopUps) Balances(ctx context.Context, id string) (balances, risen string, err error) {
	var seen, rise *string
	err = l.store.Reads().QueryRowContext(ctx, `SELECT balances, risen FROM topups WHERE id = $1`, id).Scan(&seen, &rise)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoTopUp
	}
	if err != nil {
		return "", "", fmt.Errorf("read balances of top-up %s: %w", id, err)
	}
	return orEmpty(seen), orEmpty(rise), nil
}

// SeeBalances keeps what a look showed, unless what was kept is not before any more:
// then another look was kept meanwhile. The first rise stays on record.
func (l TopUps) SeeBalances(ctx context.Context, id, before, balances, risen string) error {
	var rise *string
	if risen != "" {
		rise = &risen
	}
	if err := l.change(ctx, id, `balances = CASE WHEN COALESCE(balances, '') = $2 THEN $3 ELSE balances END, risen = COALESCE(risen, $4)`, before, balances, rise); err != nil {
		return fmt.Errorf("keep balances of top-up %s: %w", id, err)
	}
	return nil
}

// changeTopUp sets columns of a top-up that is there.
func (l TopUps) change(ctx context.Context, id, set string, args ...any) error {
	return l.store.Write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE topups SET `+set+` WHERE id = $1`, append([]any{id}, args...)...)
		if err != nil {
			return err
		}
		if changed, err := done.RowsAffected(); err != nil || changed > 0 {
			return err
		}
		return ErrNoTopUp
	})
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
