package storm

import (
	"fmt"
	"strings"
	"time"
)

// What is done to hosts, one at a time.
const (
	frozenWorker = "worker frozen"
	frozenServer = "server frozen"
	unplugged    = "worker unplugged"
	clockOff     = "clock an hour off"
	diskFull     = "disk full"
	promoted     = "standby promoted"
)

// freeze has all processes of a container stand still, mostly a worker's, and for longer than
// it takes until its calls are given to the other one; then they go on where they stood.
func (g *hosts) freeze(h *hand) {
	for h.pause(time.Second, 4*time.Second) {
		name, kind, most := fmt.Sprintf("worker-%d", 1+h.IntN(2)), frozenWorker, 15*time.Second
		if h.IntN(4) == 0 {
			name, kind, most = []string{"temporal", "simulator", "postgres"}[h.IntN(3)], frozenServer, 3*time.Second
		}
		if !g.take(name) {
			continue
		}
		if _, err := g.Docker("pause", g.ids[name]); err == nil { // it may just have ended by itself
			h.pause(time.Second, most)
			g.thaw(name)
			g.struck(kind)
		}
		g.release(name)
	}
}

func (g *hosts) thaw(name string) {
	if _, err := g.Docker("unpause", g.ids[name]); err != nil {
		g.Errorf("let %s go on: %v", name, err)
	}
}

// unplug takes a worker's network away, and gives it back with another address: its
// connections are never told.
func (g *hosts) unplug(h *hand) {
	for h.pause(5*time.Second, 15*time.Second) {
		name := fmt.Sprintf("worker-%d", 1+h.IntN(2))
		if !g.waitFor(h, name) {
			return
		}
		if err := g.unplugOne(h, name); err != nil {
			h.Errorf("unplug %s: %v", name, err)
		}
		g.release(name)
	}
}

func (g *hosts) unplugOne(h *hand, name string) error {
	out, err := g.Docker("inspect", "--format", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}", g.ids[name])
	if err != nil {
		return err
	}
	network := strings.TrimSpace(out)
	if _, err := g.Docker("network", "disconnect", network, g.ids[name]); err != nil {
		return err
	}
	h.pause(time.Second, 5*time.Second)
	// With its name there, for whoever calls it.
	if _, err := g.Docker("network", "connect", "--alias", name, network, g.ids[name]); err != nil {
		return err
	}
	g.struck(unplugged)
	return nil
}

// setClocks sets a worker's clock an hour forward or back, sees that the worker says so, and
// sets it right.
func (g *hosts) setClocks(h *hand) {
	for n := h.IntN(2); h.pause(time.Second, 5*time.Second); n++ {
		if err := g.setClockOff(h, n%2, []string{"1h", "-1h"}[h.IntN(2)]); err != nil {
			h.Errorf("set the clock of worker-%d: %v", n%2+1, err)
		}
	}
}

func (g *hosts) setClockOff(h *hand, worker int, off string) error {
	name := fmt.Sprintf("worker-%d", worker+1)
	began := g.startedAt(name)
	if done, err := g.setClock(h, name, off); !done || err != nil {
		return err
	}
	said := false
	// It may be cut off from whoever it compares its clock with, or frozen.
	for deadline := time.Now().Add(time.Minute); !said && time.Now().Before(deadline) && h.pause(200*time.Millisecond, 200*time.Millisecond); {
		r, err := askReadiness(g.workers[worker])
		said = err == nil && !r.Ready && !r.Checks["clock"].OK
	}
	alive := h.Err() == nil
	if said {
		g.struck(clockOff)
		h.pause(time.Second, 5*time.Second)
	}
	if g.startedAt(name) != began {
		return nil // a new process has the right clock
	}
	if !said && alive {
		return fmt.Errorf("a minute after it was set %s off, the worker does not say so", off)
	}
	return g.setClockRight(name)
}

// setClock has one container's program see another time; false: the storm is over.
func (g *hosts) setClock(h *hand, name, off string) (done bool, err error) {
	if !g.waitFor(h, name) {
		return false, nil
	}
	defer g.release(name)
	return true, g.clock(name, off)
}

// setClockRight is done also when the storm is over.
func (g *hosts) setClockRight(name string) error {
	g.Eventually("the hand at "+name+" to be done", func() bool { return g.take(name) })
	defer g.release(name)
	return g.clock(name, "0s")
}

// clock writes into the memory of the program, which stands still meanwhile.
func (g *hosts) clock(name, off string) error {
	id := g.ids[name]
	if _, err := g.Docker("pause", id); err != nil {
		return err
	}
	defer g.thaw(name)
	_, err := g.Compose("run", "--rm", "-T", "--no-deps", "clock-of-"+name, off)
	return err
}

func (g *hosts) startedAt(name string) string {
	out, err := g.Docker("inspect", "--format", "{{.State.StartedAt}}", g.ids[name])
	if err != nil {
		g.Errorf("look at %s: %v", name, err)
	}
	return out
}

// fillDisk leaves the primary's disk without a byte for a while, and gives it back. PostgreSQL
// refuses writes then, or ends and is started again by the engine.
func (g *hosts) fillDisk(h *hand) {
	for _, at := range []float64{0.1, 0.25, 0.4} {
		if !h.until(at) {
			return
		}
		before := g.refusals()
		_, err := g.Compose("exec", "-T", "disk", "sh", "-c", "cat /dev/zero >/disk/full")
		if err == nil || !strings.Contains(err.Error(), "No space left") {
			h.Errorf("the disk did not fill: %v", err)
		}
		h.pause(3*time.Second, 6*time.Second)
		if err := g.empty(); err != nil {
			h.Errorf("empty the disk: %v", err)
		}
		if g.refusals() > before {
			g.struck(diskFull)
		}
	}
}

func (g *hosts) empty() error {
	_, err := g.Compose("exec", "-T", "disk", "rm", "-f", "/disk/full")
	return err
}

// refusals is how often PostgreSQL has said that its disk is full.
func (g *hosts) refusals() int {
	out, err := g.Compose("logs", "--no-color", "postgres")
	if err != nil {
		g.Errorf("read the primary's log: %v", err)
	}
	return strings.Count(out, "No space left on device")
}

// failOver kills the primary for good and has its synchronous standby promoted. The workers
// know both and go on by themselves; Temporal's one address leads to the new primary then.
func (g *hosts) failOver(h *hand) {
	if !h.until(0.55) || !g.waitFor(h, "postgres") {
		return // and never give it back: nobody may touch it any more
	}
	if _, err := g.Docker("kill", g.ids["postgres"]); err != nil {
		h.Errorf("kill the primary: %v", err)
		return
	}
	h.pause(500*time.Millisecond, 5*time.Second)
	g.Eventually("the standby to be promoted", func() bool {
		_, err := g.Compose(psql("standby", "SELECT pg_promote()")...)
		return err == nil
	})
	g.state.Lock()
	g.primary = "standby"
	g.state.Unlock()
	if _, err := g.change("temporal/postgres", "target=standby:5432"); err != nil {
		h.Errorf("lead Temporal to the new primary: %v", err)
	}
	g.struck(promoted)
}
