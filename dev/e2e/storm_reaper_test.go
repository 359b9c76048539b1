package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the ledger's file, to get in its way
)

// killProcesses kills a worker every few seconds, the two in turn, and starts it
// again at once, or freezes it; Temporal and the simulator at moments of their own. It
// alone touches the stack's processes while the storm rages.
func (h *hand) killProcesses() {
	type blow struct {
		at     float64
		strike func()
	}
	blows := []blow{{0.4, h.killTemporal}, {0.6, h.killSimulator}}
	if len(h.orders) >= longStorm {
		blows = append(blows, blow{0.25, h.killSimulator}, blow{0.75, h.killTemporal})
	}
	slices.SortFunc(blows, func(a, b blow) int { return int(1000 * (a.at - b.at)) })
	for n := 0; h.pause(2*time.Second, 6*time.Second); n++ {
		if len(blows) > 0 && time.Since(h.begun).Seconds() > blows[0].at*h.length.Seconds() {
			blows[0].strike()
			blows = blows[1:]
		}
		if h.IntN(4) == 0 {
			h.freezeWorker(n % 2)
			continue
		}
		h.killWorker(n % 2)
	}
}

func (h *hand) killWorker(n int) {
	h.workers[n].kill()
	h.count(&h.done.WorkerKills, 1)
	h.reviveWorkers()
}

// freezeWorker stops a worker, as a machine that is moved or short of memory does, for
// less or more time than it takes until its calls are given to the other one; that is
// killed meanwhile. Then it goes on where it stood.
func (h *hand) freezeWorker(n int) {
	frozen := h.workers[n]
	if frozen.cmd.Process.Signal(syscall.SIGSTOP) != nil {
		return // it has ended by itself
	}
	defer func() { _ = frozen.cmd.Process.Signal(syscall.SIGCONT) }()
	h.count(&h.done.WorkerFreezes, 1)
	for thaw := time.Now().Add(time.Second + time.Duration(h.Int64N(int64(20*time.Second)))); time.Now().Before(thaw); {
		if !h.pause(2*time.Second, 6*time.Second) {
			return
		}
		h.killWorker(1 - n)
	}
}

func (h *hand) killTemporal() {
	h.kill("foxflow-dev")
	h.count(&h.done.ServerKills, 1)
	h.pause(500*time.Millisecond, 3*time.Second)
	h.runTemporal()
}

func (h *hand) killSimulator() {
	h.kill("simulator")
	h.count(&h.done.SimulatorKills, 1)
	h.pause(500*time.Millisecond, 2*time.Second)
	h.run("simulator")
}

// startSecondWorker starts a worker beside the stack's own.
func (s *storm) startSecondWorker() {
	s.workers[1] = s.launchWorker("second-worker", freePort(s))
}

// reviveWorkers starts those that are not there: after a kill, or because they
// gave up while Temporal or the ledger was away, as a supervisor would.
func (s *storm) reviveWorkers() {
	for i, w := range s.workers {
		select {
		case <-w.done:
			s.workers[i] = s.launchWorker(fmt.Sprintf("worker-%d", i), freePort(s))
		default:
		}
	}
}

// launchWorker starts a worker with a folder for its log.
func (s *storm) launchWorker(folder, address string) *process {
	dir := filepath.Join(s.dir, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.Errorf("make folder: %v", err)
	}
	env := append(s.environment(), "FOXFLOW_HTTP="+address) // the last one counts
	p := launch(s, "worker", dir, env)
	s.Cleanup(p.kill)
	return p
}

// outage is a way in which the ledger is not there for a while, at a moment of the storm.
type outage struct {
	at     float64
	strike func(*hand, time.Duration) error
}

// refuseWrites takes the ledger away for a while, in ways of its database's own: every
// write fails, every write has to wait, and a server that dies.
func (h *hand) refuseWrites() {
	outages := []outage{{0.15, (*hand).failFile}, {0.3, (*hand).holdFile}, {0.5, (*hand).failFile}, {0.7, (*hand).failFile}, {0.85, (*hand).holdFile}}
	if h.postgres != "" {
		outages = []outage{{0.15, (*hand).failServer}, {0.3, (*hand).holdServer}, {0.5, (*hand).killServer}, {0.7, (*hand).failServer}, {0.85, (*hand).killServer}}
	}
	for _, o := range outages {
		if !h.until(o.at) {
			return
		}
		length := 2*time.Second + time.Duration(h.Int64N(int64(3*time.Second)))
		if err := o.strike(h, length); err != nil {
			h.Errorf("take the ledger's disk away (seed %d): %v", h.seed, err)
			return
		}
		h.count(&h.done.LedgerOutages, 1)
	}
}

func (h *hand) failFile(length time.Duration) error {
	return h.onLedger(func(ctx context.Context, c *sql.Conn) error { return failWrites(ctx, c, length) })
}

func (h *hand) holdFile(length time.Duration) error {
	return h.onLedger(func(ctx context.Context, c *sql.Conn) error { return holdWrites(ctx, c, length) })
}

func (h *hand) onLedger(do func(context.Context, *sql.Conn) error) error {
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(h.dir, "foxflow.db")), RawQuery: "_pragma=busy_timeout(60000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := h.stack.Context()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(ctx, c)
}

// holdWrites holds the file's write lock.
func holdWrites(ctx context.Context, c *sql.Conn, length time.Duration) error {
	if _, err := c.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	time.Sleep(length)
	_, err := c.ExecContext(ctx, "ROLLBACK")
	return err
}

// failWrites lets every write to every table fail, as on a full disk. It knows
// nothing of what the tables are.
func failWrites(ctx context.Context, c *sql.Conn, length time.Duration) error {
	tables, err := tablesOf(ctx, c)
	if err != nil {
		return err
	}
	var refuse, allow strings.Builder
	for _, table := range tables {
		for _, event := range []string{"INSERT", "UPDATE"} {
			name := "storm_" + table + "_" + event
			fmt.Fprintf(&refuse, "CREATE TRIGGER %s BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'disk full'); END;\n", name, event, table)
			fmt.Fprintf(&allow, "DROP TRIGGER %s;\n", name)
		}
	}
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE;\n"+refuse.String()+"COMMIT;"); err != nil {
		return err
	}
	time.Sleep(length)
	_, err = c.ExecContext(ctx, "BEGIN IMMEDIATE;\n"+allow.String()+"COMMIT;")
	return err
}

func tablesOf(ctx context.Context, c *sql.Conn) (tables []string, err error) {
	rows, err := c.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, rows.Err()
}
