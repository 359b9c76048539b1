package metrics

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"foxflow/foxreload"
)

// Outcomes that are no class of the API's.
const (
	ok       = "ok"
	followed = "redirected" // a slash redirect: sent once more
	granted  = "granted"
	held     = "held"
	failed   = "failed"
)

// Metrics is a foxreload.Observer.
var _ foxreload.Observer = (*Metrics)(nil)

// Call counts HTTP requests.
func (m *Metrics) Call(ctx context.Context, sent foxreload.Sent) func(foxreload.Ended) {
	return func(e foxreload.Ended) {
		outcome := string(e.Class)
		switch {
		case e.Followed:
			outcome = followed
		case outcome == "":
			outcome = ok
		}
		with := metric.WithAttributes(endpoint(sent), attribute.String("outcome", outcome))
		m.calls.Add(ctx, 1, with)
		m.callTook.Record(ctx, e.Took.Seconds(), with)
		if e.Status == http.StatusTooManyRequests {
			m.throttled.Add(ctx, 1, metric.WithAttributes(endpoint(sent)))
		}
	}
}

// Unreadable counts an answer that could not be used.
func (m *Metrics) Unreadable(sent foxreload.Sent) {
	m.unreadable.Add(context.Background(), 1, metric.WithAttributes(endpoint(sent)))
}

func endpoint(sent foxreload.Sent) attribute.KeyValue {
	return attribute.String("endpoint", sent.String())
}

// Gate counts what passes through a gate, and how long that takes.
func (m *Metrics) Gate(g foxreload.Gate) foxreload.Gate { return gate{g, m} }

type gate struct {
	foxreload.Gate
	m *Metrics
}

var priorities = map[foxreload.Priority]string{foxreload.PriorityPay: "pay", foxreload.PriorityCreate: "create", foxreload.PriorityPoll: "poll"}

func (g gate) Wait(ctx context.Context, p foxreload.Priority) error {
	began := time.Now()
	err := g.Gate.Wait(ctx, p)
	outcome, priority := granted, attribute.String("priority", priorities[p])
	switch {
	case errors.As(err, new(*foxreload.ThrottledError)):
		outcome = held
	case err != nil:
		outcome = failed
	default:
		g.m.waited.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(priority))
	}
	g.m.asked.Add(ctx, 1, metric.WithAttributes(priority, attribute.String("outcome", outcome)))
	return err
}
