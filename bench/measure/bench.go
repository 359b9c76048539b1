package measure

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"foxflow/bench/carry"
	"foxflow/bench/report"
	"foxflow/bench/rig"
)

// Bench is a whole measurement.
type Bench struct {
	Rig   *rig.Rig
	Sheet *report.Sheet
	// Quick: few orders and one round, to see that all works.
	Quick bool
	Log   io.Writer // progress
}

// Part is one part of the bench.
type Part struct {
	Name, About string
	Run         func(*Bench, context.Context) error
	Asked       bool // it takes long: it runs only when it is named
}

// Parts are all, in the order in which they run.
var Parts = []Part{
	{Name: "saturated", About: "as many orders a second as there is CPU time for, and what one costs", Run: (*Bench).saturated},
	{Name: "embedded", About: "the same on the embedded server, on SQLite", Run: (*Bench).embedded},
	{Name: "recovery", About: "the worker is killed with 100 orders in flight", Run: (*Bench).recovery},
	{Name: "crowd", About: "orders that come at once, under a request limit", Run: (*Bench).crowd},
	{Name: "steady", About: "orders that come one by one, a little faster than the limit carries", Run: (*Bench).steady},
	{Name: "open", About: "what an order costs beside 100 and 1,000 open ones", Run: (*Bench).open},
	{Name: "file", About: "100,000 orders from a file", Run: (*Bench).file},
	{Name: "crowd2000", About: "2,000 orders at once, looked at for ten minutes", Run: (*Bench).crowd2000, Asked: true},
	{Name: "open10000", About: "the same beside 10,000, and the worker's memory", Run: (*Bench).open10000, Asked: true},
}

// Prepare starts what all parts use.
func (b *Bench) Prepare(ctx context.Context) error {
	b.say("PostgreSQL, and a Temporal on it")
	if err := b.Rig.StartPostgres(); err != nil {
		return err
	}
	return b.Rig.PrepareTemporal(ctx)
}

// say tells of the progress.
func (b *Bench) say(format string, args ...any) {
	fmt.Fprintf(b.Log, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

// pick is one number for a quick bench, and another for a whole one.
func pick[N any](b *Bench, whole, quick N) N {
	if b.Quick {
		return quick
	}
	return whole
}

// check holds what a contender says against the simulator's books: every order at its end,
// with its code, and paid once. Where not all have ended, those that have.
func (b *Bench) check(ctx context.Context, part string, r *carry.Run, s *rig.Simulator, orders []carry.Order, all bool) error {
	lost := 0
	for _, o := range orders {
		if o.State != "completed" || o.Codes != 1 {
			lost++
		}
	}
	paid, twice, err := s.Debits(ctx)
	if err != nil {
		return err
	}
	if lost > 0 || twice > 0 || len(paid) < len(orders) || all && len(paid) != len(orders) {
		b.Sheet.Wrong("%s, %s: of %d orders %d have no code; %d were paid, %d of them twice", part, r.Name, len(orders), lost, len(paid), twice)
	}
	return nil
}

// About describes the machine.
func About() map[string]string {
	return map[string]string{"go": runtime.Version(), "cpus": fmt.Sprint(runtime.NumCPU()), "at": time.Now().UTC().Format(time.RFC3339)}
}
