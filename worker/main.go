package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"foxflow/activities"
	"foxflow/budget"
	"foxflow/codec"
	"foxflow/desk"
	"foxflow/ledger"
	"foxflow/logging"
	"foxflow/metrics"
	"foxflow/settings"
)

// dialTimeout is how long the worker waits for Temporal at its start before it
// gives up and leaves the next try to whoever supervises it.
const dialTimeout = 30 * time.Second

func main() {
	os.Exit(run(os.Args[1:], os.Environ()))
}

// run is the whole program. Exit status: 0 stopped in order, 1 error, 2 wrong
// usage.
func run(args, environ []string) int {
	if len(args) == 1 && args[0] == "health" {
		return askHealth(environ)
	}
	if len(args) > 0 {
		return usage(args, os.Stdout, os.Stderr)
	}
	s, err := settings.LoadWorker(environ)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	options, err := settings.Temporal(environ)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	logger, err := logging.New(s.Level, s.Format)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer func() { _ = logger.Sync() }()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, s, options, logger); err != nil {
		logger.Error("worker stopped", zap.Error(err))
		var wrong settings.Errors
		if errors.As(err, &wrong) {
			return 2
		}
		return 1
	}
	logger.Info("worker stopped")
	return 0
}

// serve runs the worker until ctx ends, then lets the calls in flight finish.
func serve(ctx context.Context, s settings.Worker, options client.Options, logger *zap.Logger) error {
	if s.Timeout > maxTimeout {
		return settings.Errors{{Variable: "FOXRELOAD_TIMEOUT", Problem: fmt.Sprintf("is %s; calls longer than %s outlast the activities that make them", s.Timeout, maxTimeout), Example: "FOXRELOAD_TIMEOUT=30s"}}
	}
	watching, err := observe(ctx, s, logger)
	if err != nil {
		return err
	}
	defer watching.close()
	keys, err := s.Keys()
	if err != nil {
		return err
	}
	book, err := ledger.Open(ctx, s.Ledger.Reveal(), keys)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }()
	book.Observe(watching.metrics)
	requests := book.Budget(s.APIKey.Reveal(), s.PerMinute)
	api, err := s.Client(closing{watching.metrics.Gate(budget.Gate(requests)), ctx})
	if err != nil {
		return err
	}
	api.Observe(watching.metrics, watching.tracing, watching.key)

	options = codec.Seal(options, keys)
	options.Logger = log.NewStructuredLogger(logging.Slog(logger))
	if options, err = watching.temporal(options); err != nil {
		return err
	}
	temporal, err := dial(ctx, options)
	if err != nil {
		return err
	}
	defer temporal.Close()

	acts := &activities.Activities{API: api, Money: api, Ledger: book, Now: time.Now, IdempotencyKeys: s.IdempotencyKey == "body",
		DailyLimit: s.DailyLimit, Currency: s.Currency, PayTakes: payTakes(s.Timeout), Polled: watching.metrics.Polled}
	workers := newWorkers(temporal, s, acts)
	health := newHealth(temporal, book, requests, watching.key, watching.polls, s)
	audits := &auditor{ledger: book, holder: uuid.NewString(), now: time.Now, log: logger}
	if err := watching.metrics.Watch(metrics.Sources{Figures: book.Figures, Standing: requests.Standing, Audit: audits.report, Ready: health.passing,
		Now: time.Now, Log: logger, PerMinute: s.PerMinute, LowBalance: s.LowBalance, DailyLimit: s.DailyLimit}); err != nil {
		return err
	}
	watch := &desk.Desk{API: api, Ledger: book, Temporal: temporal, Now: time.Now, Holder: uuid.NewString(),
		Currency: s.Currency, Low: s.LowBalance, Log: logger}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return health.serve(ctx, s.Addr, watching.handler(), logger) })
	group.Go(func() error { watchdog{health.look, logger, os.Exit}.run(ctx); return nil })
	group.Go(func() error { return workers.run(ctx, health, logger) })
	group.Go(func() error { watch.Run(ctx); return nil })
	group.Go(func() error { audits.run(ctx); return nil })
	group.Go(func() error { watching.key.ask(ctx, api.Account); return nil })
	return group.Wait()
}

// dial connects to Temporal, or says what stands in the way.
func dial(ctx context.Context, options client.Options) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		if obstacle := settings.Obstacle(options, err); obstacle != "" {
			err = fmt.Errorf("%w; %s", err, obstacle)
		}
		return nil, fmt.Errorf("connect to Temporal at %s: %w", options.HostPort, err)
	}
	return temporal, nil
}
