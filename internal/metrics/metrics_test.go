package metrics

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/internal/budget"
	"foxflow/ledger"
	"foxflow/order"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newMetrics(t *testing.T) *Metrics {
	t.Helper()
	m, err := New("")
	require.NoError(t, err)
	return m
}

// shown are the lines of foxflow's own metrics.
func shown(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	text, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	return "\n" + strings.Join(regexp.MustCompile(`(?m)^foxflow_.*$`).FindAllString(string(text), -1), "\n") + "\n"
}

func price(s string) *decimal.Decimal { d := decimal.RequireFromString(s); return &d }

func TestCallsAreCountedByEndpointAndOutcome(t *testing.T) {
	m := newMetrics(t)
	pay := foxreload.Sent{Method: "POST", Path: "/api/orders/{id}/pay"}
	for _, e := range []foxreload.Ended{{Status: 200, Took: time.Second}, {Status: 200}, {Status: 429, Class: foxreload.ClassPassing}, {Status: 308, Followed: true}, {Class: foxreload.ClassUnknown}} {
		m.Call(t.Context(), pay)(e)
	}
	m.Unreadable(pay)
	text := shown(t, m)
	for outcome, n := range map[string]string{"ok": "2", "passing": "1", "redirected": "1", "unknown_outcome": "1"} {
		assert.Contains(t, text, "\nfoxflow_api_requests_total{endpoint=\"POST /api/orders/{id}/pay\",outcome=\""+outcome+"\"} "+n+"\n")
	}
	assert.Contains(t, text, "\nfoxflow_api_request_duration_seconds_sum{endpoint=\"POST /api/orders/{id}/pay\",outcome=\"ok\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_api_throttled_total{endpoint=\"POST /api/orders/{id}/pay\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_api_throttled_total{endpoint=\"GET /api/orders/{id}\"} 0\n", "what has not happened yet is 0, not missing")
	assert.Contains(t, text, "\nfoxflow_api_unreadable_total{endpoint=\"POST /api/orders/{id}/pay\"} 1\n")
}

// answers is a gate that says what it is told to.
type answers []error

func (a *answers) Wait(context.Context, foxreload.Priority) error {
	err := (*a)[0]
	*a = (*a)[1:]
	return err
}
func (*answers) Throttle(context.Context, time.Duration) error { return nil }

func TestTheGateIsCountedAndUnchanged(t *testing.T) {
	m := newMetrics(t)
	broken, held := errors.New("disk is full"), &foxreload.ThrottledError{For: time.Second}
	g := m.Gate(&answers{nil, held, broken})
	require.NoError(t, g.Wait(t.Context(), foxreload.PriorityPay))
	require.ErrorIs(t, g.Wait(t.Context(), foxreload.PriorityPoll), held)
	require.ErrorIs(t, g.Wait(t.Context(), foxreload.PriorityCreate), broken)
	text := shown(t, m)
	assert.Contains(t, text, "\nfoxflow_budget_requests_total{outcome=\"granted\",priority=\"pay\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_budget_requests_total{outcome=\"held\",priority=\"poll\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_budget_requests_total{outcome=\"failed\",priority=\"create\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_budget_wait_seconds_count{priority=\"pay\"} 1\n")
	assert.NotContains(t, text, "foxflow_budget_wait_seconds_count{priority=\"poll\"}", "one that was put off did not wait")
}

func TestStatesAndPayments(t *testing.T) {
	m := newMetrics(t)
	m.Entered(ledger.Transition{From: order.Active, Spent: 4 * time.Second, To: order.Paid, Paid: true, Amount: price("9.55"), Currency: "usd"})
	m.Entered(ledger.Transition{From: order.Paid, Spent: time.Second, To: order.Completed, Amount: price("9.55"), Currency: "usd"})
	m.Entered(ledger.Transition{From: order.Active, To: order.Paid, Paid: true, Mock: true, Amount: price("1"), Currency: "usd"})
	m.Entered(ledger.Transition{From: order.Active, To: order.Paid, Paid: true}) // neither price nor currency is known
	m.Took("record", time.Second)
	m.Polled(activities.PolledNews)
	text := shown(t, m)
	assert.Contains(t, text, "\nfoxflow_payments_total{currency=\"usd\",mock=\"false\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_payments_amount_total{currency=\"usd\",mock=\"false\"} 9.55\n")
	assert.Contains(t, text, "\nfoxflow_payments_amount_total{currency=\"usd\",mock=\"true\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_payments_total{currency=\"unknown\",mock=\"false\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_order_states_entered_total{mock=\"false\",state=\"paid\"} 2\n")
	assert.Contains(t, text, "\nfoxflow_order_state_duration_seconds_sum{state=\"active\"} 4\n")
	assert.Contains(t, text, "\nfoxflow_ledger_operation_duration_seconds_sum{operation=\"record\"} 1\n")
	assert.Contains(t, text, "\nfoxflow_polls_total{result=\"news\"} 1\n")
}

// FoxReload names currencies: whatever it calls them, the label stays one of few.
func TestNoForeignTextBecomesALabel(t *testing.T) {
	m := newMetrics(t)
	for _, name := range []string{"player-77310042", "us d", "USD", strings.Repeat("x", 500)} {
		assert.Equal(t, "other", m.currencyOf(name))
	}
	assert.Equal(t, "usdt", m.currencyOf("usdt"))
	assert.Equal(t, "unknown", m.currencyOf(""))
	rub, err := New("rub")
	require.NoError(t, err)
	assert.Equal(t, "rub", rub.currencyOf(""))
}

// sources are those of a shop where one order waits.
func sources(now *time.Time, failure *error, reads *int) Sources {
	return Sources{
		Figures: func(context.Context, time.Time) (ledger.Figures, error) {
			*reads++
			return ledger.Figures{At: noon, Orders: map[order.State]int{order.AwaitingTopUp: 1, order.Completed: 7},
				Oldest: map[order.State]time.Time{order.AwaitingTopUp: noon.Add(-time.Hour)}, PaidToday: map[string]decimal.Decimal{"usd": *price("66.85")},
				InDoubt: 2, DoubtSince: noon.Add(-11 * time.Minute), MissingCodes: map[order.State]int{order.Completed: 3}}, *failure
		},
		Money: func(context.Context) (balance.Figures, error) {
			return balance.Figures{SeenAt: noon, Balances: map[string]decimal.Decimal{"usd": *price("5"), "rub": *price("100")},
				Waiting: map[string]int{"usd": 1, "": 2}, Needed: map[string]decimal.Decimal{"usd": *price("9.55")}}, nil
		},
		Standing: func(context.Context) (budget.Standing, error) {
			return budget.Standing{SilentUntil: noon.Add(time.Minute), Queue: time.Minute}, nil
		},
		Audit: func(context.Context) (AuditReport, error) { return AuditReport{At: noon, Entries: 42}, nil },
		Ready: func(context.Context) map[string]bool { return map[string]bool{"key": true, "budget": false} },
		Now:   func() time.Time { return *now }, Log: zap.NewNop(), PerMinute: 100,
		LowBalance: map[string]decimal.Decimal{"usd": *price("20")}, DailyLimit: map[string]decimal.Decimal{"usd": *price("500"), "rub": *price("9")},
	}
}

func TestGaugesShowWhatTheLedgerHolds(t *testing.T) {
	m, now, failure, reads := newMetrics(t), noon, error(nil), 0
	require.NoError(t, m.Watch(sources(&now, &failure, &reads)))
	text := shown(t, m)
	for _, line := range []string{
		`foxflow_orders{state="awaiting_topup"} 1`, `foxflow_orders{state="completed"} 7`, `foxflow_orders{state="stalled"} 0`,
		`foxflow_oldest_order_age_seconds{state="awaiting_topup"} 3600`,
		`foxflow_balance_available{currency="usd"} 5`, `foxflow_balance_low_threshold{currency="usd"} 20`,
		`foxflow_waiting_orders{currency="usd"} 1`, `foxflow_waiting_orders{currency="unknown"} 2`, `foxflow_waiting_orders{currency="rub"} 0`,
		`foxflow_missing_money{currency="usd"} 4.55`, `foxflow_missing_money{currency="rub"} 0`,
		`foxflow_payments_today_amount{currency="usd"} 66.85`, `foxflow_payments_today_amount{currency="rub"} 0`, `foxflow_daily_limit{currency="usd"} 500`,
		`foxflow_payments_in_doubt 2`, `foxflow_payments_in_doubt_seconds 660`,
		`foxflow_orders_missing_codes{state="completed"} 3`, `foxflow_orders_missing_codes{state="stalled"} 0`,
		`foxflow_payments_paused 0`, `foxflow_budget_limit 100`, `foxflow_budget_queue_seconds 60`,
		`foxflow_audit_chain_ok 0`, `foxflow_audit_entries 42`, `foxflow_ready{check="key"} 1`, `foxflow_ready{check="budget"} 0`, `foxflow_ledger_readable 1`,
	} {
		assert.Contains(t, text, "\n"+line+"\n")
	}
	assert.Contains(t, text, "foxflow_budget_held_until_timestamp_seconds 1.79552166e+09")

	for range 3 {
		shown(t, m)
	}
	assert.Equal(t, 1, reads, "the ledger is not read for everybody who asks")

	// A ledger that can't be read hides what is in it; nothing is shown that is not known.
	now, failure = now.Add(fresh), errors.New("disk is gone")
	text = shown(t, m)
	assert.Contains(t, text, "\nfoxflow_ledger_readable 0\n")
	assert.Contains(t, text, "\nfoxflow_ready{check=\"key\"} 1\n")
	assert.NotContains(t, text, "foxflow_orders{")
	assert.NotContains(t, text, "foxflow_audit_chain_ok")
}

func TestNoPaymentInDoubtIsZero(t *testing.T) {
	m, now, failure, reads := newMetrics(t), noon, error(nil), 0
	s := sources(&now, &failure, &reads)
	s.Figures = func(context.Context, time.Time) (ledger.Figures, error) { return ledger.Figures{}, nil }
	require.NoError(t, m.Watch(s))
	text := shown(t, m)
	for _, line := range []string{`foxflow_payments_in_doubt 0`, `foxflow_payments_in_doubt_seconds 0`,
		`foxflow_orders_missing_codes{state="completed"} 0`, `foxflow_orders_missing_codes{state="stalled"} 0`} {
		assert.Contains(t, text, "\n"+line+"\n")
	}
}

// The fault: the sources were read inside the collection, which holds the lock that
// Temporal's SDK needs for the first call of each kind; the worker hung for good.
func TestSourcesMayCountWhateverTheyLike(t *testing.T) {
	m, now, failure, reads := newMetrics(t), noon, error(nil), 0
	s, temporal := sources(&now, &failure, &reads), m.Temporal()
	count := func(name string) { // a new instrument each time
		temporal.Counter(name).Inc(1)
		temporal.Timer(name + "_latency").Record(time.Second)
		temporal.Gauge(name + "_gauge").Update(1)
	}
	figures, money, standing, audit, ready := s.Figures, s.Money, s.Standing, s.Audit, s.Ready
	s.Money = func(ctx context.Context) (balance.Figures, error) { count("money"); return money(ctx) }
	s.Figures = func(ctx context.Context, at time.Time) (ledger.Figures, error) {
		count("figures")
		return figures(ctx, at)
	}
	s.Standing = func(ctx context.Context) (budget.Standing, error) { count("standing"); return standing(ctx) }
	s.Audit = func(ctx context.Context) (AuditReport, error) { count("audit"); return audit(ctx) }
	s.Ready = func(ctx context.Context) map[string]bool { count("ready"); return ready(ctx) }
	require.NoError(t, m.Watch(s))
	done := make(chan string)
	go func() { done <- shown(t, m) }()
	select {
	case text := <-done:
		assert.Contains(t, text, "\nfoxflow_ready{check=\"key\"} 1\n")
	case <-time.After(time.Minute): // bounds a failure, measures nothing
		t.Fatal("the scrape hangs")
	}
}

// Whoever collects without asking the sources first gets no figure that nobody read.
func TestNothingIsReadWhileMetricsAreCollected(t *testing.T) {
	m, now, failure, reads := newMetrics(t), noon, error(nil), 0
	s := sources(&now, &failure, &reads)
	s.Ready = func(context.Context) map[string]bool { reads++; return nil }
	require.NoError(t, m.Watch(s))
	_, err := m.registry.Gather()
	require.NoError(t, err)
	assert.Zero(t, reads)
}

// The ages are on the ledger's clock, whatever this worker's shows.
func TestAgesAreOfTheLedgersClock(t *testing.T) {
	for _, wrong := range []time.Duration{time.Hour, -time.Hour} {
		m, now, failure, reads := newMetrics(t), noon.Add(wrong), error(nil), 0
		require.NoError(t, m.Watch(sources(&now, &failure, &reads)))
		text := shown(t, m)
		assert.Contains(t, text, "\nfoxflow_payments_in_doubt_seconds 660\n")
		assert.Contains(t, text, "\nfoxflow_oldest_order_age_seconds{state=\"awaiting_topup\"} 3600\n")
	}
}
