package main

import (
	"context"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"foxflow/internal/metrics"
	"foxflow/internal/settings"
	"foxflow/internal/tracing"
)

// tracingStops bounds how long a stopping worker waits for a collector.
const tracingStops = 3 * time.Second

// observation is all that watches this worker.
type observation struct {
	metrics *metrics.Metrics
	tracing *tracing.Tracing
	key     *keyState
	polls   *pollState
	clock   *clockState
}

func observe(ctx context.Context, s settings.Worker, logger *zap.Logger) (*observation, error) {
	m, err := metrics.New(s.Currency)
	if err != nil {
		return nil, err
	}
	t, err := tracing.New(ctx, tracing.To{URL: s.TracesURL(), Headers: s.TracesHeaders(), Service: s.Service("foxflow-worker"),
		Failed: tracing.Once(func(err error) { logger.Warn("traces can't be sent; orders go on without", zap.Error(err)) })})
	if err != nil {
		return nil, err
	}
	return &observation{metrics: m, tracing: t, polls: newPollState(time.Now), clock: &clockState{now: time.Now},
		key: &keyState{now: time.Now, changed: func(to keyStanding, status int) {
			switch to {
			case keyRefused:
				logger.Warn("FoxReload refuses the key or this address", zap.Int("status", status))
			case keyForeign:
				logger.Warn("whoever answers is not FoxReload: mend FOXRELOAD_BASE_URL, or the proxy on the way", zap.Int("status", status))
			default:
				logger.Info("FoxReload accepts the key again")
			}
		}}}, nil
}

// temporal has a connection to Temporal observed.
func (o *observation) temporal(options client.Options) (client.Options, error) {
	options.MetricsHandler = o.metrics.Temporal()
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(o.polls.intercept))
	return o.tracing.Temporal(options)
}

// close sends the last spans.
func (o *observation) close() {
	ctx, cancel := context.WithTimeout(context.Background(), tracingStops)
	defer cancel()
	_ = o.tracing.Close(ctx)
}

func (o *observation) handler() http.Handler { return o.metrics.Handler() }
