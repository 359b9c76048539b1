package tracing

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	temporal "go.temporal.io/sdk/contrib/opentelemetry"
)

// Tracing is where this process's spans go. A nil *Tracing is one that is off, and
// all its methods do nothing.
type Tracing struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// To is a collector and the name under which it knows this program.
type To struct {
	URL     string            // whole, with /v1/traces; "": off
	Headers map[string]string // secrets
	Service string
	// Failed is told when spans can't be delivered; nil: nobody is. They are lost
	// then, and nothing else is.
	Failed func(error)
}

// New makes the tracing of a process; nil when it is off. It sends nothing yet.
func New(ctx context.Context, to To) (*Tracing, error) {
	if to.URL == "" {
		return nil, nil
	}
	// The library's own remarks quote headers that it can't read.
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		if to.Failed != nil {
			to.Failed(err)
		}
	}))
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(to.URL), otlptracehttp.WithHeaders(to.Headers))
	if err != nil {
		return nil, fmt.Errorf("make exporter of traces: %w", err)
	}
	return with(ctx, to.Service, sdk.WithBatcher(exporter))
}

func with(ctx context.Context, service string, out sdk.TracerProviderOption) (*Tracing, error) {
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithFromEnv(), resource.WithAttributes(attribute.String("service.name", service)))
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("describe this program to the collector: %w", err)
	}
	provider := sdk.NewTracerProvider(out, sdk.WithResource(about))
	return &Tracing{provider: provider, tracer: provider.Tracer("foxflow")}, nil
}

// Close sends what is left, as long as ctx allows.
func (t *Tracing) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Temporal has a client, and the workers made from it, pass traces on: in headers
// alone. It adds no event to a history and asks nothing of a workflow's code.
func (t *Tracing) Temporal(o client.Options) (client.Options, error) {
	if t == nil {
		return o, nil
	}
	interceptor, err := temporal.NewTracingInterceptor(temporal.TracerOptions{
		Tracer: t.tracer,
		// Looks from outside are not part of an order's way, and the library would tell
		// of an update again whenever a worker takes the order up anew.
		DisableQueryTracing:  true,
		DisableUpdateTracing: true,
		// Baggage is for whatever somebody puts in; we pass ids alone.
		DisableBaggage:          true,
		AllowInvalidParentSpans: true,
		SpanStarter: func(ctx context.Context, tracer trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
			_, span := tracer.Start(ctx, name, options...)
			return wordless{span}
		},
	})
	if err != nil {
		return o, fmt.Errorf("trace Temporal: %w", err)
	}
	o.Interceptors = append(o.Interceptors, interceptor)
	return o, nil
}

// Begin is a span of our own, about one order.
func (t *Tracing) Begin(ctx context.Context, name, reference string) (context.Context, func()) {
	if t == nil {
		return ctx, func() {}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithAttributes(attribute.String("foxflow.reference", reference)))
	return ctx, func() { span.End() }
}

// Once passes on the first error alone: a collector that is away would be reported
// every few seconds.
func Once(tell func(error)) func(error) {
	var once sync.Once
	return func(err error) { once.Do(func() { tell(err) }) }
}
