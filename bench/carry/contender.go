package carry

import (
	"fmt"
	"slices"
	"time"

	"foxflow/bench/rig"
)

// Contender is one that carries orders.
type Contender struct {
	Name string
	// Temporal: it needs a server. Forgets: what it carries is lost when it is killed.
	Temporal, Forgets bool
	// WorkflowID is the id of an order's workflow, of those that have a server.
	WorkflowID func(reference string) string
	begin      func(*Run) error
}

// Contenders are all, foxflow first.
var Contenders = []Contender{
	{Name: "foxflow", Temporal: true, WorkflowID: func(reference string) string { return "order/" + reference }, begin: beginFoxflow},
	{Name: "naive", Temporal: true, WorkflowID: func(reference string) string { return reference }, begin: beginNaive(false)},
	{Name: "naive-lean", Temporal: true, WorkflowID: func(reference string) string { return reference }, begin: beginNaive(true)},
	{Name: "dbos", begin: beginDBOS},
	{Name: "script", Forgets: true, begin: beginScript},
}

// Named are the contenders of these names.
func Named(names ...string) (some []Contender) {
	for _, c := range Contenders {
		if slices.Contains(names, c.Name) {
			some = append(some, c)
		}
	}
	return some
}

// World is what one run meets.
type World struct {
	Rig       *rig.Rig
	Simulator *rig.Simulator
	Temporal  *rig.Temporal
	PerMinute int // requests; 0: no limit
	// Poll is the time between two looks at an order, PollMax the longest that foxflow makes
	// of it. The others know one interval.
	Poll, PollMax time.Duration
	// StallAfter is when a paid order is late; 0: after foxflow's own 300 s.
	StallAfter time.Duration
	// Scale is how much faster than life all passes: it divides foxflow's own intervals.
	Scale float64
	// File: foxflow's ledger is a file, not PostgreSQL.
	File bool
}

// Day is a world as it is by default, at a request limit and a pace.
func Day(w World, perMinute int, scale float64) World {
	w.PerMinute, w.Scale = int(float64(perMinute)*scale), scale
	w.Poll, w.PollMax = w.scaled(5*time.Second), w.scaled(30*time.Second)
	return w
}

func (w World) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / w.Scale) }

// neighbourFlags are those that every neighbour takes.
func (w World) neighbourFlags() []string {
	return []string{"-api", w.Simulator.URL, "-key", rig.Key, "-item", rig.Product, "-poll", w.Poll.String(),
		"-requests-per-minute", fmt.Sprint(w.PerMinute)}
}

func beginScript(r *Run) error {
	return r.program("worker", "bench/script", r.world.neighbourFlags(), nil)
}

func beginDBOS(r *Run) error {
	if err := r.database("dbos"); err != nil {
		return err
	}
	return r.program("worker", "bench/dbos", append(r.world.neighbourFlags(), "-database", r.world.Rig.DatabaseURL(r.Database)), nil)
}

func beginNaive(lean bool) func(*Run) error {
	return func(r *Run) error {
		if err := r.database("naive"); err != nil {
			return err
		}
		flags := append(r.world.neighbourFlags(), "-database", r.world.Rig.DatabaseURL(r.Database), "-temporal", r.world.Temporal.Address,
			"-queue", r.name, fmt.Sprintf("-lean=%t", lean))
		if err := r.worker("bench/naive", append([]string{"worker"}, flags...), nil); err != nil {
			return err
		}
		return r.program("shop", "bench/naive", append([]string{"shop"}, flags...), nil)
	}
}
