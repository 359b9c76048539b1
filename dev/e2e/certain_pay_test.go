package e2e

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func itoa(n int) string { return strconv.Itoa(n) }

// repeatRefused: the first pay is on its way, and its repeat is answered with a code that
// nobody lists. The order is paid once, and delivered.
func repeatRefused(s *stack, reference string) {
	o := s.until(reference, "completed", "failed", "cancelled", "unresolved")
	assert.Equal(s, "completed", o.State)
	pays := s.calls("pay", *o.OrderID)
	if assert.Greater(s, len(pays), 1, "the pay was repeated while the first was on its way") {
		assert.Equal(s, http.StatusConflict, pays[1].Status)
	}
	assert.Equal(s, 1, s.debits()[*o.OrderID])
	assert.Len(s, s.codes(reference), 1)
}

// pausedInDoubt: payments are paused between a lost pay and its repeat. The doubt stays: it
// is looked for, nobody is told that nothing is paid, and nobody can cancel it.
func pausedInDoubt(s *stack) {
	r := s.lostPay("doubt", "6s")
	s.Must("starter", "pause")
	defer s.Must("starter", "resume")
	id := *s.status(r).OrderID
	refused := s.Starter("cancel", r)
	assert.Equal(s, 1, refused.Code, refused.Stdout)
	assert.Contains(s, refused.Stderr, "outcome is not known")
	assert.NotRegexp(s, `(?i)nothing (is|was) paid|not paid`, s.told(r))
	paused := time.Now()
	s.Eventually("the order to be looked at while payments are paused", func() bool { return len(since(paused, s.calls("get", id))) > 0 })
	o := s.until(r, "completed", "cancelled", "failed")
	assert.Equal(s, "completed", o.State)
	assert.Equal(s, 1, s.debits()[id])
}

// TestARefusedPayIsTriedOn: FoxReload refuses to take payments, in a way that nobody lists.
// Orders are held, not ended, and go on by themselves.
func TestARefusedPayIsTriedOn(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=100", "--pay-refusals", "1000", "--pay-refusal", "422:PAYMENT_DECLINED"},
		with("FOXFLOW_STALL_POLL", "500ms"))
	through, elsewhere := s.ref("through"), s.ref("elsewhere")
	s.place(through, giftCard).place(elsewhere, giftCard)
	for _, r := range []string{through, elsewhere} {
		o := s.untilHeld(r)
		assert.Equal(t, "PAYMENT_DECLINED", o.code())
		assert.Equal(t, "payment_refused", o.why())
		assert.Contains(t, *o.WaitingFor, "tried on by itself")
		assert.NotContains(t, s.told(r), "othing is paid", "an earlier pay may be at work")
	}
	assert.Empty(t, s.debits())
	s.Admin(http.MethodPost, "/admin/orders/"+*s.status(elsewhere).OrderID+"/move", `{"status":"completed"}`, nil)
	s.until(elsewhere, "completed", "stalled")
	s.knob("pay-refusals", "0")
	o := s.until(through, "completed")
	assert.Equal(t, 1, s.debits()[*o.OrderID])
}

// untilHeld waits until an order is blocked because pays are refused: that takes three of
// them over more than a minute, at a pace that slows down.
func (s *stack) untilHeld(reference string) (o order) {
	s.Helper()
	for range 3 {
		if w := s.Starter("watch", reference, "--timeout", "60s"); w.Code == 6 {
			break
		}
	}
	return s.until(reference, "blocked")
}

// limitForNoDay: what the limit can never let through is not told to wait for midnight.
func limitForNoDay(s *stack) {
	s.restartWorker("rub=100")
	foreign, above := s.ref("foreign"), s.ref("above")
	s.place(foreign, giftCard)
	waits := s.until(foreign, "paused")
	assert.Equal(s, "DAILY_LIMIT_CURRENCY", waits.code())
	assert.Equal(s, "limit_currency", waits.why())
	back := s.forNow("order-currency", "other")
	s.place(above, giftCard) // 883 roubles
	waits = s.until(above, "paused")
	back()
	assert.Equal(s, "DAILY_LIMIT", waits.code())
	assert.Contains(s, *waits.WaitingFor, "higher limit")
	for _, words := range []string{s.Must("starter", "status", above), s.Must("starter", "explain", above)} {
		assert.NotContains(s, words, "midnight")
	}
	s.restartWorker("")
	for _, r := range []string{foreign, above} {
		o := s.until(r, "completed")
		assert.Equal(s, 1, s.debits()[*o.OrderID])
	}
}

// restartWorker gives the stack's worker another daily limit. It outlives the subtest.
func (s *stack) restartWorker(limit string) {
	s.Helper()
	require.Zero(s, s.Stop("worker"))
	s.Env["FOXFLOW_DAILY_LIMIT"] = limit
	s.Processes["worker"] = launch(s, "worker", s.Dir, s.Environment())
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")
}
