package e2e

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

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

// storm is a stack with two workers, and what is done to it.
type storm struct {
	*stack
	seed    uint64
	orders  []planned
	length  time.Duration // how long it rages
	begun   time.Time
	client  client.Client
	workers [2]*process

	mu        sync.Mutex
	done      tally
	placed    int             // how many of the orders were placed so far
	reset     map[string]int  // resets by reference
	takenBack map[string]bool // references that "starter cancel" was called for: true once it has said so
}

// TestStorm proves promises 1, 2 and 3 against a hostile world: orders of every
// kind are placed while FoxReload's answers go wrong in every way, workers,
// Temporal and FoxReload are killed with SIGKILL, the ledger's disk refuses
// writes, orders are reset from their first event and started twice at the same
// moment. Then it is calm, every order gets its time, and a judge who has seen
// nothing of this holds foxflow's records against the money ledger of the
// simulator.
//
// The seed decides what is ordered, what is done to it and when, and which
// requests go wrong. How processes interleave is theirs, so a seed brings back
// the same storm, not the same instant.
func TestStorm(t *testing.T) { weather(t) }

// The same, with the ledger on PostgreSQL.
func TestStormOnPostgres(t *testing.T) { weather(t, withPostgres) }

func weather(t *testing.T, options ...option) {
	seed, orders := setting(t, "FOXFLOW_STORM_SEED", 1), setting(t, "FOXFLOW_STORM_ORDERS", shortStorm)
	t.Logf("storm: seed %d, %d orders", seed, orders)
	s := newStorm(t, uint64(seed), orders, options...) //nolint:gosec // not negative
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

func newStorm(t *testing.T, seed uint64, orders int, options ...option) *storm {
	t.Helper()
	s := &storm{seed: seed, length: 30*time.Second + time.Duration(orders)*200*time.Millisecond,
		reset: map[string]int{}, takenBack: map[string]bool{}}
	s.stack = newStack(t, []string{
		"--balance", "usd=200", "--speed", "1", "--spread", "0.3", "--paid-for", "300ms", "--processing-for", "1s",
		"--payment-window", "1h", "--short-window", "4s",
		// Shorter than what a client waits for: every one of these has to pass.
		"--late-pay-for", "6s", "--stale-by", "1s", "--late-codes-after", "2s", "--on-hold-for", "2s", "--forget-for", "3s",
		"--faults", stormFaults, "--fault-seed", strconv.FormatUint(seed, 10),
	}, append(options, ownTemporal,
		with("FOXRELOAD_TIMEOUT", "1s"),       // a slow commit outlives the client
		with("FOXFLOW_POLL_INITIAL", "500ms"), // intervals of a day with few orders, made short
		with("FOXFLOW_POLL_MAX", "2s"),
		with("FOXFLOW_STALL_AFTER", "6s"), // so that some stall
		with("FOXFLOW_STALL_POLL", "1s"),
		with("FOXFLOW_GIVE_UP_AFTER", "24h"))...) // nothing is given up for want of time
	s.orders = plan(s.random("plan"), orders)
	s.client = s.stack.client()
	s.begun = time.Now()
	s.workers[0] = s.processes["worker"]
	s.startSecondWorker()
	return s
}

// random is the chance of one part of the storm: its own, so that the parts do
// not depend on how they interleave.
func (s *storm) random(part string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(part))                    // never fails
	return rand.New(rand.NewPCG(s.seed, h.Sum64())) //nolint:gosec // reproducible on purpose
}

// hand is one part of the storm at work: context and chance are its own.
type hand struct {
	*storm
	context.Context
	*rand.Rand
}

// hands are what goes on while the storm rages.
var hands = map[string]func(*hand){
	"shop":     (*hand).placeOrders,
	"reaper":   (*hand).killProcesses,
	"disk":     (*hand).refuseWrites,
	"bank":     (*hand).topUp,
	"support":  (*hand).resolveBlocked,
	"customer": (*hand).takeBack,
	"owner":    (*hand).holdPayments,
	"operator": (*hand).resetOrders,
	"fox":      (*hand).turnKnobs,
}

// rage lets every hand work until the storm's time is over and all is placed.
func (s *storm) rage() {
	over, stop := context.WithTimeout(s.Context(), s.length)
	defer stop()
	var all sync.WaitGroup
	for part, work := range hands {
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
	s.eventually("the simulator's faults to end", func() bool { return s.tell("/admin/faults", `{"plan":""}`) })
	s.admin(http.MethodPost, "/admin/knobs", `{"low-balance":"keep","idempotency":"honoured","mock":"honoured","pay-refusals":"0"}`, nil)
	s.admin(http.MethodPost, "/admin/balances", `{"currency":"usd","add":"1000000"}`, nil)
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
		s.reviveWorkers()
		h.pause(time.Second, time.Second)
	}
}

// pause waits for a time between least and most; false: the storm is over.
func (h *hand) pause(least, most time.Duration) bool {
	timer := time.NewTimer(least + time.Duration(h.Int64N(int64(most-least)+1)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.Done():
		return false
	}
}

// until waits for a moment of the storm, given as a part of its length.
func (h *hand) until(part float64) bool {
	wait := max(0, time.Until(h.begun.Add(time.Duration(part*float64(h.length)))))
	return h.pause(wait, wait)
}

// count adds to a line of the table.
func (s *storm) count(line *int, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*line += n
}
