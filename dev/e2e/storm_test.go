package e2e

import (
	"testing"

	"foxflow/dev/stage"
	"foxflow/dev/storm"
)

// TestStorm holds the promises against a hostile world: orders of every
// kind are placed while FoxReload's answers go wrong in every way, workers,
// Temporal and FoxReload are killed with SIGKILL, the ledger's disk refuses
// writes, orders are reset from their first event and started twice at the same
// moment. Then it is calm, every order gets its time, and a judge who has seen
// nothing of this holds foxflow's records against the money ledger of the
// simulator.
// Promise 1: one reference, one paid order. Promise 2: nothing is guessed.
// Promise 3: nothing is lost. Promise 4: each state is on record.
func TestStorm(t *testing.T) { storm.Run(t) }

// The same, with the ledger on PostgreSQL.
// Promise 1: one reference, one paid order. Promise 2: nothing is guessed.
// Promise 3: nothing is lost. Promise 4: each state is on record.
func TestStormOnPostgres(t *testing.T) { storm.Run(t, stage.WithPostgres) }
