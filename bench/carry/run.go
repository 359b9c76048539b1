package carry

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"foxflow/bench/rig"
)

// Run is a contender at work in a world.
type Run struct {
	Contender
	// Worker carries the orders; Shop places them. They may be one process.
	Worker, Shop *rig.Process
	// Database is its own on PostgreSQL; "": it has none.
	Database string
	// Killed is when the worker was killed.
	Killed time.Time

	world   World
	name    string
	feed    io.WriteCloser
	results chan result
	again   func() error // starts the worker anew

	keyset bytes.Buffer // foxflow's
	health string
	env    []string
}

// result is a line that a program prints of an order that has ended.
type result struct {
	Reference string
	State     string
	Codes     int
	OrderID   string // where it is known
	at        time.Time
}

var runs atomic.Int64

// Begin starts a contender in a world, ready to take orders.
func Begin(c Contender, w World) (*Run, error) {
	r := &Run{Contender: c, world: w, name: fmt.Sprintf("%s-%d", c.Name, runs.Add(1)), results: make(chan result, 100)}
	if err := c.begin(r); err != nil {
		r.end()
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	return r, nil
}

// End stops the contender and removes its database.
func (r *Run) End(ctx context.Context) error {
	r.end()
	if r.Database == "" {
		return nil
	}
	return r.world.Rig.DropDatabase(ctx, r.Database)
}

func (r *Run) end() {
	if r.feed != nil {
		r.feed.Close()
	}
	for _, p := range []*rig.Process{r.Shop, r.Worker} {
		if p != nil {
			p.Kill()
		}
	}
}

// Processes are what a contender's CPU time is counted of.
func (r *Run) Processes() map[string]int {
	all := map[string]int{"worker": r.Worker.PID()}
	if r.Shop != r.Worker {
		all["shop"] = r.Shop.PID()
	}
	return all
}

func (r *Run) database(kind string) error {
	r.Database = strings.ReplaceAll(kind+"_"+r.name, "-", "_")
	return r.world.Rig.NewDatabase(context.Background(), r.Database, "")
}

// worker runs the process that carries the orders.
func (r *Run) worker(path string, args, env []string) (err error) {
	start := func() error {
		r.Worker, err = r.world.Rig.Run(rig.Command{Name: r.name + "-worker", Path: path, Args: args, Env: env})
		return err
	}
	r.again = start
	return start()
}

// program runs the process that takes references and prints results. Where there is no
// worker, it carries the orders, too.
func (r *Run) program(kind, path string, args, env []string) error {
	start := func() error {
		in, feed, err := os.Pipe()
		if err != nil {
			return err
		}
		out, said, err := os.Pipe()
		if err != nil {
			return err
		}
		r.Shop, err = r.world.Rig.Run(rig.Command{Name: r.name + "-" + kind, Path: path, Args: args, Env: env, In: in, Out: said})
		in.Close()
		said.Close()
		if err != nil {
			return err
		}
		r.feed = feed
		go r.read(out)
		return nil
	}
	if err := start(); err != nil || r.Worker != nil {
		return err
	}
	r.Worker = r.Shop
	r.again = func() error {
		r.feed.Close()
		err := start()
		r.Worker = r.Shop
		return err
	}
	return nil
}

func (r *Run) read(from io.ReadCloser) {
	defer from.Close()
	for lines := bufio.NewScanner(from); lines.Scan(); {
		one := result{at: time.Now()}
		if json.Unmarshal(lines.Bytes(), &one) == nil {
			r.results <- one
		}
	}
}
