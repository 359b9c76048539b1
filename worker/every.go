package main

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// tending is a job that is done once a second.
func tending(job func(context.Context) error, log *zap.Logger, words string) func(context.Context) {
	return func(ctx context.Context) { every(ctx, time.Second, job, log, words) }
}

// every does a job of the worker at once and then with each tick, until ctx ends. What
// fails is logged under the words, and tried again.
func every(ctx context.Context, tick time.Duration, job func(context.Context) error, log *zap.Logger, words string) {
	for ticker := time.NewTicker(tick); ; {
		if err := job(ctx); err != nil && ctx.Err() == nil {
			log.Warn(words, zap.Error(err))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			ticker.Stop()
			return
		}
	}
}
