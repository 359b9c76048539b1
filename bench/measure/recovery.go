package measure

import (
	"cmp"
	"context"
	"time"

	"foxflow/bench/carry"
	"foxflow/bench/rig"
)

// recovery: with 100 orders in flight, the worker is killed (SIGKILL) and started anew at once.
func (b *Bench) recovery(ctx context.Context) error {
	for range pick(b, 2, 1) {
		for _, c := range carry.Named("foxflow", "naive-lean", "dbos") {
			if err := b.recover(ctx, c); err != nil {
				return err
			}
		}
	}
	b.Sheet.Note("recovery: what the script carries when it is killed is lost.")
	return nil
}

func (b *Bench) recover(ctx context.Context, c carry.Contender) error {
	const part, inFlight = "worker killed, 100 orders in flight", 100
	b.say("%s: %s", part, c.Name)
	w := carry.Day(carry.World{Rig: b.Rig}, 0, 1)
	return b.within(ctx, c, w, rig.Knobs{Fulfil: 5 * time.Second, ListCodes: true}, func(r *carry.Run, w carry.World) error {
		done, err := r.Carry(carry.Feed{Orders: 2 * inFlight, Open: inFlight, KillAt: inFlight / 2, Within: 10 * time.Minute})
		if err != nil {
			return err
		}
		m := &meter{run: r, world: w, listShows: c.Name == "foxflow"}
		moved, ended, err := m.movedAgain(ctx, done)
		if err != nil {
			return err
		}
		b.Sheet.Add(part, c.Name, "all moving again after s", moved.Seconds())
		b.Sheet.Add(part, c.Name, "all of them completed after s", ended.Seconds())
		return b.check(ctx, part, r, w.Simulator, done, true)
	})
}

// movedAgain tells how long after the kill the last of the orders that were in flight had moved:
// was paid, looked at or ended. And when the last of them was completed.
func (m *meter) movedAgain(ctx context.Context, orders []carry.Order) (moved, ended time.Duration, err error) {
	sent, err := m.world.Simulator.Requests(ctx)
	if err != nil {
		return 0, 0, err
	}
	ids, paid, err := m.payments(ctx)
	if err != nil {
		return 0, 0, err
	}
	killed := m.run.Killed
	for _, o := range orders {
		if !o.Placed.Before(killed) || o.Done.Before(killed) {
			continue
		}
		id := cmp.Or(o.OrderID, ids[o.Reference])
		first := o.Done
		for _, request := range sent {
			waits := !paid[id].After(killed) // it is paid: a look is all that it waits for
			if request.At.After(killed) && request.At.Before(first) &&
				(request.Route == "pay" && request.OrderID == id || waits && m.shows(request, id)) {
				first = request.At
			}
		}
		moved, ended = max(moved, first.Sub(killed)), max(ended, o.Done.Sub(killed))
	}
	return moved, ended, nil
}
