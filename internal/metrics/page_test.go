package metrics

import (
	"context"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	"go.yaml.in/yaml/v3"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/internal/pages"
	"foxflow/ledger"
	"foxflow/order"
)

// docs/metrics.md has every metric of foxflow's own, as Prometheus reads it.
func TestThePageHasEveryMetric(t *testing.T) {
	m := everythingHappened(t)
	families, err := m.registry.Gather()
	require.NoError(t, err)
	var rows [][]string
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), ours+"_") {
			continue
		}
		var labels []string
		for _, series := range f.GetMetric() {
			for _, label := range series.GetLabel() {
				if name := pages.Code(label.GetName()); !slices.Contains(labels, name) {
					labels = append(labels, name)
				}
			}
		}
		rows = append(rows, []string{pages.Code(f.GetName()), strings.ToLower(f.GetType().String()), strings.Join(labels, ", "), f.GetHelp()})
	}
	require.Len(t, rows, len(gauges)+counting(), "a metric is missing: have everythingHappened show it")
	pages.Holds(t, "docs/metrics.md", "metrics", pages.Table([]string{"Metric", "Type", "Labels", "Meaning"}, rows))
}

// everythingHappened are metrics that show every series once.
func everythingHappened(t *testing.T) *Metrics {
	t.Helper()
	m, now, failure, reads := newMetrics(t), noon, error(nil), 0
	s := sources(&now, &failure, &reads)
	s.Audit = func(context.Context) (AuditReport, error) { return AuditReport{At: noon, Whole: true}, nil }
	require.NoError(t, m.Watch(s))
	m.Call(t.Context(), foxreload.Endpoints()[0])(foxreload.Ended{Status: 200})
	require.NoError(t, m.Gate(&answers{nil}).Wait(t.Context(), foxreload.PriorityPay))
	m.Took("record", time.Second)
	m.Entered(ledger.Transition{From: order.Active, To: order.Paid, Paid: true, Amount: price("9.55"), Currency: "usd"})
	m.Polled(activities.PolledNews)
	m.refresh()
	return m
}

// counting is how many instruments count what happens: the fields that are one.
func counting() (n int) {
	kinds := []reflect.Type{reflect.TypeFor[metric.Int64Counter](), reflect.TypeFor[metric.Float64Counter](), reflect.TypeFor[metric.Float64Histogram]()}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Metrics]()) {
		if slices.Contains(kinds, f.Type) {
			n++
		}
	}
	return n
}

// What an alert's text leaves to Prometheus.
var filledIn = regexp.MustCompile(`\{\{.*?\}\}`)

// docs/metrics.md has every alert in the words of its rule.
func TestThePageHasEveryAlert(t *testing.T) {
	text, err := os.ReadFile("../../deploy/prometheus/foxflow.rules.yml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, For          string
				Labels, Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	var rows [][]string
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" {
				continue
			}
			said := rule.Annotations["description"]
			assert.NotEmpty(t, said, rule.Alert)
			rows = append(rows, []string{pages.Code(rule.Alert), rule.Labels["severity"], rule.For, filledIn.ReplaceAllString(rule.Annotations["summary"], "…"), said})
		}
	}
	require.NotEmpty(t, rows)
	pages.Holds(t, "docs/metrics.md", "alerts", pages.Table([]string{"Alert", "Severity", "After", "Says", "What it means, and what to do"}, rows))
}
