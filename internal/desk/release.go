package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap"

	"foxflow/internal/store"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

const (
	// releaseEvery is how often orders that are paused are looked through while payments
	// are made: the day's limit may have room, or be another.
	releaseEvery = 15 * time.Second
	// toldAgain is how long an order that was told is left alone.
	toldAgain = time.Minute
	// requestsPerRelease are what an order that goes on asks of FoxReload at once: it is
	// looked at, and paid.
	requestsPerRelease = 2

	releaseLease   = "paused orders"
	releaseSetting = "paused orders looked through"
)

// Release tells paused orders that they may be paid, or that they wait for something else
// now. Like the reading of the balance, it is one worker's work for all.
type Release struct {
	Ledger   *ledger.Ledger
	Temporal Signaller
	Now      func() time.Time
	// Holder names this worker in the lease: no two have the same.
	Holder string
	// Withheld says what a paused order waits for now; "": it may be paid.
	Withheld func(context.Context, order.Status) (order.Wait, error)
	// PerMinute is the request budget.
	PerMinute int
	Log       *zap.Logger

	// told is when this worker told an order last: one that does not move is passed over
	// for a while, so that it holds up nobody.
	told map[string]time.Time
}

// Tend looks through the paused orders if it is time, and this worker's turn. Call it once a
// second.
func (r *Release) Tend(ctx context.Context) error {
	return r.Ledger.Store.Leases.Alone(ctx, store.Sole{Name: releaseLease, Holder: r.Holder, Lasts: leaseLasts, Now: r.Now}, r.due, r.tell)
}

// due says whether there are paused orders to look through. While payments are
// switched off there are none: whatever they wait for, they are not paid.
func (r *Release) due(ctx context.Context) (bool, error) {
	paused, err := r.Ledger.Orders.List(ctx, ledger.Filter{State: order.Paused, Limit: 1})
	if err != nil || len(paused) == 0 {
		return false, err
	}
	if _, _, off, err := r.Ledger.Switches.Paused(ctx); err != nil || off {
		return false, err
	}
	var last time.Time
	text, there, err := r.Ledger.Switches.Setting(ctx, releaseSetting)
	if err != nil || !there || json.Unmarshal([]byte(text), &last) != nil {
		return err == nil, err
	}
	now, err := r.Ledger.Store.Now(ctx, r.Now())
	age := now.Sub(last)
	return age >= releaseEvery || age < 0, err
}

// tell looks through the paused orders, in the order of placing, and tells as many that
// they may be paid as the request budget can carry until it looks again.
func (r *Release) tell(ctx context.Context) error {
	now, err := r.Ledger.Store.Now(ctx, r.Now())
	if err != nil {
		return err
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	if err := r.Ledger.Switches.Set(ctx, releaseSetting, string(text)); err != nil {
		return err
	}
	paused, err := r.paused(ctx, now)
	if err != nil {
		return err
	}
	told, full := 0, tooDear{}
	for _, s := range paused {
		changed, err := r.changed(ctx, s, full)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		found, err := r.tellOne(ctx, s)
		if err != nil {
			return err
		}
		r.told[s.Reference] = now
		if found {
			told++
		}
		if told*requestsPerRelease >= r.PerMinute*int(releaseEvery/time.Second)/60 {
			break
		}
	}
	if told > 0 {
		r.Log.Info("paused orders told to look again", zap.Int("told", told), zap.Int("paused", len(paused)))
	}
	return nil
}

// paused are the paused orders that may be told, in the order of placing: not one that was
// told just now, nor one whose payment is in doubt, which is looked at all the while and goes
// on by itself.
func (r *Release) paused(ctx context.Context, now time.Time) (paused []order.Status, err error) {
	if r.told == nil {
		r.told = map[string]time.Time{}
	}
	maps.DeleteFunc(r.told, func(_ string, at time.Time) bool { return now.Sub(at) >= toldAgain })
	err = r.Ledger.Orders.Each(ctx, ledger.Filter{State: order.Paused}, func(s order.Status) error {
		if _, just := r.told[s.Reference]; !just && !s.PaymentInDoubt {
			paused = append(paused, s)
		}
		return nil
	})
	slices.SortFunc(paused, func(a, b order.Status) int { return a.StartedAt.Compare(b.StartedAt) })
	return paused, err
}

// changed says whether an order waits for something else now than is on record, or for nothing.
func (r *Release) changed(ctx context.Context, s order.Status, full tooDear) (bool, error) {
	if full.knows(s) {
		return false, nil
	}
	wait, err := r.Withheld(ctx, s)
	if err != nil {
		return false, fmt.Errorf("ask whether the payment of order %s is withheld: %w", s.Reference, err)
	}
	if wait == order.WaitNextDay {
		full.learn(s)
	}
	return s.WaitingForCode == nil || wait != *s.WaitingForCode, nil
}

// tellOne has an order look again. One that has no workflow any more is not found.
func (r *Release) tellOne(ctx context.Context, s order.Status) (found bool, err error) {
	err = r.Temporal.SignalWorkflow(ctx, s.WorkflowID, "", workflows.SignalTopUp, nil)
	if missing := new(serviceerror.NotFound); errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tell order %s: %w", s.Reference, err)
	}
	return true, nil
}

// tooDear holds, by currency, the smallest amount for which the day's limit has no room, so
// that the ledger is asked once, not for each order that costs as much.
type tooDear map[string]decimal.Decimal

func (t tooDear) learn(s order.Status) {
	if amount, known := s.Amount(); known && s.Currency != nil {
		t[*s.Currency] = amount
	}
}

// knows says that an order waits for the next day already, and still does.
func (t tooDear) knows(s order.Status) bool {
	amount, known := s.Amount()
	if !known || s.Currency == nil || s.WaitingForCode == nil || *s.WaitingForCode != order.WaitNextDay {
		return false
	}
	least, there := t[*s.Currency]
	return there && amount.GreaterThanOrEqual(least)
}
