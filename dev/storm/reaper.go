package storm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"foxflow/dev/stage"

	_ "modernc.org/sqlite" // the ledger's file, to get in its way
)

// processes are the ground of a storm on one machine: processes that are killed and frozen.
type processes struct {
	*storm
	workers [2]*stage.Process
}

func (p *processes) hands() map[string]func(*hand) {
	return map[string]func(*hand){"reaper": p.killProcesses, "disk": (*hand).refuseWrites}
}

// settle has nothing to end: each hand has ended what it began.
func (*processes) settle() {}

func (*processes) must() []string { return nil }

// killProcesses kills a worker every few seconds, the two in turn, and starts it
// again at once, or freezes it; Temporal and the simulator at moments of their own. It
// alone touches the stack's processes while the storm rages.
func (p *processes) killProcesses(h *hand) {
	type blow struct {
		at     float64
		strike func(*hand)
	}
	blows := []blow{{0.4, p.killTemporal}, {0.6, p.killSimulator}}
	if len(h.orders) >= longStorm {
		blows = append(blows, blow{0.25, p.killSimulator}, blow{0.75, p.killTemporal})
	}
	slices.SortFunc(blows, func(a, b blow) int { return int(1000 * (a.at - b.at)) })
	for n := 0; h.pause(2*time.Second, 6*time.Second); n++ {
		if len(blows) > 0 && time.Since(h.begun).Seconds() > blows[0].at*h.length.Seconds() {
			blows[0].strike(h)
			blows = blows[1:]
		}
		if h.IntN(4) == 0 {
			p.freezeWorker(h, n%2)
			continue
		}
		p.killWorker(h, n%2)
	}
}

func (p *processes) killWorker(h *hand, n int) {
	p.workers[n].Kill()
	h.count(&h.done.WorkerKills, 1)
	p.revive()
}

// freezeWorker stops a worker, as a machine that is moved or short of memory does, for
// less or more time than it takes until its calls are given to the other one; that is
// killed meanwhile. Then it goes on where it stood.
func (p *processes) freezeWorker(h *hand, n int) {
	frozen := p.workers[n]
	if frozen.Cmd.Process.Signal(syscall.SIGSTOP) != nil {
		return // it has ended by itself
	}
	defer func() { _ = frozen.Cmd.Process.Signal(syscall.SIGCONT) }()
	h.count(&h.done.WorkerFreezes, 1)
	for thaw := time.Now().Add(time.Second + time.Duration(h.Int64N(int64(20*time.Second)))); time.Now().Before(thaw); {
		if !h.pause(2*time.Second, 6*time.Second) {
			return
		}
		p.killWorker(h, 1-n)
	}
}

func (p *processes) killTemporal(h *hand) {
	h.Kill("foxflow-dev")
	h.count(&h.done.ServerKills, 1)
	h.pause(500*time.Millisecond, 3*time.Second)
	h.RunTemporal()
}

func (p *processes) killSimulator(h *hand) {
	h.Kill("simulator")
	h.count(&h.done.SimulatorKills, 1)
	h.pause(500*time.Millisecond, 2*time.Second)
	h.Run("simulator")
}

// revive starts workers that are not there: the second at first, and after a kill, or because they
// gave up while Temporal or the ledger was away, as a supervisor would.
func (p *processes) revive() {
	if p.workers[0] == nil {
		p.workers = [2]*stage.Process{p.Processes["worker"], p.launchWorker("second-worker")}
	}
	for i, w := range p.workers {
		select {
		case <-w.Done:
			p.workers[i] = p.launchWorker(fmt.Sprintf("worker-%d", i))
		default:
		}
	}
}

// launchWorker starts a worker with a folder for its log.
func (p *processes) launchWorker(folder string) *stage.Process {
	dir := filepath.Join(p.Dir, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		p.Errorf("make folder: %v", err)
	}
	env := append(p.Environment(), "FOXFLOW_HTTP="+stage.FreePort(p)) // the last one counts
	w := stage.Launch(p, "worker", dir, env)
	p.Cleanup(w.Kill)
	return w
}

func (p *processes) logs() string {
	files, _ := filepath.Glob(filepath.Join(p.Dir, "*", "worker.log"))
	var all strings.Builder
	for _, file := range append(files, filepath.Join(p.Dir, "worker.log")) {
		log, _ := os.ReadFile(file)
		all.Write(log)
	}
	return all.String()
}
