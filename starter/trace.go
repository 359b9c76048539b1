package main

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"foxflow/tracing"
)

// tracingStops bounds how long a command waits for a collector at its end.
const tracingStops = 3 * time.Second

// trace has what a command does in Temporal traced, where a collector is configured.
func (d *desk) trace(ctx context.Context, options client.Options) (_ client.Options, err error) {
	if d.tracing == nil {
		d.tracing, err = tracing.New(ctx, tracing.To{URL: d.settings.TracesURL(), Headers: d.settings.TracesHeaders(), Service: d.settings.Service("foxflow-starter"),
			Failed: tracing.Once(func(err error) { d.Note("traces can't be sent; all else goes on: %v", err) })})
		if err != nil {
			return options, err
		}
	}
	return d.tracing.Temporal(options)
}

// sendTraces sends the last spans.
func (a *app) sendTraces() {
	ctx, cancel := context.WithTimeout(context.Background(), tracingStops)
	defer cancel()
	_ = a.tracing.Close(ctx)
}
