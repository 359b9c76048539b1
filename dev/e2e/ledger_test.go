package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	_ "modernc.org/sqlite" // as an administrator's sqlite3 would
)

// beside is the same Temporal, task queue and FoxReload as another shop's programs see
// them, with what the options change. It has no processes of its own yet.
func (s *stack) beside(options ...option) *stack {
	s.Helper()
	o := s.copied()
	o.Dir, o.Env, o.Processes = s.TempDir(), maps.Clone(s.Env), map[string]*process{}
	o.Env["FOXFLOW_KEYSET_FILE"] = filepath.Join(s.Dir, "keyset.json")
	o.Env["FOXFLOW_HTTP"] = freePort(s)
	for _, option := range options {
		option(o)
	}
	return o
}

// Two workers with different ledgers on one task queue: each carries its own orders alone,
// and says of the others that they are not its own.
func TestAWorkerLeavesOrdersOfAnotherLedgerAlone(t *testing.T) {
	t.Parallel()
	for name, ledgers := range map[string][]option{
		"files":         nil,
		"PostgreSQL":    {withPostgres},
		"keysets too":   nil,
		"one at a time": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, []string{"--balance", "usd=1000"}, ledgers...)
			other := s.beside(with("FOXFLOW_LEDGER", ""))
			if name == "keysets too" {
				other.Env["FOXFLOW_KEYSET_FILE"] = other.Write("keyset.json", s.Must("starter", "keyset", "new"))
			}
			if name == "one at a time" { // nobody takes the other's orders from it
				require.Zero(t, s.Stop("worker"))
			}
			other.StartWorker()
			mine := s.ref("mine")
			require.Zero(t, s.Starter("place", "--reference", mine, "--item", giftCard).Code)
			if name == "one at a time" {
				other.unready("orders", "met order/"+mine+" at .* is not this ledger's and is left alone: it belongs to ledger .*")
				s.Eventually("explain to say so", func() bool {
					return strings.Contains(s.Must("starter", "explain", mine), "does not get on: its task has failed")
				})
				assert.Contains(t, strings.Join(strings.Fields(s.Must("starter", "explain", mine)), " "), "it belongs to ledger")
				s.StartWorker()
			}
			theirs := s.ref("theirs")
			require.Zero(t, other.Starter("place", "--reference", theirs, "--item", giftCard).Code)
			s.until(mine, "completed")
			other.until(theirs, "completed")
			for reference, at := range map[string]*stack{mine: s, theirs: other} {
				assert.Len(t, at.codes(reference), 1, reference)
				at.Must("starter", "audit", reference, "--verify")
			}
			assert.Equal(t, 1, s.Starter("status", theirs).Code)
			assert.Equal(t, 1, other.Starter("status", mine).Code)
			s.onePaymentEach(2)
		})
	}
}

// The ledger is put back from a backup in which an order is missing that runs and is paid.
func TestAnOrderThatTheRestoredLedgerLacksGoesOn(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=100", "--paid-for", "2s", "--processing-for", "4s"})
	done := s.ref("done")
	require.Zero(t, s.Starter("place", "--reference", done, "--item", giftCard, "--wait").Code)
	backup := filepath.Join(s.Dir, "backup.db")
	s.backUpByHand(backup)
	lost := s.ref("lost")
	require.Zero(t, s.Starter("place", "--reference", lost, "--item", giftCard).Code)
	s.until(lost, "paid", "processing")
	s.Kill("worker")
	s.putBack(backup)
	require.Equal(t, 1, s.Starter("status", lost).Code, "the ledger does not know it")

	s.StartWorker()
	s.Eventually("the order to be taken up", func() bool { return s.Starter("status", lost).Code == 0 })
	s.until(lost, "completed")
	assert.Len(t, s.codes(lost), 1)
	s.onePaymentEach(2)
	assert.Contains(t, s.Must("starter", "audit", lost, "--verify", "-o", "json"), "put back from a backup")
	s.Must("starter", "audit", "--verify-all")
}

// backUpByHand is sqlite3's .backup while the worker runs.
func (s *stack) backUpByHand(to string) {
	s.Helper()
	s.inLedgerFile(fmt.Sprintf(`VACUUM INTO '%s'`, to))
}

// inLedgerFile and inFile run a statement as somebody with sqlite3 would.
func (s *stack) inLedgerFile(statement string) {
	s.Helper()
	s.inFile(filepath.Join(s.Dir, "foxflow.db"), statement)
}

func (s *stack) inFile(path, statement string) {
	s.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	require.NoError(s, err)
	_, err = db.ExecContext(s.Context(), statement)
	require.NoError(s, err, statement)
	require.NoError(s, db.Close())
}

// putBack has the ledger's file be the backup.
func (s *stack) putBack(backup string) {
	s.Helper()
	file := filepath.Join(s.Dir, "foxflow.db")
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Remove(file + suffix)
	}
	text, err := os.ReadFile(backup)
	require.NoError(s, err)
	require.NoError(s, os.WriteFile(file, text, 0o600))
}

func TestMissingSearchAttributesAreSaid(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1"}, ownTemporal)
	waits := s.ref("waits")
	require.Zero(t, s.Starter("place", "--reference", waits, "--item", giftCard).Code)
	s.until(waits, "awaiting_topup")
	_, err := s.Client().OperatorService().RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{
		Namespace: s.Namespace, SearchAttributes: []string{"FoxflowState", "FoxflowCancelReason"}})
	require.NoError(t, err)
	s.unready("search_attributes", `lacks search attributes: FoxflowState \(Keyword\), FoxflowCancelReason \(Keyword\).*temporal operator search-attribute create`)
	for _, args := range [][]string{{"cancel", waits}, {"top-up", waits}, {"top-up", "--all"}} {
		r := s.Starter(args...)
		assert.Equal(t, 1, r.Code, args)
		assert.Contains(t, r.Stderr, "FoxflowState (Keyword), FoxflowCancelReason (Keyword); orders can't go on without", args)
		assert.Contains(t, r.Stderr, "temporal operator search-attribute create", args)
	}
	assert.Contains(t, string(s.metrics()), `foxflow_ready{check="search_attributes"} 0`)

	_, err = s.Client().OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: s.Namespace, SearchAttributes: stage.Attributes})
	require.NoError(t, err)
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")
	s.Eventually("the order to be cancelled", func() bool { return s.Starter("cancel", waits).Code == 0 })
	s.until(waits, "cancelled")
}

// Every program looks at a ledger before it uses it.
func TestLedgersThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	require.Zero(t, s.Stop("worker"))
	newer, foreign := filepath.Join(s.Dir, "newer.db"), filepath.Join(s.Dir, "foreign.db")
	s.backUpByHand(newer)
	s.inFile(newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	s.inFile(foreign, `CREATE TABLE customers (id INTEGER)`)
	text := s.Write("text.db", strings.Repeat("no database ", 500))
	missing := filepath.Join(s.Dir, "typo.db")
	for name, c := range map[string]struct {
		ledger, says string
		worker       bool // refused by the worker and place, too
		code         int
	}{
		"none":             {missing, "no ledger at " + missing, false, 1},
		"a newer one":      {newer, "it was made by a newer foxflow", true, 1},
		"somebody else's":  {foreign, "it is not a ledger of foxflow's", true, 1},
		"a text":           {text, "it is not a ledger of foxflow's: the file is not a database", true, 1},
		"key=value":        {"host=db password=hunter2", "FOXFLOW_LEDGER is a list of key=value", true, 2},
		"quotes":           {`"hunter2.db"`, "FOXFLOW_LEDGER is quoted", true, 2},
		"blanks at an end": {"hunter2.db ", "FOXFLOW_LEDGER has blanks at its edges", true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.files()
			o := s.copied()
			o.Env = maps.Clone(s.Env)
			o.Env["FOXFLOW_LEDGER"] = c.ledger
			commands := [][]string{{"starter", "list"}, {"starter", "audit", "--verify-all"}, {"starter", "cancel", "r"}, {"starter", "pause"}}
			if c.worker {
				commands = append(commands, []string{"worker"}, []string{"starter", "place", "--reference", "r", "--item", giftCard},
					[]string{"starter", "ledger", "migrate"}, []string{"starter", "balance"})
			}
			for _, command := range commands {
				r := o.Command(command[0], command[1:]...)
				assert.Equal(t, c.code, r.Code, command)
				assert.Contains(t, r.Stderr, c.says, command)
				assert.NotContains(t, r.Stdout+r.Stderr, "hunter2", command)
			}
			assert.Equal(t, before, s.files(), "nothing is made, and nothing is changed")
		})
	}
	o := s.copied()
	o.Env = maps.Clone(s.Env)
	o.Env["FOXFLOW_LEDGER"], o.Env["FOXFLOW_KEYSET_FILE"] = missing, ""
	for _, args := range [][]string{{"balance"}, {"products", "search", "card"}, {"keyset", "new"}} {
		o.Must("starter", args...)
	}
	assert.NoFileExists(t, missing)
}

// files is what lies in the stack's folder, but for logs.
func (s *stack) files() map[string]string {
	s.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(s.Dir)
	require.NoError(s, err)
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".log") || strings.HasPrefix(e.Name(), "simulator.state") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(s.Dir, e.Name()))
		require.NoError(s, err)
		files[e.Name()] = string(text)
	}
	return files
}

// Temporal's data is lost, and the ledger is not.
func TestAnOrderThatRunsNowhereIsSaid(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1"}, ownTemporal)
	waits := s.ref("waits")
	place := []string{"place", "--reference", waits, "--item", giftCard}
	require.Zero(t, s.Starter(place...).Code)
	s.until(waits, "awaiting_topup")
	s.Kill("foxflow-dev")
	require.NoError(t, os.RemoveAll(s.TemporalDir))
	s.RunTemporal()

	s.unready("orders", `1 open order runs nowhere \(`+waits+`\).*place .* again the same way`)
	s.Eventually("the metric", func() bool {
		return containsLine(s.metrics(), `foxflow_orders_astray{kind="no_workflow"} 1`)
	})
	found := s.checkLedger()
	assert.Equal(t, []string{"no_workflow " + waits}, found.kinds())
	r := s.Starter("explain", waits)
	require.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, "It runs nowhere")
	assert.Contains(t, r.Stdout, "starter place --reference "+waits)
	assert.NotContains(t, r.Stdout, "starter top-up")
	for _, args := range [][]string{{"cancel", waits}, {"top-up", waits}} {
		r := s.Starter(args...)
		assert.Equal(t, 1, r.Code, args)
		assert.Contains(t, r.Stderr, "place it again the same way", args)
	}
	r = s.Starter(place...)
	require.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stderr, "it is started again, and goes on from what is on record")
	s.setBalance("100")
	s.until(waits, "completed")
	s.onePaymentEach(1)
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")
	assert.True(t, s.checkLedger().Whole)
}

// found is the JSON of ledger check, and of ledger reconcile.
type found struct {
	Whole    bool
	Temporal struct{ Asked bool }
	Damage   []string
	Findings []struct {
		Kind, Reference, Done, Detail string
		OrderID                       *string
	}
	FoxReload struct {
		Asked  bool
		Orders int
	}
	status int
}

func (f found) kinds() (kinds []string) {
	for _, one := range f.Findings {
		if one.Done == "" {
			kinds = append(kinds, one.Kind+" "+one.Reference)
		}
	}
	return kinds
}

func (s *stack) checkLedger() found { return s.ledger("check") }

func (s *stack) ledger(args ...string) (f found) {
	s.Helper()
	r := s.Starter(append(append([]string{"ledger"}, args...), "-o", "json")...)
	require.NoError(s, json.Unmarshal([]byte(r.Stdout), &f), r.Stderr)
	f.status = r.Code
	return f
}

// A backup is taken while orders run, and put back later: what ran since is taken up, what
// ended since is put on record with its codes, and nothing is paid twice.
func TestABackupIsPutBack(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]option{"file": nil, "PostgreSQL": {withPostgres}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, []string{"--balance", "usd=1000", "--paid-for", "1s", "--processing-for", "20s"}, options...)
			before, ended, runs := s.ref("before"), s.ref("ended"), s.ref("runs")
			s.place(before, giftCard)
			s.until(before, "processing")
			backup := filepath.Join(s.Dir, "backup.db")
			s.Must("starter", "ledger", "backup", backup)
			assert.Equal(t, 1, s.Starter("ledger", "backup", backup).Code, "it takes the place of nothing")
			assert.True(t, s.checkLedger().Whole)
			s.place(ended, giftCard)
			s.until(before, "completed")
			s.until(ended, "completed")
			s.place(runs, giftCard)
			s.until(runs, "processing")
			s.Kill("worker")
			s.restore(backup)

			s.Eventually("all that is lacking to be found", func() bool {
				kinds := s.ledger("reconcile").kinds()
				return slices.Contains(kinds, "forgotten "+ended) && slices.Contains(kinds, "no_row "+runs) && slices.Contains(kinds, "workflow_ended "+before)
			})
			report := s.ledger("reconcile")
			assert.Equal(t, 1, report.status)
			assert.Equal(t, 3, report.FoxReload.Orders)
			unknown := 0
			for _, one := range report.Findings {
				if one.Kind == "unknown" {
					unknown++
				}
			}
			assert.Equal(t, 2, unknown, "FoxReload has two orders that the ledger does not know: %v", report.Findings)
			assert.Equal(t, 1, s.Starter("status", ended).Code, "a report changes nothing")

			s.StartWorker()
			s.Eventually("the running order to be taken up", func() bool { return s.Starter("status", runs).Code == 0 })
			s.until(runs, "completed")
			assert.Equal(t, 1, s.Starter("codes", ended).Code)
			mended := s.ledger("reconcile", "--apply")
			assert.Zero(t, mended.status, "%v", mended.Findings)
			for _, reference := range []string{before, ended, runs} {
				s.until(reference, "completed")
				assert.Len(t, s.codes(reference), 1, reference)
			}
			s.onePaymentEach(3)
			assert.True(t, s.checkLedger().Whole)
			s.Must("starter", "audit", "--verify-all")
			// The books are open: what is placed now goes its way.
			s.place(s.ref("next"), giftCard)
			s.until(s.ref("next"), "completed")
		})
	}
}

// restore puts a backup back, as the help of ledger backup says.
func (s *stack) restore(backup string) {
	s.Helper()
	if s.Postgres == nil {
		s.putBack(backup)
		return
	}
	s.Postgres.SQL("postgres", "CREATE DATABASE restored OWNER "+stage.LedgerOwner)
	in := func(role string) string {
		return strings.Replace(s.Postgres.Ledger(role), "/foxflow?", "/restored?", 1)
	}
	s.Must("starter", "ledger", "copy", "--from", backup, "--to", in(stage.LedgerOwner))
	s.Env["FOXFLOW_LEDGER"] = in(stage.LedgerOwner)
	s.Must("starter", "ledger", "migrate", "--grant-to", stage.LedgerRole)
	s.Env["FOXFLOW_LEDGER"] = in(stage.LedgerRole)
}

// A ledger that was used with one namespace is not used with another.
func TestALedgerGoesWithOneNamespace(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	s.place(s.ref("r"), giftCard)
	s.until(s.ref("r"), "completed")
	require.Zero(t, s.Stop("worker"))
	o := s.beside(with("FOXFLOW_LEDGER", filepath.Join(s.Dir, "foxflow.db")))
	o.Namespace = "other-" + s.Queue
	o.NewNamespace()
	for _, command := range [][]string{{"worker"}, {"starter", "place", "--reference", s.ref("x"), "--item", giftCard}} {
		r := o.Command(command[0], command[1:]...)
		assert.Equal(t, 1, r.Code, command)
		assert.Contains(t, r.Stderr, "it goes with another Temporal namespace", command)
		assert.Contains(t, r.Stderr, "starter ledger reconcile --apply", command)
	}
	assert.False(t, o.checkLedger().Temporal.Asked)
	assert.Equal(t, 1, o.Starter("ledger", "reconcile").Code)
	assert.Zero(t, o.ledger("reconcile", "--apply").status)
	o.StartWorker()
	o.place(s.ref("x"), giftCard)
	o.until(s.ref("x"), "completed")
}

// Somebody copies the ledger's file and uses both: a worker says so of the other.
func TestTwoCopiesOfALedgerInUseAreFound(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000"})
	file := filepath.Join(t.TempDir(), "copy.db")
	s.backUpByHand(file)
	o := s.beside(with("FOXFLOW_LEDGER", file))
	o.StartWorker()
	for n := range 6 { // have both poll again
		s.place(s.ref(fmt.Sprintf("r-%d", n)), giftCard)
	}
	s.unready("orders", "a copy of this ledger is in use beside it: worker .*@.* uses it")
}

// Two workers that share a ledger, and one that comes after one was killed, are no copies.
func TestWorkersOfOneLedgerAreNoCopies(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000"})
	s.otherWorker()
	s.Kill("worker")
	s.StartWorker()
	for n := range 8 {
		s.place(s.ref(fmt.Sprintf("r-%d", n)), giftCard)
	}
	s.untilAll("completed", 8)
	code, checks := s.readyz()
	assert.Equal(t, http.StatusOK, code, "%v", checks)
}
