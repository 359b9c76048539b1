package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The ledger on PostgreSQL, as README's "Deploying" has it: who owns the tables makes
// them, and worker and starter come as a role that can only use them.
const (
	ledgerOwner = "owner"
	ledgerRole  = "foxflow"
)

// withPostgres has the ledger on a PostgreSQL of the stack's own.
func withPostgres(s *stack) { s.postgres = freePort(s) }

func (s *stack) startPostgres() {
	s.Helper()
	s.run("testpostgres", s.postgres)
	log := filepath.Join(s.dir, "testpostgres.log")
	s.eventually("PostgreSQL to be ready", func() bool {
		text, _ := os.ReadFile(log)
		if strings.Contains(string(text), "are not here") {
			require.NotEqual(s, "true", os.Getenv("CI"), string(text))
			s.Skip(string(text))
		}
		return strings.Contains(string(text), s.postgres)
	})
	s.Cleanup(func() { s.stop("testpostgres") }) // before it is killed: so it tidies up
	s.sql("CREATE ROLE " + ledgerOwner + " LOGIN")
	s.sql("CREATE ROLE " + ledgerRole + " LOGIN")
	s.sql("CREATE DATABASE foxflow OWNER " + ledgerOwner)
	s.env["FOXFLOW_LEDGER"] = s.ledgerAs(ledgerOwner)
	s.must("starter", "ledger", "migrate", "--grant-to", ledgerRole)
	s.env["FOXFLOW_LEDGER"] = s.ledgerAs(ledgerRole)
}

func (s *stack) ledgerAs(role string) string {
	return fmt.Sprintf("postgres://%s@%s/foxflow?sslmode=disable", role, s.postgres)
}

// sql runs a statement as the server's superuser.
func (s *stack) sql(statement string) {
	s.Helper()
	s.sqlIn("postgres", statement)
}

func (s *stack) sqlIn(database, statement string) {
	s.Helper()
	ctx := context.WithoutCancel(s.Context())
	c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", s.postgres, database))
	require.NoError(s, err)
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, statement)
	require.NoError(s, err, statement)
}

// killPostgres ends the server with SIGKILL; it comes back after a moment.
func (s *stack) killPostgres() error {
	log := filepath.Join(s.dir, "testpostgres.log")
	before, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(before)), "\n")
	var pid int
	if _, err := fmt.Sscan(lines[len(lines)-1], &pid); err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	s.eventually("PostgreSQL to be back", func() bool {
		after, _ := os.ReadFile(log)
		return len(after) > len(before)
	})
	return nil
}

// An order end to end, with the worker and the ledger's server killed under way.
func TestOrderOnPostgres(t *testing.T) {
	s := newStack(t, []string{"--balance", "usd=100", "--paid-for", "2s", "--processing-for", "3s"}, withPostgres)
	require.Zero(t, s.starter("place", "--reference", s.ref("r"), "--item", giftCard+":2").code)
	s.until(s.ref("r"), "paid", "processing")
	s.kill("worker")
	require.NoError(t, s.killPostgres())
	s.startWorker()
	o := s.until(s.ref("r"), "completed")
	assert.Equal(t, map[string]int{*o.OrderID: 1}, s.debits())
	var codes struct {
		Items []struct{ Codes []string }
	}
	s.json(&codes, "codes", s.ref("r"))
	assert.Len(t, codes.Items[0].Codes, 2)
	assert.Zero(t, s.starter("audit", s.ref("r"), "--verify").code)

	// Killed while the worker lives: its next order goes through all the same.
	require.NoError(t, s.killPostgres())
	assert.Zero(t, s.starter("place", "--reference", s.ref("next"), "--item", giftCard, "--wait").code)
	r := s.starter("audit", "--verify-all")
	assert.Zero(t, r.code, r.stdout+r.stderr)
}

// A shop outgrows its file: the copy goes on where the file was.
func TestLedgerMovesToPostgres(t *testing.T) {
	s := newStack(t, []string{"--balance", "usd=10"}, withPostgres)
	file := filepath.Join(s.dir, "foxflow.db")
	s.stop("worker")
	app := s.env["FOXFLOW_LEDGER"]
	s.env["FOXFLOW_LEDGER"] = file
	s.startWorker()
	require.Zero(t, s.starter("place", "--reference", s.ref("done"), "--item", giftCard, "--wait").code)
	require.Zero(t, s.starter("place", "--reference", s.ref("waits"), "--item", giftCard).code)
	s.until(s.ref("waits"), "awaiting_topup")

	move := []string{"ledger", "copy", "--from", file, "--to", s.ledgerAs(ledgerOwner)}
	r := s.starter(move...)
	assert.Equal(t, 1, r.code)
	assert.Contains(t, r.stderr, "it is in use: stop all workers")
	s.stop("worker")
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
	r = s.starter("list")
	assert.Equal(t, 1, r.code, "the file is closed for good")
	assert.Contains(t, r.stderr, "goes on there: set FOXFLOW_LEDGER to that")

	s.env["FOXFLOW_LEDGER"] = app
	s.startWorker()
	s.setBalance("50")
	require.Zero(t, s.starter("top-up", s.ref("waits")).code)
	s.until(s.ref("waits"), "completed")
	assert.Len(t, s.debits(), 2)
	assert.Zero(t, s.starter("codes", s.ref("done")).code)
	r = s.starter("audit", "--verify-all")
	assert.Zero(t, r.code, r.stdout+r.stderr)
}
