package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"foxflow/bench/carry"
	"foxflow/bench/report"
	"foxflow/bench/rig"
	"golang.org/x/sync/errgroup"
)

// cell is a crowd: orders that come at once, or one by one, under a request limit.
type cell struct {
	perMinute int
	fulfil    time.Duration // from paid to completed
	orders    int
	every     time.Duration // between two orders; 0: all at once
	// watched is how long it is looked at; 0: until all have ended.
	watched time.Duration
	// scale is how much faster than life all passes: limit, fulfilment, intervals.
	scale float64
	// variants are the contenders' names; "foxflow" meets a list with the codes in it,
	// "foxflow, no codes in the list" one without.
	variants []string
}

const withoutCodes = "foxflow, bare list"

// everybody: one of the two naive workflows is enough.
var everybody = []string{"foxflow", withoutCodes, "naive-lean", "dbos", "script"}

func (c cell) part() string {
	how := "at once"
	if c.every > 0 {
		how = "one by one"
	}
	return fmt.Sprintf("%d orders %s, %d requests/min, %s", c.orders, how, c.perMinute, c.fulfil)
}

// crowd: what one key's request limit carries, when orders come at once. These cells need little
// CPU time, so that they run at the same time, each contender with a FoxReload of its own.
func (b *Bench) crowd(ctx context.Context) error {
	const minute = time.Minute
	some := []string{"foxflow", "dbos", "script"}
	if b.Quick {
		return b.cells(ctx, []cell{{perMinute: 100, fulfil: minute, orders: 60, scale: 10, variants: everybody}})
	}
	return b.cells(ctx,
		[]cell{{perMinute: 100, fulfil: minute, orders: 120, scale: 1, variants: everybody}},
		[]cell{{perMinute: 100, fulfil: 5 * minute, orders: 120, scale: 1, variants: some}},
		[]cell{{perMinute: 100, fulfil: minute / 6, orders: 120, scale: 1, variants: some}},
		[]cell{{perMinute: 1000, fulfil: minute / 6, orders: 300, scale: 1, variants: some}, {perMinute: 1000, fulfil: minute, orders: 300, scale: 1, variants: some},
			{perMinute: 1000, fulfil: 5 * minute, orders: 300, scale: 1, variants: some}})
}

// steady: the same when they come one by one, a little faster than the limit can carry.
func (b *Bench) steady(ctx context.Context) error {
	const minute = time.Minute
	return b.cells(ctx,
		[]cell{{perMinute: 100, fulfil: minute, orders: pick(b, 340, 40), every: minute / 34, scale: pick(b, 2.0, 10.0), variants: []string{withoutCodes, "script"}}},
		[]cell{{perMinute: 100, fulfil: minute, orders: pick(b, 480, 60), every: minute / 48, scale: pick(b, 2.0, 10.0), variants: []string{"foxflow"}}})
}

// crowd2000: a crowd that takes an hour, looked at for ten minutes.
func (b *Bench) crowd2000(ctx context.Context) error {
	c := cell{perMinute: 100, fulfil: time.Minute, orders: 2000, watched: 10 * time.Minute, scale: pick(b, 1.0, 10.0), variants: []string{"foxflow", withoutCodes}}
	return b.cells(ctx, []cell{c})
}

// cells runs lanes side by side, the cells of each one after another, on one Temporal.
func (b *Bench) cells(ctx context.Context, lanes ...[]cell) (err error) {
	server, err := b.Rig.StartTemporal(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(ctx)) }()
	var all errgroup.Group
	for _, lane := range lanes {
		all.Go(func() error {
			for _, c := range lane {
				var contenders errgroup.Group
				for _, variant := range c.variants {
					contenders.Go(func() error { return b.carryCell(ctx, server, c, variant) })
				}
				if err := contenders.Wait(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return all.Wait()
}

// carryCell has one contender carry one cell.
func (b *Bench) carryCell(ctx context.Context, server *rig.Temporal, c cell, variant string) error {
	b.say("%s: %s", c.part(), variant)
	name := variant
	if variant == withoutCodes {
		name = "foxflow"
	}
	contender := carry.Named(name)[0]
	w := carry.Day(carry.World{Rig: b.Rig}, c.perMinute, c.scale)
	if contender.Temporal {
		w.Temporal = server
	}
	fulfil := time.Duration(float64(c.fulfil) / c.scale)
	k := rig.Knobs{PerMinute: w.PerMinute, Fulfil: fulfil, ListCodes: variant != withoutCodes}
	return b.within(ctx, contender, w, k, func(r *carry.Run, w carry.World) error {
		done, err := r.Carry(carry.Feed{Orders: c.orders, Every: time.Duration(float64(c.every) / c.scale), Within: 30 * time.Minute,
			For: time.Duration(float64(c.watched) / c.scale)})
		if err != nil {
			return err
		}
		begun := done[0].Placed
		if done = slices.DeleteFunc(done, func(o carry.Order) bool { return o.Done.IsZero() }); len(done) == 0 {
			return errors.New("no order has ended")
		}
		add := func(name string, value float64) { b.Sheet.Add(c.part(), variant, name, value) }
		c.paces(add, begun, done)
		m := &meter{run: r, world: w, listShows: variant == "foxflow"}
		return errors.Join(m.requests(ctx, add, float64(len(done))), m.histories(ctx, add, done), m.lateness(ctx, add, done, fulfil),
			b.check(ctx, c.part(), r, w.Simulator, done, c.watched == 0))
	})
}

// paces tells how fast the orders went through, in life's time.
func (c cell) paces(add func(string, float64), begun time.Time, orders []carry.Order) {
	var ends []float64
	for _, o := range orders {
		ends = append(ends, o.Done.Sub(begun).Minutes()*c.scale)
	}
	if c.watched > 0 {
		add("orders/min from the 2nd minute on", Rate(ends, 2, c.watched.Minutes()))
		return
	}
	half, all := report.Quantile(ends, 0.5), report.Quantile(ends, 1)
	if c.every == 0 {
		add("orders/min", float64(len(orders))/all)
		add("half of them done after min", half)
		add("all done after min", all)
		return
	}
	// From the moment when the first could be done, until the last one was placed.
	from := report.Quantile(ends, 0) + 1
	until := orders[len(orders)-1].Placed.Sub(begun).Minutes() * c.scale
	add("orders/min", Rate(ends, from, until))
	add("all done after min", all)
}

// Rate is how many of the moments lie between two of them, for each unit of time between.
func Rate(moments []float64, from, until float64) float64 {
	if until <= from {
		return 0
	}
	within := 0
	for _, at := range moments {
		if at > from && at <= until {
			within++
		}
	}
	return float64(within) / (until - from)
}

// lateness tells how long after its codes were there an order was completed, and how much of
// that came after the look that found them.
func (m *meter) lateness(ctx context.Context, add func(string, float64), orders []carry.Order, fulfil time.Duration) error {
	sent, err := m.world.Simulator.Requests(ctx)
	if err != nil {
		return err
	}
	ids, paid, err := m.payments(ctx)
	if err != nil {
		return err
	}
	var after, beyond []float64
	for _, o := range sample(orders) {
		id := cmp.Or(o.OrderID, ids[o.Reference])
		at, known := paid[id]
		completed, err := m.completed(ctx, o)
		if err != nil {
			return err
		}
		if !known || completed.IsZero() {
			continue
		}
		ready := at.Add(fulfil)
		after = append(after, completed.Sub(ready).Seconds())
		for _, look := range sent {
			if !look.At.Before(ready) && m.shows(look, id) {
				beyond = append(beyond, milliseconds(completed.Sub(look.At)))
				break
			}
		}
	}
	add("ready to completed, p50, s", report.Median(after))
	add("… from the look that found it, p50, ms", report.Median(beyond))
	return nil
}

// completed is when an order had come to its end: when its workflow ended, where it has one.
func (m *meter) completed(ctx context.Context, o carry.Order) (time.Time, error) {
	if m.world.Temporal == nil {
		return o.Done, nil
	}
	_, _, ended, err := m.world.Temporal.History(ctx, m.run.WorkflowID(o.Reference))
	return ended, err
}

// payments are the order ids of idempotency keys, and when each order was paid.
func (m *meter) payments(ctx context.Context) (ids map[string]string, paid map[string]time.Time, err error) {
	debits, _, err := m.world.Simulator.Debits(ctx)
	ids, paid = map[string]string{}, map[string]time.Time{}
	for _, d := range debits {
		ids[d.IdempotencyKey], paid[d.OrderID] = d.OrderID, d.At
	}
	return ids, paid, err
}

// shows says whether a request showed an order: by itself, or in a page of the list.
func (m *meter) shows(look rig.Request, id string) bool {
	return look.Route == "get" && look.OrderID == id || look.Route == "list" && m.listShows
}
