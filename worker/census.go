package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"foxflow/internal/reconcile"
	"foxflow/internal/store"
	"foxflow/ledger"
)

const (
	// censusEvery is how often ledger and Temporal are held against each other, censusTick
	// how often a worker looks whether it is time.
	censusEvery = time.Minute
	censusTick  = 5 * time.Second
	censusLease = 2 * time.Minute
	// censusMost bounds what one census names: beyond it, it is "at least".
	censusMost = 100

	censusName = "census"
)

// census holds the ledger against Temporal once a minute, on one worker for all that share
// it: which open orders run nowhere, and which run and are not in the ledger. These it takes
// up. What it found is kept in the ledger, for the readiness and the metrics of each worker.
type census struct {
	ledger   *ledger.Ledger
	temporal reconcile.Temporal
	payTakes time.Duration
	holder   string // of the lease: no two have the same
	now      func() time.Time
	log      *zap.Logger
}

func newCensus(book *ledger.Ledger, temporal reconcile.Temporal, payTakes time.Duration, logger *zap.Logger) *census {
	return &census{ledger: book, temporal: temporal, payTakes: payTakes, holder: uuid.NewString(), now: time.Now, log: logger}
}

// counted is what a census came to.
type counted struct {
	At       time.Time           `json:"at"`
	Findings []reconcile.Finding `json:"findings"`
}

// run works until ctx ends.
func (c *census) run(ctx context.Context) {
	sole := store.Sole{Name: censusName, Holder: c.holder, Lasts: censusLease, Now: c.now}
	take := func(ctx context.Context) error { return c.ledger.Store.Leases.Alone(ctx, sole, c.due, c.take) }
	every(ctx, censusTick, take, c.log, "ledger and Temporal could not be held against each other")
}

// last is what the last census came to; the zero one before the first.
func (c *census) last(ctx context.Context) (found counted, err error) {
	text, there, err := c.ledger.Switches.Setting(ctx, censusName)
	if err != nil || !there || json.Unmarshal([]byte(text), &found) != nil {
		return counted{}, err
	}
	return found, nil
}

// due is sooner where orders run nowhere: whoever mends that wants to see it.
func (c *census) due(ctx context.Context) (bool, error) {
	last, err := c.last(ctx)
	every := censusEvery
	if len(last.Findings) > 0 {
		every = censusTick
	}
	age := c.now().Sub(last.At)
	return age >= every || age < 0, err
}

func (c *census) take(ctx context.Context) error {
	found := counted{At: c.now().UTC()}
	var err error
	if found.Findings, err = reconcile.Compare(ctx, c.ledger, c.temporal, c.now(), censusMost); err != nil {
		return err
	}
	left := found.Findings[:0]
	for _, f := range found.Findings {
		if f.Kind == reconcile.NoRow {
			done, err := reconcile.TakeUp(ctx, c.ledger, c.temporal, f.Reference, c.payTakes, c.now())
			if err == nil {
				c.log.Warn("an order that runs was not in the ledger, which was put back from a backup", zap.String("reference", f.Reference), zap.String("done", done))
				continue
			}
			c.log.Warn("an order that runs is not in the ledger, and could not be taken up yet", zap.String("reference", f.Reference), zap.Error(err))
		}
		left = append(left, f)
	}
	found.Findings = left
	text, err := json.Marshal(found)
	if err != nil {
		return err
	}
	return c.ledger.Switches.Set(ctx, censusName, string(text))
}

// check is why orders stand still though all else is well: Temporal's data is not what the
// ledger's orders were started in.
func (c *census) check(ctx context.Context) error {
	last, err := c.last(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range last.Findings {
		if f.Kind == reconcile.NoWorkflow {
			names = append(names, f.Reference)
		}
	}
	if len(names) == 0 {
		return nil
	}
	how := fmt.Sprintf("%d open orders run nowhere", len(names))
	switch {
	case len(names) == 1:
		how = "1 open order runs nowhere"
	case len(names) >= censusMost:
		how = "at least " + how
	}
	if len(names) > namedMost {
		names = append(names[:namedMost], "…")
	}
	return fmt.Errorf("%s (%s): Temporal's namespace %s knows nothing of them; its data was lost, or TEMPORAL_ADDRESS or TEMPORAL_NAMESPACE are not those they were placed with; "+
		"mend that, or place them again the same way: starter ledger check lists them", how, strings.Join(names, ", "), c.temporal.Namespace)
}

// namedMost is how many orders a probe is told by name.
const namedMost = 5

// astray counts what was found, by kind.
func (c *census) astray(ctx context.Context) (map[string]int, error) {
	last, err := c.last(ctx)
	counts := map[string]int{}
	for _, f := range last.Findings {
		counts[string(f.Kind)]++
	}
	return counts, err
}
