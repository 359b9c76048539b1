package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap"

	"foxflow/ledger"
	"foxflow/workflows"
)

// wake gives out the money that nobody was promised, in the order of ledger.Waiting.
// An order that doesn't fit into what is left is passed over, and so is not in the way
// of those that do: money that can serve somebody does not lie idle. Of those whose
// currency the balance does not list, as many find out as may.
func (d *Desk) wake(ctx context.Context) error {
	waiting, err := d.Ledger.Waiting(ctx)
	if err != nil {
		return err
	}
	rest, err := d.Ledger.Rest(ctx, d.Now())
	if err != nil {
		return err
	}
	var woken int
	mayProbe := true
	sums := map[string]decimal.Decimal{}
	for _, need := range waiting {
		claim, ok := d.claim(need), false
		switch probes := rest.Unlisted(claim); {
		case probes && mayProbe:
			var full bool
			ok, full, err = d.Ledger.PromiseProbe(ctx, claim)
			mayProbe = !full
		case !probes && rest.Covers(claim):
			ok, err = d.Ledger.Promise(ctx, claim)
		}
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		told, err := d.tell(ctx, need)
		if err != nil {
			return err
		}
		if told {
			woken++
			rest.Take(claim)
			if claim.Amount != nil {
				sums[claim.Currency] = sums[claim.Currency].Add(*claim.Amount)
			}
		}
	}
	if woken > 0 {
		d.Log.Info("orders woken: the balance covers them, or does not say", zap.Int("woken", woken), zap.Int("waiting", len(waiting)), zap.Any("money", sums))
	}
	return nil
}

func (d *Desk) claim(need ledger.Need) ledger.Claim {
	c := ledger.Claim{Reference: need.Reference, Currency: need.Currency, Amount: need.Amount, At: d.Now(), Waits: true}
	if c.Currency == "" {
		c.Currency = d.Currency
	}
	return c
}

// tell has an order look again. One that has no workflow any more is not told, and
// its money goes to the next.
func (d *Desk) tell(ctx context.Context, need ledger.Need) (told bool, err error) {
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
	return false, errors.Join(err, d.Ledger.TakeBack(context.WithoutCancel(ctx), need.Reference))
}

// probe is for a balance that can't be read: whoever asked for a look is not left
// without an answer. The first in line find out, as many as may, and each that is paid
// asks for the next. Where nobody may now, the question stays.
func (d *Desk) probe(ctx context.Context, at time.Time) error {
	now, err := d.Ledger.Desk(ctx)
	if err != nil || !now.Asked || !now.Waits {
		return errors.Join(err, d.Ledger.LookFailed(ctx, at, true))
	}
	waiting, err := d.Ledger.Waiting(ctx)
	if err != nil {
		return err
	}
	for _, need := range waiting {
		ok, full, err := d.Ledger.PromiseProbe(ctx, d.claim(need))
		switch {
		case err != nil:
			return err
		case full:
			return d.Ledger.LookFailed(ctx, at, false)
		case !ok:
			continue
		}
		if _, err := d.tell(ctx, need); err != nil {
			return err
		}
	}
	return d.Ledger.LookFailed(ctx, at, true)
}
