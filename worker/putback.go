package main

import (
	"context"
	"time"

	"go.uber.org/zap"

	"foxflow/ledger"
)

// runOn runs both workers on a ledger.
func (p pair) runOn(ctx context.Context, book *ledger.Ledger, payTakes time.Duration, h *health, logger *zap.Logger) error {
	if err := letLand(ctx, book, payTakes, logger); err != nil {
		return err
	}
	return p.run(ctx, h, logger)
}

// letLand waits where the ledger is a backup that was put back, until every payment has
// landed that may have left before: only the lost ledger knew of it. From then on a look shows it,
// and each order is looked at before it is paid.
func letLand(ctx context.Context, book *ledger.Ledger, payTakes time.Duration, logger *zap.Logger) error {
	taken, err := book.BackedUp(context.WithoutCancel(ctx))
	if err != nil || taken.IsZero() {
		return err
	}
	logger.Warn("the ledger was put back from a backup: work begins once all has landed that may have been sent before; then: starter ledger reconcile",
		zap.Time("taken", taken), zap.Duration("begins_in", payTakes))
	select {
	case <-time.After(payTakes):
	case <-ctx.Done():
		return nil
	}
	return book.InUseAgain(ctx)
}
