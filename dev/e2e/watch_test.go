package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A worker is killed while it watches thirty orders: another one takes over, and each order
// comes to its end, long before its activity would time out. Pages of the list have shown
// them all the while.
func TestWatcherKilledWhileItWatches(t *testing.T) {
	t.Parallel()
	const orders = 30
	// As many orders are a crowd for that budget, which is looked at in pages.
	s := newStack(t, []string{"--balance", "usd=1000", "--processing-for", "10h"}, with("FOXRELOAD_REQUESTS_PER_MINUTE", "240"))
	s.placeMany("watched", orders)
	s.untilAll("processing", orders)
	s.Eventually("a page to show them", func() bool { return count(s.requests(), isRoute("list")) > 3 })
	s.otherWorker()

	s.Kill("worker")
	killed := time.Now()
	for id := range s.created() {
		s.Admin(http.MethodPost, "/admin/orders/"+id+"/move", `{"status":"completed"}`, nil)
	}
	s.untilAll("completed", orders)
	t.Logf("all ended %s after the kill", time.Since(killed).Round(100*time.Millisecond))
	for _, reference := range s.inState("completed") {
		assert.Len(t, s.codes(reference), 1)
	}
	s.onePaymentEach(orders)
	s.Must("starter", "audit", "--verify-all")
}
