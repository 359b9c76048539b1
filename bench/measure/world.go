package measure

import (
	"context"
	"errors"

	"foxflow/bench/carry"
	"foxflow/bench/rig"
)

// within has a contender run in a world, lets work go on there, and ends all of it. The world
// gets a FoxReload with these knobs, and a Temporal where the contender needs one and none is
// given.
func (b *Bench) within(ctx context.Context, c carry.Contender, w carry.World, k rig.Knobs, work func(*carry.Run, carry.World) error) (err error) {
	if w.Simulator, err = b.Rig.StartSimulator(k); err != nil {
		return err
	}
	defer w.Simulator.Process.Kill()
	if c.Temporal && w.Temporal == nil {
		start := b.Rig.StartTemporal
		if w.File {
			start = b.Rig.StartEmbedded
		}
		if w.Temporal, err = start(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.Temporal.Stop(ctx)) }()
	}
	r, err := carry.Begin(c, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.End(ctx)) }()
	return work(r, w)
}
