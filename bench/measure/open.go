package measure

import (
	"context"
	"fmt"
	"time"

	"foxflow/bench/carry"
	"foxflow/bench/rig"
)

// ages is a fulfilment that does not end while anybody looks.
const ages = 1000 * time.Hour

// open: what one more order costs beside open ones.
func (b *Bench) open(ctx context.Context) error {
	for _, n := range pick(b, []int{100, 1000}, []int{100}) {
		if err := b.beside(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bench) open10000(ctx context.Context) error { return b.beside(ctx, pick(b, 10_000, 1000)) }

// beside has foxflow hold so many open orders, and then carry some more.
func (b *Bench) beside(ctx context.Context, n int) error {
	part := fmt.Sprintf("beside %d open orders", n)
	b.say("%s: foxflow", part)
	w := carry.Day(carry.World{Rig: b.Rig}, 0, 1)
	w.StallAfter = ages // they are on their way, not late
	return b.within(ctx, carry.Named("foxflow")[0], w, rig.Knobs{Fulfil: ages, ListCodes: true}, func(r *carry.Run, w carry.World) error {
		return b.carryBeside(ctx, part, n, r, w)
	})
}

func (b *Bench) carryBeside(ctx context.Context, part string, n int, r *carry.Run, w carry.World) error {
	begun := time.Now()
	for i := range n {
		if err := r.Place(fmt.Sprintf("stays-%d", i)); err != nil {
			return err
		}
	}
	if err := b.allPaid(ctx, r, w.Simulator, n); err != nil {
		return err
	}
	add := func(name string, value float64) { b.Sheet.Add(part, "foxflow", name, value) }
	add("opened, orders/s", float64(n)/time.Since(begun).Seconds())
	if err := b.idle(ctx, r, w, add); err != nil {
		return err
	}
	for _, knob := range []string{"paid-for", "processing-for"} {
		if err := w.Simulator.Turn(ctx, knob, "1s"); err != nil {
			return err
		}
	}
	m, err := b.begin(ctx, r, w)
	if err != nil {
		return err
	}
	done, err := r.Carry(carry.Feed{Orders: 200, Open: 100, Within: 20 * time.Minute})
	if err != nil {
		return err
	}
	return m.end(ctx, b, part, done)
}

// allPaid waits until so many orders are paid.
func (b *Bench) allPaid(ctx context.Context, r *carry.Run, s *rig.Simulator, n int) error {
	for {
		paid, twice, err := s.Debits(ctx)
		switch {
		case err != nil:
			return err
		case twice > 0:
			b.Sheet.Wrong("%s: of %d open orders %d are paid twice", r.Name, n, twice)
			return nil
		case len(paid) >= n:
			return nil
		case r.Shop.Ended() || r.Worker.Ended() || ctx.Err() != nil:
			return fmt.Errorf("%s ended with %d of %d orders paid: %s", r.Name, len(paid), n, r.Shop.LastWords())
		}
		time.Sleep(time.Second)
	}
}

// idle measures what holding the open orders costs while nothing happens, and the memory.
func (b *Bench) idle(ctx context.Context, r *carry.Run, w carry.World, add func(string, float64)) error {
	const long = 20 * time.Second
	m, err := b.begin(ctx, r, w)
	if err != nil {
		return err
	}
	time.Sleep(long)
	took := time.Since(m.at)
	for _, name := range processes {
		now, err := rig.CPU(m.pids[name])
		if err != nil {
			return err
		}
		add("idle, % of a core, "+name, 100*float64(now-m.cpu[name])/float64(took))
	}
	for _, name := range []string{"worker", "shop"} {
		now, most, err := rig.Memory(m.pids[name])
		if err != nil {
			return err
		}
		add(name+"'s memory, MB", float64(now)/(1<<20))
		add(name+"'s memory, most, MB", float64(most)/(1<<20))
	}
	return nil
}
