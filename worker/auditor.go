package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"foxflow/internal/metrics"
	"foxflow/internal/store"
	"foxflow/ledger"
)

const (
	auditEvery = time.Hour
	// auditShare bounds what checking costs: it takes at most a twentieth of the time,
	// however long the log has grown.
	auditShare = 20
	// auditTick is how often an auditor looks whether a check is due; auditLease is when
	// another worker goes on if the one that checks dies.
	auditTick  = 30 * time.Second
	auditLease = 2 * time.Minute

	auditLeaseName = "audit check"
	auditSetting   = "audit check"
)

// auditor checks the whole audit log once an hour, on one worker for all that share
// the ledger. What it found is kept there, for the metrics of each.
type auditor struct {
	ledger *ledger.Ledger
	holder string // of the lease: no two have the same
	now    func() time.Time
	log    *zap.Logger
}

// run works until ctx ends.
func (a *auditor) run(ctx context.Context) {
	every(ctx, auditTick, a.tend, a.log, "check of the audit log")
}

// report is what the last check came to; the zero one before the first.
func (a *auditor) report(ctx context.Context) (r metrics.AuditReport, err error) {
	text, there, err := a.ledger.Switches.Setting(ctx, auditSetting)
	if err != nil || !there {
		return r, err
	}
	if json.Unmarshal([]byte(text), &r) != nil {
		r = metrics.AuditReport{} // nobody's: the next check writes it anew
	}
	return r, nil
}

// tend checks if it is time, and this worker's turn.
func (a *auditor) tend(ctx context.Context) error {
	return a.ledger.Store.Leases.Alone(ctx, store.Sole{Name: auditLeaseName, Holder: a.holder, Lasts: auditLease, Now: a.now}, a.due, a.check)
}

func (a *auditor) due(ctx context.Context) (bool, error) {
	last, err := a.report(ctx)
	if err != nil {
		return false, err
	}
	now, err := a.ledger.Store.Now(ctx, a.now())
	if err != nil {
		return false, err
	}
	age := now.Sub(last.At)
	return age >= max(auditEvery, auditShare*last.Took) || age < 0, nil
}

func (a *auditor) check(ctx context.Context) error {
	at, err := a.ledger.Store.Now(ctx, a.now())
	if err != nil {
		return err
	}
	began := a.now()
	orders, entries, broken, err := a.ledger.Log.VerifyAll(ctx)
	if err != nil {
		return err
	}
	r := metrics.AuditReport{At: at, Whole: len(broken) == 0, Orders: orders, Entries: entries, Took: a.now().Sub(began)}
	if !r.Whole {
		a.log.Error("the audit log was tampered with, or has lost entries: starter audit --verify-all", zap.Int("broken", len(broken)), zap.Error(broken[0]))
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := a.ledger.Switches.Set(ctx, auditSetting, string(text)); err != nil {
		return fmt.Errorf("keep what the check of the audit log came to: %w", err)
	}
	return nil
}
