package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

// The keyset is rotated while orders wait and run. For a while a worker with the
// old keyset meets what the new one sealed: it fails workflow tasks, which are tried
// again, and no order.
func TestKeysetRotatedWhileOrdersRun(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1"})
	before := s.placeMany("before", 3)
	s.untilAll("awaiting_topup", len(before))

	s.Must("starter", "keyset", "rotate", "--write")
	after := s.placeMany("after", 3) // sealed with the new key; the worker has the old one
	s.Eventually("the old worker to meet what it can't open", func() bool {
		log, err := os.ReadFile(filepath.Join(s.Dir, "worker.log"))
		return err == nil && strings.Contains(string(log), "another keyset sealed it")
	})
	require.Zero(t, s.Stop("worker"))
	s.StartWorker()
	s.untilAll("awaiting_topup", len(before)+len(after))
	s.setBalance("1000")
	s.Must("starter", "top-up", "--all")
	s.untilAll("completed", len(before)+len(after))
	s.onePaymentEach(len(before) + len(after))
	for _, reference := range append(before, after...) {
		assert.Len(t, s.codes(reference), 1, reference)
	}
	s.Must("starter", "audit", "--verify-all")
	// A code that was read is sealed as it was; a second rotation loses nothing either.
	s.Must("starter", "keyset", "rotate", "--write")
	assert.Len(t, s.codes(before[0]), 1)
}

// A worker of another shop takes the order's tasks, by a slip in its settings. It
// can't read them, and the order goes on where it was.
func TestWorkerWithAnotherKeysetEndsNoOrder(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	require.Zero(t, s.Stop("worker"))
	foreign := filepath.Join(s.Dir, "foreign.json")
	require.NoError(t, os.WriteFile(foreign, []byte(s.Must("starter", "keyset", "new")), 0o600))
	own := s.Env
	s.Env = map[string]string{"FOXFLOW_HTTP": own["FOXFLOW_HTTP"], "FOXFLOW_KEYSET_FILE": foreign, "FOXFLOW_LEDGER": filepath.Join(s.Dir, "foreign.db")}
	s.StartWorker()

	s.Env = own
	s.place(s.ref("r"), giftCard)
	var failed string
	s.Eventually("the foreign worker to fail a workflow task", func() bool {
		for _, event := range s.history(s.ref("r")).Events {
			if event.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				failed = fmt.Sprint(event.GetWorkflowTaskFailedEventAttributes())
				return true
			}
		}
		return false
	})
	assert.NotContains(t, failed, "another keyset", "messages of failures are sealed")
	assert.Equal(t, "creating", s.status(s.ref("r")).State)
	require.Zero(t, s.Stop("worker"))
	s.StartWorker()
	s.until(s.ref("r"), "completed")
}

// The ledger knows its keyset: with another one nothing begins.
func TestAnotherKeysetIsRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	require.Zero(t, s.Starter("place", "--reference", s.ref("r"), "--item", giftCard, "--wait").Code)
	require.Zero(t, s.Stop("worker"))
	s.Env["FOXFLOW_KEYSET_FILE"] = filepath.Join(s.Dir, "foreign.json")
	require.NoError(t, os.WriteFile(s.Env["FOXFLOW_KEYSET_FILE"], []byte(s.Must("starter", "keyset", "new")), 0o600))
	for _, args := range [][]string{{"codes", s.ref("r")}, {"status", s.ref("r")}, {"place", "--reference", s.ref("q"), "--item", giftCard}} {
		r := s.Starter(args...)
		assert.Equal(t, 1, r.Code, args)
		assert.Contains(t, r.Stderr, "FOXFLOW_KEYSET", args)
		assert.Empty(t, r.Stdout, args)
	}
	r := s.Command("worker")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stdout+r.Stderr, "keyset")

	require.NoError(t, os.Chmod(s.Env["FOXFLOW_KEYSET_FILE"], 0o644)) //nolint:gosec // that is the mistake
	for _, program := range []string{"worker", "starter"} {
		r := s.Command(program, map[string][]string{"starter": {"list"}}[program]...)
		assert.NotZero(t, r.Code, program)
		assert.Contains(t, r.Stdout+r.Stderr, "chmod 600", program)
	}
}
