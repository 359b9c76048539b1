package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Thirty orders wait with an empty balance, over two workers. Money comes in by
// FoxReload's own dashboard, for exactly ten of them, and nobody says a word: ten are
// delivered, twenty wait on, and FoxReload was not asked in vain for each.
func TestBalanceDeskWakesAsManyAsTheBalanceCovers(t *testing.T) {
	t.Parallel()
	const orders, fewRefusals = 30, 5
	s := newStack(t, []string{"--balance", "usd=1"})
	s.otherWorker()
	s.place(s.ref("first"), giftCard).until(s.ref("first"), "awaiting_topup")
	s.placeMany("load", orders-1) // 9.55 usd each
	s.untilAll("awaiting_topup", orders)
	refused := func() int {
		return count(s.requests(), func(r request) bool { return r.Route == "pay" && r.Status >= http.StatusBadRequest })
	}
	assert.LessOrEqual(t, refused(), fewRefusals)
	assert.Contains(t, s.Must("starter", "list", "--state", "awaiting_topup"), "waiting for a top-up: 30; 285.5 usd missing")

	s.setBalance("95.50")
	s.Eventually("the desk to notice", func() bool { return len(s.debits()) > 0 })
	s.untilAll("completed", 10)
	assert.Len(t, s.inState("awaiting_topup"), orders-10)
	s.onePaymentEach(10)

	s.setBalance("57.29") // one cent less than six
	s.Must("starter", "top-up", "--all")
	s.untilAll("completed", 15)
	assert.Len(t, s.inState("awaiting_topup"), orders-15)
	s.onePaymentEach(15)
	assert.LessOrEqual(t, refused(), fewRefusals, "FoxReload was asked for what it could give")
	assert.Zero(t, s.Starter("audit", "--verify-all").Code)
}
