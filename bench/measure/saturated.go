package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"foxflow/bench/carry"
	"foxflow/bench/rig"
)

// fast is the interval of a world without a request limit.
const fast = 250 * time.Millisecond

// open is how many orders are open at once.
const open = 200

// saturated: no request limit, always 200 orders open, 2 looks an order and 12. The first
// round alone has the naive workflow whose every audit row is an activity.
func (b *Bench) saturated(ctx context.Context) error {
	who := []string{"foxflow", "naive", "naive-lean", "dbos", "script"}
	for round := range pick(b, 3, 1) {
		if round > 0 {
			who = slices.DeleteFunc(who, func(name string) bool { return name == "naive" })
		}
		for _, looks := range []int{2, 12} {
			for _, c := range carry.Named(who...) {
				if err := b.saturate(ctx, c, looks, false); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// embedded: the same, 2 looks an order, on the server of development.
func (b *Bench) embedded(ctx context.Context) error {
	for _, c := range carry.Named("foxflow", "naive-lean") {
		if err := b.saturate(ctx, c, 2, true); err != nil {
			return err
		}
	}
	return nil
}

// saturate is one run of one contender.
func (b *Bench) saturate(ctx context.Context, c carry.Contender, looks int, embedded bool) error {
	part := fmt.Sprintf("saturated, %d looks", looks)
	if embedded {
		part = "embedded server, " + part
	}
	orders := pick(b, 350, 100)
	if looks > 2 {
		orders = pick(b, 250, 50)
	}
	if !c.Temporal {
		orders *= 4 // it is over too soon for the clock of /proc
	}
	b.say("%s: %s, %d orders", part, c.Name, orders)
	w := carry.World{Rig: b.Rig, Poll: fast, PollMax: fast, Scale: 1, File: embedded}
	return b.within(ctx, c, w, rig.Knobs{Looks: looks, ListCodes: true}, func(r *carry.Run, w carry.World) error {
		meter, err := b.begin(ctx, r, w)
		if err != nil {
			return err
		}
		done, err := r.Carry(carry.Feed{Orders: orders, Open: open, Within: 10 * time.Minute})
		if err != nil {
			return err
		}
		return errors.Join(meter.end(ctx, b, part, done), b.check(ctx, part, r, w.Simulator, done, true))
	})
}
