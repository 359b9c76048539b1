package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	temporal "go.temporal.io/sdk/contrib/opentelemetry"

	"foxflow/foxreload"
	"foxflow/internal/watch"
	"foxflow/order"
)

const (
	ours          = "foxflow"
	temporalScope = "temporal-sdk-go"
)

// seconds are the buckets of what takes milliseconds to a minute, states those of
// what takes seconds to a day.
var (
	seconds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}
	states  = []float64{0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600}
)

// Metrics counts what happens in one process.
type Metrics struct {
	registry *prometheus.Registry
	provider *sdk.MeterProvider
	meter    metric.Meter
	failed   error  // of making instruments; told by New
	refresh  func() // reads what is shown of the sources; nil: there are none

	calls      metric.Int64Counter
	callTook   metric.Float64Histogram
	throttled  metric.Int64Counter
	unreadable metric.Int64Counter
	asked      metric.Int64Counter
	waited     metric.Float64Histogram
	ledgerTook metric.Float64Histogram
	entered    metric.Int64Counter
	stateTook  metric.Float64Histogram
	payments   metric.Int64Counter
	paid       metric.Float64Counter
	polls      metric.Int64Counter
	looks      metric.Int64Counter
	currency   string
}

// New makes the metrics of a process. currency is that of a price whose currency
// FoxReload does not say (FOXRELOAD_CURRENCY); empty: not known.
func New(currency string) (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	out, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("make metrics: %w", err)
	}
	// Left alone, Temporal's timers would be sorted into buckets of milliseconds.
	inSeconds := sdk.NewView(sdk.Instrument{Kind: sdk.InstrumentKindHistogram, Unit: "s", Scope: instrumentation.Scope{Name: temporalScope}},
		sdk.Stream{Aggregation: sdk.AggregationExplicitBucketHistogram{Boundaries: seconds}})
	provider := sdk.NewMeterProvider(sdk.WithReader(out), sdk.WithView(inSeconds))
	m := &Metrics{registry: registry, provider: provider, meter: provider.Meter(ours), currency: currency}
	m.instruments()
	if m.failed != nil {
		return nil, fmt.Errorf("make metrics: %w", m.failed)
	}
	m.zero()
	return m, nil
}

// zero shows what has not happened yet: a counter that begins at 1 has no rate, and
// its first event would alarm nobody.
func (m *Metrics) zero() {
	ctx := context.Background()
	for _, e := range foxreload.Endpoints() {
		m.throttled.Add(ctx, 0, metric.WithAttributes(endpoint(e)))
		m.unreadable.Add(ctx, 0, metric.WithAttributes(endpoint(e)))
		m.calls.Add(ctx, 0, metric.WithAttributes(endpoint(e), attribute.String("outcome", ok)))
	}
	for _, priority := range priorities {
		for _, outcome := range []string{granted, held} {
			m.asked.Add(ctx, 0, metric.WithAttributes(attribute.String("priority", priority), attribute.String("outcome", outcome)))
		}
	}
	for _, way := range []watch.Way{watch.BySelf, watch.ByList} {
		m.looks.Add(ctx, 0, metric.WithAttributes(attribute.String("by", string(way))))
	}
	for _, state := range order.States() {
		m.entered.Add(ctx, 0, metric.WithAttributes(attribute.String("state", string(state)), attribute.Bool("mock", false)))
	}
}

func (m *Metrics) instruments() {
	m.calls = m.counter("foxflow.api.requests", "HTTP requests to FoxReload, by endpoint and outcome (ok, or the class of what went wrong)")
	m.callTook = m.histogram("foxflow.api.request.duration", "How long HTTP requests to FoxReload took, without the wait for the request budget", seconds)
	m.throttled = m.counter("foxflow.api.throttled", "Answers 429: FoxReload asked for silence")
	m.unreadable = m.counter("foxflow.api.unreadable", "Answers that were a success and carried nothing that could be used")
	m.asked = m.counter("foxflow.budget.requests", "Requests that asked for a place in the request budget: granted, held (come back later) or failed")
	m.waited = m.histogram("foxflow.budget.wait", "How long granted requests waited in the budget's queue", seconds)
	m.ledgerTook = m.histogram("foxflow.ledger.operation.duration", "How long operations of the ledger took, waiting for other writers included; the vault's are store_codes and read_codes", seconds)
	m.entered = m.counter("foxflow.order.states.entered", "States that orders entered")
	m.stateTook = m.histogram("foxflow.order.state.duration", "How long orders were in the state that they left", states)
	m.payments = m.counter("foxflow.payments", "Orders that were first seen to be paid")
	m.paid = m.amount("foxflow.payments.amount", "What orders cost that were first seen to be paid, in their currency")
	m.polls = m.counter("foxflow.polls", "Looks at orders whose end is waited for: news, unchanged or error")
	m.looks = m.counter("foxflow.looks", "Orders whose end is waited for that were seen, by a request for one order (single) or in a page of the list (list)")
}

func (m *Metrics) note(err error) { m.failed = errors.Join(m.failed, err) }

func (m *Metrics) counter(name, about string) metric.Int64Counter {
	c, err := m.meter.Int64Counter(name, metric.WithDescription(about))
	m.note(err)
	return c
}

func (m *Metrics) amount(name, about string) metric.Float64Counter {
	c, err := m.meter.Float64Counter(name, metric.WithDescription(about))
	m.note(err)
	return c
}

func (m *Metrics) histogram(name, about string, buckets []float64) metric.Float64Histogram {
	h, err := m.meter.Float64Histogram(name, metric.WithDescription(about), metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(buckets...))
	m.note(err)
	return h
}

// Handler answers /metrics. It reads the sources before anything is collected
// (Watch says why).
func (m *Metrics) Handler() http.Handler {
	page := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.refresh != nil {
			m.refresh()
		}
		page.ServeHTTP(w, r)
	})
}

// Temporal takes in what Temporal's SDK measures of itself.
func (m *Metrics) Temporal() client.MetricsHandler {
	return temporal.NewMetricsHandler(temporal.MetricsHandlerOptions{
		Meter:                m.provider.Meter(temporalScope),
		UseMonotonicCounters: true,
		OnError:              func(error) {}, // the default panics; a metric is not worth a worker
	})
}
