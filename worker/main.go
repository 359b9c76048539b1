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
	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/internal/budget"
	"foxflow/internal/codec"
	"foxflow/internal/desk"
	"foxflow/internal/door"
	"foxflow/internal/logging"
	"foxflow/internal/metrics"
	"foxflow/internal/program"
	"foxflow/internal/reconcile"
	"foxflow/internal/settings"
	"foxflow/internal/watch"
	"foxflow/ledger"
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
		return program.Usage("worker", help(), args, os.Stdout, os.Stderr)
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
		logger.Error("worker stopped", zap.Error(err), zap.String("fix", ledger.Fix(err)))
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
	since, err := book.Store.Now(ctx, time.Now())
	if err != nil {
		return err
	}
	requests := budget.New(book.Store, book.KeyID(s.APIKey.Reveal()), s.PerMinute)
	api, err := s.Client(closing{watching.metrics.Gate(requests), ctx})
	if err != nil {
		return err
	}
	api.Observe(watching.metrics, watching.tracing, watching.key, watching.clock)

	options, self := codec.Seal(options, keys), uuid.NewString()
	options.Identity = identity(book.ID(), self)
	temporal, err := connect(ctx, options, book, watching, logger)
	if err != nil {
		return err
	}
	defer temporal.Close()

	acts := &activities.Activities{API: api, Money: api, Ledger: book, Now: time.Now, IdempotencyKeys: s.IdempotencyKey == "body",
		DailyLimit: s.DailyLimit, Currency: s.Currency, PayTakes: payTakes(s.Timeout), Since: since, Polled: watching.metrics.Polled}
	watcher := newWatcher(acts, api, temporal, options.Namespace, requests, s, watching, logger)
	fence := &fence{ledger: book.ID(), payloads: options.DataConverter, now: time.Now, log: logger}
	workers := newWorkers(temporal, s, acts, fence)
	census := newCensus(book, reconcile.Temporal{Client: temporal, Namespace: options.Namespace, Payloads: options.DataConverter}, payTakes(s.Timeout), logger)
	health := newHealth(temporal, book, requests, watching, s)
	copies := newCopies(book, temporal, s.TaskQueue, self, logger)
	health.holdAgainst(census, fence, copies)
	audits := &auditor{ledger: book, holder: uuid.NewString(), now: time.Now, log: logger}
	if err := watching.metrics.Watch(metrics.Sources{Figures: book.Figures, Money: balance.New(book.Store).Figures, Standing: requests.Standing, Audit: audits.report, Astray: census.astray, Ready: health.passing,
		Now: time.Now, Log: logger, PerMinute: s.PerMinute, LowBalance: s.LowBalance, DailyLimit: s.DailyLimit}); err != nil {
		return err
	}
	balances := &desk.Desk{API: api, Store: book.Store, Temporal: temporal, Now: time.Now, Holder: uuid.NewString(), Currency: s.Currency, Low: s.LowBalance, Log: logger}
	entrance := &door.Door{Ledger: book, Temporal: temporal, Payloads: options.DataConverter, TaskQueue: s.TaskQueue, Now: time.Now, Holder: uuid.NewString(), PerMinute: s.PerMinute, Budget: requests.Standing, Log: logger}
	release := &desk.Release{Ledger: book, Temporal: temporal, Now: time.Now, Holder: uuid.NewString(), Withheld: acts.Withheld, PerMinute: s.PerMinute, Log: logger}

	serving := func(ctx context.Context) error { return health.serve(ctx, s.Addr, watching.handler(), logger) }
	working := func(ctx context.Context) error { return workers.runOn(ctx, book, payTakes(s.Timeout), health, logger) }
	asking := func(ctx context.Context) { watching.key.ask(ctx, api.Account, watching.clock.off) }
	return together(ctx, serving, working, watchdog{health.look, logger, os.Exit}.run, watcher.Run, tending(balances.Tend, logger, "balance desk"), tending(release.Tend, logger, "release of paused orders"), tending(entrance.Tend, logger, "door"), audits.run, census.run, copies.run, asking, collectSeldom)
}

// together serves and works, with the jobs beside it, until one of the two fails or ctx ends.
func together(ctx context.Context, serving, working func(context.Context) error, jobs ...func(context.Context)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serving(ctx) })
	group.Go(func() error { return working(ctx) })
	for _, run := range jobs {
		group.Go(func() error { run(ctx); return nil })
	}
	return group.Wait()
}

// newWatcher is what looks at all orders for their activities.
func newWatcher(acts *activities.Activities, api *foxreload.Client, temporal client.Client, namespace string, requests *budget.Budget, s settings.Worker, seen *observation, logger *zap.Logger) *watch.Watcher {
	w := watch.New(watch.Parts{Orders: activities.LookerFor(acts), API: api, Ledger: acts.Ledger, Temporal: temporal, Namespace: namespace, Now: time.Now,
		Holder: uuid.NewString(), PerMinute: s.PerMinute, Budget: requests.Standing, Looked: seen.metrics.Looked, Log: logger})
	acts.Watch = w.Registered
	return w
}

// connect is a connection to Temporal, observed, that goes with the ledger.
func connect(ctx context.Context, options client.Options, book *ledger.Ledger, watching *observation, logger *zap.Logger) (client.Client, error) {
	options.Logger = log.NewStructuredLogger(logging.Slog(logger))
	options, err := watching.temporal(options)
	if err != nil {
		return nil, err
	}
	temporal, err := dial(ctx, options)
	if err != nil {
		return nil, err
	}
	if err := book.GoesWith(ctx, options.Namespace); err != nil {
		temporal.Close()
		return nil, err
	}
	return temporal, nil
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
