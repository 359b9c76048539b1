package storm

import (
	"context"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// The storm's size: FOXFLOW_STORM_ORDERS, FOXFLOW_STORM_SEED. From longStorm
// orders on it is the long form, in which every kind of fault has to strike.
const (
	shortStorm = 300
	longStorm  = 1000
)

// stormFaults is the simulator's own mix, with more of what tempts a client to pay
// or to create a second time, and enough of what is rare to be met in one storm.
const stormFaults = "storm,lost-answer@pay=0.08,slow-commit@pay=0.06,error-500-late@pay=0.04,lost-answer@create=0.08,slow-commit@create=0.04," +
	"late-pay=0.04,proxy-403=0.005,proxy-404-late@pay=0.02,stale=0.03,exists=0.04,exists-hidden=0.03,exists-other=0.03,too-many=0.01,too-many-date=0.01,unauthorised=0.003,forbidden=0.003,redirect-away=0.003,duplicate-pages=0.1"

// ground is what the programs of a storm run on: processes of this machine, or hosts with a
// network between them.
type ground interface {
	// hands are what is done to the programs while the storm rages.
	hands() map[string]func(*hand)
	// settle ends whatever may still be done to them.
	settle()
	// revive starts what should be there and is not, as a supervisor would.
	revive()
	// logs are all that the workers have logged.
	logs() string
	// must are the faults of its own that have to strike in every storm.
	must() []string
}

// storm is a stack with two workers, and what is done to it.
type storm struct {
	*stage.Stack
	seed   uint64
	size   int // how many orders
	orders []planned
	length time.Duration // how long it rages
	begun  time.Time
	client client.Client
	ground ground

	mu        sync.Mutex
	done      tally
	placed    int             // how many of the orders were placed so far
	reset     map[string]int  // resets by reference
	takenBack map[string]bool // references that "starter cancel" was called for: true once it has said so
}

// Run lets a storm rage over a stack of its own, with the options' changes, and has the
// judge's verdict. Its size and seed are read from the environment: 300 orders, seed 1.
//
// The seed decides what is ordered, what is done to it and when, and which
// requests go wrong. How processes interleave is theirs, so a seed brings back
// the same storm, not the same instant.
func Run(t *testing.T, options ...stage.Option) {
	t.Helper()
	seed, orders := setting(t, "FOXFLOW_STORM_SEED", 1), setting(t, "FOXFLOW_STORM_ORDERS", shortStorm)
	s := newStorm(t, uint64(seed), orders) //nolint:gosec // not negative
	for name, value := range settings {
		options = append(options, stage.With(name, value))
	}
	s.Stack = stage.New(t, simulatorFlags(seed), append(options, stage.OwnTemporal)...)
	s.begin(&processes{storm: s})
}

// begin lets a storm rage over its stack, whose first order is to be placed now, and has
// the verdict.
func (s *storm) begin(g ground) {
	s.Helper()
	s.orders, s.client, s.ground, s.begun = plan(s.random("plan"), s.size), s.Client(), g, time.Now()
	s.ground.revive()
	s.rage()
	s.calm()
	s.verdict()
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	require.Positive(t, n, name)
	return n
}

func newStorm(t *testing.T, seed uint64, orders int) *storm {
	t.Helper()
	t.Logf("storm: seed %d, %d orders", seed, orders)
	return &storm{seed: seed, size: orders, length: 30*time.Second + time.Duration(orders)*200*time.Millisecond,
		reset: map[string]int{}, takenBack: map[string]bool{}}
}

// simulatorFlags are what a storm asks of the simulator.
func simulatorFlags(seed int) []string {
	return []string{
		"--balance", "usd=200", "--speed", "1", "--spread", "0.3", "--paid-for", "300ms", "--processing-for", "1s",
		"--payment-window", "1h", "--short-window", "4s",
		// Shorter than what a client waits for: every one of these has to pass.
		"--late-pay-for", "6s", "--stale-by", "1s", "--late-codes-after", "2s", "--on-hold-for", "2s", "--forget-for", "3s",
		"--faults", stormFaults, "--fault-seed", strconv.Itoa(seed),
	}
}

// settings are the workers' and the starter's.
var settings = map[string]string{
	"FOXRELOAD_TIMEOUT":     "1s",    // a slow commit outlives the client
	"FOXFLOW_POLL_INITIAL":  "500ms", // intervals of a day with few orders, made short
	"FOXFLOW_POLL_MAX":      "2s",
	"FOXFLOW_STALL_AFTER":   "6s", // so that some stall
	"FOXFLOW_STALL_POLL":    "1s",
	"FOXFLOW_GIVE_UP_AFTER": "24h", // nothing is given up for want of time
}

// random is the chance of one part of the storm: its own, so that the parts do
// not depend on how they interleave.
func (s *storm) random(part string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(part))                    // never fails
	return rand.New(rand.NewPCG(s.seed, h.Sum64())) //nolint:gosec // reproducible on purpose
}

// rage lets every hand work until the storm's time is over and all is placed.
func (s *storm) rage() {
	over, stop := context.WithTimeout(s.Context(), s.length)
	defer stop()
	var all sync.WaitGroup
	parts := maps.Clone(hands)
	maps.Copy(parts, s.ground.hands())
	for part, work := range parts {
		all.Go(func() { work(&hand{s, over, s.random(part)}) })
	}
	all.Wait()
	s.Logf("storm: over after %s", time.Since(s.begun).Round(time.Second))
}

// calm ends the faults, makes money plentiful and waits until every order is at
// its end. Only a standstill ends the wait early: the judge then tells which
// orders are lost.
func (s *storm) calm() {
	s.Helper()
	const standstill = 3 * time.Minute
	s.Eventually("the simulator's faults to end", func() bool { return s.tell("/admin/faults", `{"plan":""}`) })
	s.ground.settle()
	s.Admin(http.MethodPost, "/admin/knobs", `{"low-balance":"keep","idempotency":"honoured","mock":"honoured","pay-refusals":"0"}`, nil)
	s.Admin(http.MethodPost, "/admin/balances", `{"currency":"usd","add":"1000000"}`, nil)
	h := &hand{s, s.Context(), s.random("calm")}
	left, moved := -1, time.Now()
	for {
		open, waiting := s.open()
		if open == 0 && s.running() == 0 {
			return
		}
		if open != left {
			left, moved = open, time.Now()
		}
		if time.Since(moved) > standstill {
			s.Logf("storm: %d orders have not moved for %s", open, standstill)
			return
		}
		if waiting {
			// What asks for a top-up of its own (low-keep) sees one, too.
			s.tell("/admin/balances", `{"currency":"usd","add":"1"}`)
			s.try("top-up", "--all")
		}
		h.resolveAll()
		s.ground.revive()
		h.pause(time.Second, time.Second)
	}
}

// count adds to a line of the table.
func (s *storm) count(line *int, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*line += n
}
