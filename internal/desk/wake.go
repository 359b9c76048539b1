package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap"

	"foxflow/internal/balance"
	"foxflow/workflows"
)

// wake gives out the money that is reserved for nobody, in the order of balance.Waiting.
// An order that doesn't fit into what is left is passed over, and so is not in the way
// of those that do: money that can serve somebody does not lie idle. Of those whose
// currency the balance does not list, as many find out as may.
func (d *Desk) wake(ctx context.Context) error {
	waiting, err := d.account().Waiting(ctx)
	if err != nil {
		return err
	}
	rest, err := d.account().Rest(ctx, d.Now())
	if err != nil {
		return err
	}
	w := waking{Desk: d, rest: rest, mayProbe: true, sums: map[string]decimal.Decimal{}}
	for left := waiting; len(left) > 0; {
		some := left[:min(wokenAtOnce, len(left))]
		left = left[len(some):]
		passed, err := w.wake(ctx, some)
		if err != nil {
			return err
		}
		if w.passed = append(w.passed, passed...); w.freed { // the money of one that has no workflow goes to the next
			left, w.passed, w.freed = append(w.passed, left...), nil, false
		}
	}
	if w.woken > 0 {
		d.Log.Info("orders woken: the balance covers them, or does not say", zap.Int("woken", w.woken), zap.Int("waiting", len(waiting)), zap.Any("money", w.sums))
	}
	return nil
}

// wokenAtOnce is for how many orders money is reserved in one transaction. Those that are not
// told then, because this worker died, wait until their reservations are over.
const wokenAtOnce = 100

// waking is one round of the desk.
type waking struct {
	*Desk
	rest     balance.Rest
	mayProbe bool
	woken    int
	sums     map[string]decimal.Decimal // their prices, by currency
	passed   []balance.Need             // the balance did not cover them
	freed    bool                       // by an order that has no workflow
}

// wake wakes those among some orders that the balance covers, or that find out, in their
// order. It answers those that it does not cover.
func (w *waking) wake(ctx context.Context, some []balance.Need) (passed []balance.Need, err error) {
	var claims []balance.Claim
	for _, need := range some {
		if claim := w.claim(need); !w.rest.Unlisted(claim) {
			claims = append(claims, claim)
		}
	}
	reserved, err := w.account().Reserve(ctx, claims...)
	if err != nil {
		return nil, err
	}
	for _, need := range some {
		var ok bool
		claim := w.claim(need)
		if w.rest.Unlisted(claim) {
			ok, err = w.probes(ctx, claim)
		} else if ok, reserved, claims = reserved[0], reserved[1:], claims[1:]; !ok {
			passed = append(passed, need)
		}
		if ok {
			err = w.tell(ctx, need, claim)
		}
		if err != nil {
			return nil, errors.Join(err, w.release(ctx, claims, reserved))
		}
	}
	return passed, nil
}

// probes says whether the order is to find out for itself.
func (w *waking) probes(ctx context.Context, claim balance.Claim) (ok bool, err error) {
	if !w.mayProbe {
		return false, nil
	}
	ok, full, err := w.account().ReserveProbe(ctx, claim)
	w.mayProbe = !full
	return ok, err
}

func (w *waking) tell(ctx context.Context, need balance.Need, claim balance.Claim) error {
	told, err := w.Desk.tell(ctx, need)
	if err != nil || !told {
		w.freed = true
		return err
	}
	w.woken++
	if claim.Amount != nil {
		w.sums[claim.Currency] = w.sums[claim.Currency].Add(*claim.Amount)
	}
	return nil
}

// release ends the reservations of those that were not told.
func (w *waking) release(ctx context.Context, claims []balance.Claim, reserved []bool) error {
	var untold []string
	for i, claim := range claims {
		if reserved[i] {
			untold = append(untold, claim.Reference)
		}
	}
	return w.account().Release(context.WithoutCancel(ctx), untold...)
}

func (d *Desk) claim(need balance.Need) balance.Claim {
	c := balance.Claim{Reference: need.Reference, Currency: need.Currency, Amount: need.Amount, At: d.Now(), Waits: true}
	if c.Currency == "" {
		c.Currency = d.Currency
	}
	return c
}

// tell has an order look again. One that has no workflow any more is not told, and
// its money goes to the next.
func (d *Desk) tell(ctx context.Context, need balance.Need) (told bool, err error) {
	err = d.Temporal.SignalWorkflow(ctx, need.WorkflowID, "", workflows.SignalTopUp, nil)
	if err == nil {
		return true, nil
	}
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		err = nil
	} else {
		err = fmt.Errorf("wake order %s: %w", need.Reference, err)
	}
	return false, errors.Join(err, d.account().Release(context.WithoutCancel(ctx), need.Reference))
}

// probe is for a balance that can't be read: whoever asked for a look is not left
// without an answer. The first in line find out, as many as may, and each that is paid
// asks for the next. Where nobody may now, the question stays.
func (d *Desk) probe(ctx context.Context, at time.Time) error {
	now, err := d.account().Standing(ctx)
	if err != nil || !now.Asked || !now.Waits {
		return errors.Join(err, d.account().LookFailed(ctx, at, true))
	}
	waiting, err := d.account().Waiting(ctx)
	if err != nil {
		return err
	}
	for _, need := range waiting {
		ok, full, err := d.account().ReserveProbe(ctx, d.claim(need))
		switch {
		case err != nil:
			return err
		case full:
			return d.account().LookFailed(ctx, at, false)
		case !ok:
			continue
		}
		if _, err := d.tell(ctx, need); err != nil {
			return err
		}
	}
	return d.account().LookFailed(ctx, at, true)
}
