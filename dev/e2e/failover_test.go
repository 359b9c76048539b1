package e2e

import (
	"strings"
	"testing"
	"time"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func withStandby(synchronous bool) option {
	return func(s *stack) { stage.WithStandby(synchronous)(s.Stack) }
}

// The ledger's primary dies while forty orders are created and paid, and its synchronous
// standby is promoted: both workers go on by themselves, and nothing acknowledged is lost.
// Then the old primary comes back as it was, and is left alone.
// Promise 1: one reference, one paid order. Promise 3: nothing is lost.
func TestPostgresFailsOver(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000", "--paid-for", "1s", "--processing-for", "20s"}, withStandby(true),
		with("FOXRELOAD_REQUESTS_PER_MINUTE", "600")) // some seconds from the first payment to the last
	other := s.otherWorker()
	placed := s.placeMany("f", 40)
	s.Eventually("some orders to be paid", func() bool { return len(s.debits()) >= 10 })
	acknowledged := s.Must("starter", "audit", "--export", "-")
	s.Postgres.Die()
	require.Less(t, len(s.debits()), 40, "others are not")

	refused := s.Starter("place", "--reference", s.ref("meanwhile"), "--item", giftCard)
	assert.Equal(t, 1, refused.Code)
	assert.Contains(t, refused.Stderr, "no host in FOXFLOW_LEDGER takes writes")
	assert.Contains(t, refused.Stderr, s.Postgres.Address+","+s.Postgres.Standby.Address)
	promoted := time.Now()
	s.Postgres.Promote()
	s.Eventually("orders to be placed again", func() bool {
		return s.Starter("place", "--reference", s.ref("meanwhile"), "--item", giftCard).Code == 0
	})
	placed = append(placed, s.ref("meanwhile"))
	for _, worker := range []string{s.Env["FOXFLOW_HTTP"], s.other} {
		s.Answers("http://" + worker + "/readyz")
	}
	t.Logf("orders placed and both workers ready %s after the promotion began", time.Since(promoted).Round(100*time.Millisecond))
	s.untilAll("completed", len(placed))
	s.onePaymentEach(len(placed))
	onRecord := strings.Split(s.Must("starter", "audit", "--export", "-"), "\n")
	assert.Subset(t, onRecord, strings.Split(acknowledged, "\n"), "each entry is there, with its hash")

	s.Postgres.Return()
	s.Postgres.Standby.SQL("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+stage.LedgerRole+"'")
	s.place(s.ref("next"), giftCard)
	s.until(s.ref("next"), "completed")
	placed = append(placed, s.ref("next"))
	s.onePaymentEach(len(placed))
	for _, reference := range placed {
		assert.Len(t, s.codes(reference), 1, reference)
	}
	for _, worker := range []*process{s.Processes["worker"], other} {
		select {
		case <-worker.Done:
			t.Error("a worker ended")
		default:
		}
	}
	s.Must("starter", "audit", "--verify-all")
	assert.True(t, s.checkLedger().Whole)
}

// An asynchronous standby that was behind is promoted: what it had not got is taken up from
// Temporal, and nothing is paid twice.
func TestPostgresFailsOverToAStandbyThatWasBehind(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000", "--paid-for", "1s", "--processing-for", "20s"}, withStandby(false))
	known, ended, runs := s.ref("known"), s.ref("ended"), s.ref("runs")
	s.place(known, giftCard)
	s.until(known, "processing")
	s.Postgres.Part()
	s.place(ended, giftCard)
	s.until(known, "completed")
	s.until(ended, "completed")
	s.place(runs, giftCard)
	s.until(runs, "processing")
	s.Postgres.Die()
	s.Postgres.Promote()

	assert.Equal(t, 1, s.Starter("status", ended).Code, "the newest is lost")
	s.until(known, "processing", "completed") // what came to it since is lost, until a worker looks
	s.Eventually("the running order to be taken up", func() bool { return s.Starter("status", runs).Code == 0 })
	s.until(runs, "completed")
	assert.Contains(t, s.ledger("reconcile").kinds(), "forgotten "+ended)
	mended := s.ledger("reconcile", "--apply")
	assert.Zero(t, mended.status, "%v", mended.Findings)
	for _, reference := range []string{known, ended, runs} {
		s.until(reference, "completed")
		assert.Len(t, s.codes(reference), 1, reference)
	}
	s.onePaymentEach(3)
	s.Must("starter", "audit", "--verify-all")
	assert.True(t, s.checkLedger().Whole)
}

// The old primary comes back, and a worker that knows of no other uses it: the ledger is the
// same in both, and that two are in use is noticed.
func TestAnOldPrimaryInUseIsFound(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000"}, withStandby(false))
	s.Postgres.Die()
	s.Postgres.Promote()
	s.Postgres.Return()
	s.otherWorker("FOXFLOW_LEDGER=" + s.Postgres.Alone(stage.LedgerRole))
	s.placeMany("r", 6) // have both poll again
	s.Eventually("the first worker to tell of the other", func() bool {
		_, checks := s.readyz()
		return strings.Contains(checks["orders"].Reason, "a copy of this ledger is in use beside it")
	})
}
