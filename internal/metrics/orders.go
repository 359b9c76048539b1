package metrics

import (
	"cmp"
	"context"
	"regexp"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"foxflow/activities"
	"foxflow/internal/watch"
	"foxflow/ledger"
)

// Metrics is a ledger.Observer.
var _ ledger.Observer = (*Metrics)(nil)

// Took measures the ledger's operations.
func (m *Metrics) Took(operation string, d time.Duration) {
	m.ledgerTook.Record(context.Background(), d.Seconds(), metric.WithAttributes(attribute.String("operation", operation)))
}

// Entered counts states, the time in them, and payments.
func (m *Metrics) Entered(s ledger.Transition) {
	ctx, mock := context.Background(), attribute.Bool("mock", s.Mock)
	m.entered.Add(ctx, 1, metric.WithAttributes(attribute.String("state", string(s.To)), mock))
	if s.From != "" {
		m.stateTook.Record(ctx, s.Spent.Seconds(), metric.WithAttributes(attribute.String("state", string(s.From))))
	}
	if !s.Paid {
		return
	}
	with := metric.WithAttributes(attribute.String("currency", m.currencyOf(s.Currency)), mock)
	m.payments.Add(ctx, 1, with)
	if s.Amount != nil {
		m.paid.Add(ctx, s.Amount.InexactFloat64(), with)
	}
}

// Polled counts looks at orders.
func (m *Metrics) Polled(result activities.Polled) {
	m.polls.Add(context.Background(), 1, metric.WithAttributes(attribute.String("result", string(result))))
}

// Looked counts orders that were seen, and how.
func (m *Metrics) Looked(by watch.Way) {
	m.looks.Add(context.Background(), 1, metric.WithAttributes(attribute.String("by", string(by))))
}

var currencyRE = regexp.MustCompile(`^[a-z]{3,5}$`)

// currencyOf keeps the label small, whatever FoxReload calls a currency.
func (m *Metrics) currencyOf(name string) string {
	name = cmp.Or(name, m.currency, "unknown")
	if name != "unknown" && !currencyRE.MatchString(name) {
		return "other"
	}
	return name
}
