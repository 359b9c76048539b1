package e2e

import (
	"path/filepath"
	"testing"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An order end to end, with the worker and the ledger's server killed under way.
func TestOrderOnPostgres(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=100", "--paid-for", "2s", "--processing-for", "3s"}, withPostgres)
	require.Zero(t, s.Starter("place", "--reference", s.ref("r"), "--item", giftCard+":2").Code)
	s.until(s.ref("r"), "paid", "processing")
	s.Kill("worker")
	require.NoError(t, s.Postgres.Kill())
	s.StartWorker()
	o := s.until(s.ref("r"), "completed")
	assert.Equal(t, map[string]int{*o.OrderID: 1}, s.debits())
	var codes struct {
		Items []struct{ Codes []string }
	}
	s.json(&codes, "codes", s.ref("r"))
	assert.Len(t, codes.Items[0].Codes, 2)
	assert.Zero(t, s.Starter("audit", s.ref("r"), "--verify").Code)

	// Killed while the worker lives: its next order goes through all the same.
	require.NoError(t, s.Postgres.Kill())
	assert.Zero(t, s.Starter("place", "--reference", s.ref("next"), "--item", giftCard, "--wait").Code)
	r := s.Starter("audit", "--verify-all")
	assert.Zero(t, r.Code, r.Stdout+r.Stderr)
}

// A shop outgrows its file: the copy goes on where the file was.
func TestLedgerMovesToPostgres(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=10"}, withPostgres)
	file := filepath.Join(s.Dir, "foxflow.db")
	s.Stop("worker")
	app := s.Env["FOXFLOW_LEDGER"]
	s.Env["FOXFLOW_LEDGER"] = file
	s.StartWorker()
	require.Zero(t, s.Starter("place", "--reference", s.ref("done"), "--item", giftCard, "--wait").Code)
	require.Zero(t, s.Starter("place", "--reference", s.ref("waits"), "--item", giftCard).Code)
	s.until(s.ref("waits"), "awaiting_topup")

	move := []string{"ledger", "copy", "--from", file, "--to", s.Postgres.Ledger(stage.LedgerOwner)}
	r := s.Starter(move...)
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, "it is in use: stop all workers")
	s.Stop("worker")
	var copied struct {
		Orders int
		Tables []struct {
			Table string
			Rows  int
		}
	}
	s.json(&copied, move...)
	assert.Equal(t, 2, copied.Orders)
	assert.NotEmpty(t, copied.Tables)
	r = s.Starter("list")
	assert.Equal(t, 1, r.Code, "the file is closed for good")
	assert.Contains(t, r.Stderr, "goes on there: set FOXFLOW_LEDGER to that")

	s.Env["FOXFLOW_LEDGER"] = app
	s.StartWorker()
	s.setBalance("50")
	require.Zero(t, s.Starter("top-up", s.ref("waits")).Code)
	s.until(s.ref("waits"), "completed")
	assert.Len(t, s.debits(), 2)
	assert.Zero(t, s.Starter("codes", s.ref("done")).Code)
	r = s.Starter("audit", "--verify-all")
	assert.Zero(t, r.Code, r.Stdout+r.Stderr)
}
