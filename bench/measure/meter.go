package measure

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"foxflow/bench/carry"
	"foxflow/bench/rig"
)

// meter measures what a run of a contender costs, from begin to end.
type meter struct {
	run    *carry.Run
	world  carry.World
	pids   map[string]int
	cpu    map[string]time.Duration
	stored map[string]rig.Stored
	dbs    map[string][]string
	at     time.Time
	// listShows: it asks for the list of orders, and finds their codes there.
	listShows bool
}

// processes is the order in which they stand in tables.
var processes = []string{"worker", "shop", "temporal", "postgres"}

// begin reads all counters.
func (b *Bench) begin(ctx context.Context, r *carry.Run, w carry.World) (*meter, error) {
	m := &meter{run: r, world: w, pids: r.Processes(), cpu: map[string]time.Duration{}, stored: map[string]rig.Stored{}, dbs: map[string][]string{}}
	if r.Database != "" {
		m.dbs["own"] = []string{r.Database}
		id, err := b.Rig.PostgresPID()
		if err != nil {
			return nil, err
		}
		m.pids["postgres"] = id
	}
	if w.Temporal != nil {
		m.pids["temporal"] = w.Temporal.Process.PID()
		if w.Temporal.Databases != nil {
			m.dbs["Temporal's"] = w.Temporal.Databases
		}
	}
	for name, databases := range m.dbs {
		stored, err := b.Rig.Stored(ctx, databases...)
		if err != nil {
			return nil, err
		}
		m.stored[name] = stored
	}
	for name, pid := range m.pids {
		spent, err := rig.CPU(pid)
		if err != nil {
			return nil, err
		}
		m.cpu[name] = spent
	}
	m.at = time.Now()
	return m, nil
}

// end reads them again, and puts the differences on the sheet, each for one order.
func (m *meter) end(ctx context.Context, b *Bench, part string, orders []carry.Order) error {
	took, n := time.Since(m.at), float64(len(orders))
	add := func(name string, value float64) { b.Sheet.Add(part, m.run.Name, name, value) }
	add("orders/s", n/took.Seconds())
	total := time.Duration(0)
	for _, name := range processes {
		if m.pids[name] == 0 {
			continue
		}
		now, err := rig.CPU(m.pids[name])
		if err != nil {
			return err
		}
		spent := now - m.cpu[name]
		total += spent
		add("CPU-ms an order, "+name, milliseconds(spent)/n)
	}
	add("CPU-ms an order", milliseconds(total)/n)
	for _, name := range slices.Sorted(maps.Keys(m.dbs)) {
		now, err := b.Rig.Stored(ctx, m.dbs[name]...)
		if err != nil {
			return err
		}
		add("transactions an order, "+name+" database", float64(now.Transactions-m.stored[name].Transactions)/n)
		add("kB an order, "+name+" database", float64(now.Bytes-m.stored[name].Bytes)/1024/n)
	}
	return errors.Join(m.requests(ctx, add, n), m.histories(ctx, add, orders))
}

// requests counts what was sent.
func (m *meter) requests(ctx context.Context, add func(string, float64), n float64) error {
	sent, err := m.world.Simulator.Requests(ctx)
	if err != nil {
		return err
	}
	all, refused := 0, 0
	for _, request := range sent {
		if request.At.Before(m.at) {
			continue
		}
		all++
		if request.Status == 429 {
			refused++
		}
	}
	add("requests an order", float64(all)/n)
	if refused > 0 {
		add("… refused as too many", float64(refused)/n)
	}
	return nil
}

// sampled is how many histories are looked at.
const sampled = 60

// histories tells how large the workflows became.
func (m *meter) histories(ctx context.Context, add func(string, float64), orders []carry.Order) error {
	if m.world.Temporal == nil {
		return nil
	}
	var events, transitions float64
	counted := 0.0
	for _, o := range sample(orders) {
		e, t, _, err := m.world.Temporal.History(ctx, m.run.WorkflowID(o.Reference))
		if err != nil {
			return err
		}
		events, transitions, counted = events+float64(e), transitions+float64(t), counted+1
	}
	add("events an order", events/counted)
	add("state transitions an order", transitions/counted)
	return nil
}

// sample is some of the orders, evenly spread.
func sample(orders []carry.Order) (some []carry.Order) {
	for i := 0; i < len(orders); i += max(1, len(orders)/sampled) {
		some = append(some, orders[i])
	}
	return some
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
