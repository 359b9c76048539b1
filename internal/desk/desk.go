package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/zap"

	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/internal/store"
)

const (
	// lookEvery is how often the balance is read while orders wait for money, or for their
	// turn, at least.
	lookEvery = time.Minute
	// lookSoonest is the time between looks that somebody asks for.
	lookSoonest = 5 * time.Second
	// lookIdle is how often it is read while no order waits, where a balance that runs
	// low is to be told of; else it is not read at all then.
	lookIdle = 5 * time.Minute
	// afterFailure is the time to the next look after one that failed.
	afterFailure = 15 * time.Second

	// readTakes is the longest that a look waits for the balance.
	readTakes = 20 * time.Second

	leaseName = "balance desk"
	// leaseLasts is when another worker goes on if the one at the desk dies: as soon as
	// Temporal would notice it.
	leaseLasts = 10 * time.Second
)

// API is the part of FoxReload that the desk needs; *foxreload.Client is one.
type API interface {
	Balances(context.Context) ([]foxreload.Balance, error)
}

// Signaller wakes orders; Temporal's client is one.
type Signaller interface {
	SignalWorkflow(ctx context.Context, workflowID, runID, signal string, arg any) error
}

// Desk is one worker's balance desk.
type Desk struct {
	API      API
	Store    *store.Store
	Temporal Signaller
	Now      func() time.Time
	// Holder names this desk in the lease: no two have the same.
	Holder string
	// Currency is that of a price whose currency is not said; empty: not known.
	Currency string
	// Low is the balance below which a warning is logged, by currency (lower case).
	Low map[string]decimal.Decimal
	Log *zap.Logger

	notBefore time.Time // of the next look, after one that failed
}

func (d *Desk) account() *balance.Account { return balance.New(d.Store) }

// Tend does what is to be done at the desk now, if it is this worker's turn. Call it once a
// second.
func (d *Desk) Tend(ctx context.Context) error {
	at := d.Now()
	if at.Before(d.notBefore) {
		return nil
	}
	return d.Store.Leases.Alone(ctx, store.Sole{Name: leaseName, Holder: d.Holder, Lasts: leaseLasts, Now: d.Now},
		func(ctx context.Context) (bool, error) { return d.due(ctx, at) },
		func(ctx context.Context) error { return d.look(ctx, at) })
}

// due says whether the balance is to be read.
func (d *Desk) due(ctx context.Context, at time.Time) (bool, error) {
	now, err := d.account().Standing(ctx)
	if err != nil {
		return false, err
	}
	if at, err = d.Store.Now(ctx, at); err != nil {
		return false, err
	}
	every := lookEvery
	switch {
	case now.Asked && (now.Waits || now.Queued || now.Watched):
		every = lookSoonest
	case now.Waits, now.Queued: // queued ones begin as far as the balance is known to reach
	case len(d.Low) > 0:
		every = lookIdle
	default:
		return false, nil
	}
	age := at.Sub(now.LookedAt)
	return age >= every || age < 0, nil
}

// look reads the balance and wakes whom it covers.
func (d *Desk) look(ctx context.Context, at time.Time) error {
	balances, err := d.read(ctx)
	var throttled *foxreload.ThrottledError
	switch {
	case errors.As(err, &throttled):
		d.notBefore = at.Add(throttled.For) // the budget has no room: nothing was asked
		return nil
	case err != nil:
		d.notBefore = at.Add(afterFailure)
		return errors.Join(err, d.probe(ctx, at))
	}
	before, err := d.account().Saw(ctx, at, balances)
	if err != nil {
		return err
	}
	d.warn(before, balances)
	return d.wake(ctx)
}

// read asks FoxReload, behind payments and new orders.
func (d *Desk) read(ctx context.Context) (map[string]decimal.Decimal, error) {
	ctx, stop := context.WithTimeout(ctx, readTakes)
	defer stop()
	answer, err := d.API.Balances(foxreload.WithPriority(ctx, foxreload.PriorityPoll))
	if err != nil {
		return nil, fmt.Errorf("read balance: %w", err)
	}
	balances := map[string]decimal.Decimal{}
	for _, b := range answer {
		balances[b.Currency] = balances[b.Currency].Add(b.Available)
	}
	return balances, nil
}

// warn tells of each balance that has fallen below its threshold, once.
func (d *Desk) warn(before, now map[string]decimal.Decimal) {
	for currency, threshold := range d.Low {
		if before != nil && before[currency].LessThan(threshold) || !now[currency].LessThan(threshold) {
			continue
		}
		d.Log.Warn("balance is low", zap.String("currency", currency), zap.Stringer("available", now[currency]), zap.Stringer("threshold", threshold))
	}
}
