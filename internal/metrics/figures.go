package metrics

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
	"golang.org/x/sync/singleflight"

	"foxflow/internal/balance"
	"foxflow/internal/budget"
	"foxflow/ledger"
	"foxflow/order"
)

const (
	// fresh is how long figures are good for: however many ask, the ledger is read
	// this often at most.
	fresh = 5 * time.Second
	// readTakes bounds one read; Prometheus gives up after 10 s.
	readTakes = 5 * time.Second
)

// Sources are what the gauges are read from.
type Sources struct {
	Figures  func(context.Context, time.Time) (ledger.Figures, error)
	Money    func(context.Context) (balance.Figures, error)
	Standing func(context.Context) (budget.Standing, error)
	Audit    func(context.Context) (AuditReport, error)
	// Astray counts the orders that ledger and Temporal do not agree on, by kind.
	Astray func(context.Context) (map[string]int, error)
	// Ready says of each check of /readyz whether it passes.
	Ready func(context.Context) map[string]bool
	Now   func() time.Time
	Log   *zap.Logger

	PerMinute              int // the request budget
	LowBalance, DailyLimit map[string]decimal.Decimal
}

// AuditReport is what the last check of the whole audit log came to.
type AuditReport struct {
	At      time.Time     `json:"at"` // zero: there was none yet
	Whole   bool          `json:"whole"`
	Orders  int           `json:"orders"`
	Entries int           `json:"entries"`
	Took    time.Duration `json:"took"`
}

// snapshot is what a scrape shows: read before it, never while metrics are
// collected.
type snapshot struct {
	readAt   time.Time // of what is in the ledger, on this process's clock
	figures  ledger.Figures
	money    balance.Figures
	standing budget.Standing
	audit    AuditReport
	astray   map[string]int
	err      error // of reading the ledger
	ready    map[string]bool
}

// keeper keeps a snapshot.
type keeper struct {
	Sources
	once singleflight.Group
	kept atomic.Pointer[snapshot]
}

// refresh reads what is due. However many ask, one reads for all of them.
func (k *keeper) refresh() {
	_, _, _ = k.once.Do("", func() (any, error) {
		s := snapshot{}
		if before := k.kept.Load(); before != nil {
			s = *before
		}
		ctx, cancel := context.WithTimeout(context.Background(), readTakes)
		defer cancel()
		var figures sync.WaitGroup // both may be slow: Prometheus waits for the slower one alone
		figures.Go(func() {
			if age := k.Now().Sub(s.readAt); age < 0 || age >= fresh {
				k.read(ctx, &s)
			}
		})
		ready := k.Ready(ctx)
		figures.Wait()
		s.ready = ready
		k.kept.Store(&s)
		return nil, nil
	})
}

func (k *keeper) read(ctx context.Context, s *snapshot) {
	before := s.err
	s.figures, s.err = k.Figures(ctx, k.Now())
	if s.err == nil {
		s.money, s.err = k.Money(ctx)
	}
	if s.err == nil {
		s.standing, s.err = k.Standing(ctx)
	}
	if s.err == nil {
		s.audit, s.err = k.Audit(ctx)
	}
	if s.err == nil && k.Astray != nil {
		s.astray, s.err = k.Astray(ctx)
	}
	s.readAt = k.Now()
	if s.err != nil && before == nil {
		k.Log.Warn("the ledger can't be read for metrics: those that are read from it are missing", zap.Error(s.err))
	}
}

// Watch adds the gauges that show what the sources say. Call it before the first
// scrape.
//
// The pipeline's lock is held while metrics are collected, and whoever makes a new
// instrument waits for it: Temporal's SDK does with the first call of each kind. A
// source that was asked in there and called Temporal would wait for itself, and
// everything that counts with it, for good. So Handler reads the sources first,
// and what runs under the lock reads the snapshot alone.
func (m *Metrics) Watch(s Sources) error {
	k := &keeper{Sources: s}
	all := make([]metric.Observable, 0, len(gauges))
	made := make([]metric.Float64ObservableGauge, len(gauges))
	for i, g := range gauges {
		var err error
		if made[i], err = m.meter.Float64ObservableGauge(g.name, metric.WithDescription(g.about), metric.WithUnit(g.unit)); err != nil {
			return err
		}
		all = append(all, made[i])
	}
	_, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		now := k.kept.Load()
		if now == nil {
			return nil
		}
		r := &reading{Sources: &k.Sources, snapshot: now}
		for i, g := range gauges {
			if r.err == nil || g.always {
				g.show(m, r, func(v float64, labels ...attribute.KeyValue) {
					o.ObserveFloat64(made[i], v, metric.WithAttributes(labels...))
				})
			}
		}
		return nil // a scrape shows what can be known
	}, all...)
	m.refresh = k.refresh
	return err
}

// reading is what gauges are shown from: the settings and a snapshot.
type reading struct {
	*Sources
	*snapshot
}

type show func(float64, ...attribute.KeyValue)

// gauges are all that is read. One that shows nothing has nothing to show: no order
// in that state, no balance read yet, no limit set.
var gauges = []struct {
	name, unit, about string
	always            bool // also when the ledger can't be read
	show              func(*Metrics, *reading, show)
}{
	{"foxflow.ready", "", "Whether the checks of /readyz pass (1) or not (0)", true, func(_ *Metrics, r *reading, show show) {
		for check, passes := range r.ready {
			show(truth(passes), attribute.String("check", check))
		}
	}},
	{"foxflow.ledger.readable", "", "Whether the ledger could be read for these metrics", true, func(_ *Metrics, r *reading, show show) {
		show(truth(r.err == nil))
	}},
	{"foxflow.orders", "", "Orders in the ledger, by state", false, func(_ *Metrics, r *reading, show show) {
		for _, state := range order.States() {
			show(float64(r.figures.Orders[state]), attribute.String("state", string(state)))
		}
	}},
	{"foxflow.oldest.order.age", "s", "How long ago the oldest order was placed that is in the state and has no end yet", false, func(_ *Metrics, r *reading, show show) {
		for state, placed := range r.figures.Oldest {
			show(max(0, r.figures.At.Sub(placed).Seconds()), attribute.String("state", string(state)))
		}
	}},
	{"foxflow.orders.missing.codes", "", "Orders whose codes did not all come: completed in the last 24 hours, or stalled for it", false, func(_ *Metrics, r *reading, show show) {
		for _, state := range []order.State{order.Completed, order.Stalled} {
			show(float64(r.figures.MissingCodes[state]), attribute.String("state", string(state)))
		}
	}},
	{"foxflow.payments.in.doubt", "", "Payments that were sent and whose outcome nobody knows", false, func(_ *Metrics, r *reading, show show) {
		show(float64(r.figures.InDoubt))
	}},
	{"foxflow.payments.in.doubt.seconds", "s", "How long the oldest payment in doubt has been so; 0: there is none", false, func(_ *Metrics, r *reading, show show) {
		if r.figures.DoubtSince.IsZero() {
			show(0)
			return
		}
		show(max(0, r.figures.At.Sub(r.figures.DoubtSince).Seconds()))
	}},
	{"foxflow.payments.paused", "", "Whether payments are paused by starter pause", false, func(_ *Metrics, r *reading, show show) {
		show(truth(r.figures.Paused))
	}},
	{"foxflow.payments.today.amount", "", "Money that counts towards the daily limit of this UTC day", false, func(m *Metrics, r *reading, show show) {
		m.money(r.figures.PaidToday, r.DailyLimit, show)
	}},
	{"foxflow.daily.limit", "", "The most that may be paid in a UTC day: FOXFLOW_DAILY_LIMIT", true, func(m *Metrics, r *reading, show show) {
		m.money(r.DailyLimit, nil, show)
	}},
	{"foxflow.balance.available", "", "The balance as it was last read", false, func(m *Metrics, r *reading, show show) {
		m.money(r.money.Balances, nil, show)
	}},
	{"foxflow.balance.seen.timestamp", "s", "When the balance was last read, in seconds since 1970; 0: never", false, func(_ *Metrics, r *reading, show show) {
		show(unix(r.money.SeenAt))
	}},
	{"foxflow.balance.low.threshold", "", "What the balance should not fall below: FOXFLOW_LOW_BALANCE", true, func(m *Metrics, r *reading, show show) {
		m.money(r.LowBalance, nil, show)
	}},
	{"foxflow.waiting.orders", "", "Orders that wait for a top-up, mock orders apart", false, func(m *Metrics, r *reading, show show) {
		waiting := map[string]int{}
		for currency, n := range r.money.Waiting {
			waiting[m.currencyOf(currency)] += n
		}
		for currency := range r.money.Balances {
			waiting[m.currencyOf(currency)] += 0
		}
		for currency, n := range waiting {
			show(float64(n), attribute.String("currency", currency))
		}
	}},
	{"foxflow.missing.money", "", "What orders that wait for a top-up need beyond the balance", false, func(m *Metrics, r *reading, show show) {
		needed, there := m.known(r.money.Needed), m.known(r.money.Balances)
		for currency := range there {
			needed[currency] = needed[currency].Add(decimal.Zero)
		}
		for currency, amount := range needed {
			show(decimal.Max(decimal.Zero, amount.Sub(there[currency])).InexactFloat64(), attribute.String("currency", currency))
		}
	}},
	{"foxflow.budget.limit", "", "The request budget: FOXRELOAD_REQUESTS_PER_MINUTE", true, func(_ *Metrics, r *reading, show show) {
		show(float64(r.PerMinute))
	}},
	{"foxflow.budget.queue", "s", "How long a request that comes now would wait for its turn, over all workers and the starter", false, func(_ *Metrics, r *reading, show show) {
		show(r.standing.Queue.Seconds())
	}},
	{"foxflow.budget.held.until.timestamp", "s", "Until when FoxReload asked for silence (429), in seconds since 1970; 0 or past: it doesn't", false, func(_ *Metrics, r *reading, show show) {
		show(unix(r.standing.SilentUntil))
	}},
	{"foxflow.audit.chain.ok", "", "Whether the last check found the whole audit log intact", false, func(_ *Metrics, r *reading, show show) {
		if !r.audit.At.IsZero() {
			show(truth(r.audit.Whole))
		}
	}},
	{"foxflow.audit.verified.timestamp", "s", "When the whole audit log was last checked, in seconds since 1970; 0: never. One worker does so once an hour for all", false, func(_ *Metrics, r *reading, show show) {
		show(unix(r.audit.At))
	}},
	{"foxflow.audit.verify.duration", "s", "How long the last check of the audit log took", false, func(_ *Metrics, r *reading, show show) {
		show(r.audit.Took.Seconds())
	}},
	{"foxflow.orders.astray", "", "Orders that ledger and Temporal do not agree on, by kind: open on record and running nowhere (no_workflow), or their workflow over (workflow_ended); running without being in the ledger (no_row), or in another's (other_ledger). One worker counts them once a minute for all", false, func(_ *Metrics, r *reading, show show) {
		for _, kind := range astrayKinds {
			show(float64(r.astray[kind]), attribute.String("kind", kind))
		}
	}},
	{"foxflow.audit.entries", "", "Entries that the last check of the audit log saw", false, func(_ *Metrics, r *reading, show show) {
		show(float64(r.audit.Entries))
	}},
}

// astrayKinds are those that a census of the orders counts.
var astrayKinds = []string{"no_workflow", "workflow_ended", "no_row", "other_ledger"}

// money shows amounts by currency, and 0 for what least names beside them.
func (m *Metrics) money(amounts, least map[string]decimal.Decimal, show show) {
	known := m.known(amounts)
	for currency := range m.known(least) {
		known[currency] = known[currency].Add(decimal.Zero)
	}
	for currency, amount := range known {
		show(amount.InexactFloat64(), attribute.String("currency", currency))
	}
}

// known sums amounts up by the names that currencies have as labels.
func (m *Metrics) known(amounts map[string]decimal.Decimal) map[string]decimal.Decimal {
	sums := make(map[string]decimal.Decimal, len(amounts))
	for currency, amount := range amounts {
		name := m.currencyOf(currency)
		sums[name] = sums[name].Add(amount)
	}
	return sums
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
