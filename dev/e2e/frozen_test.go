package e2e

import (
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A worker that is frozen in the middle of a call, as a stopped process or a virtual
// machine on its way to another host is, and wakes up long after another worker has
// brought the order to its end: what it was told, or is told now, is old. It takes back
// nothing, pays nothing again and stores no code twice.
// Promise 4: each state is on record.
func TestFrozenWorkerTakesNothingBack(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]struct {
		route  string
		answer string // FoxReload has answered that by then; "": it hears of the call after the end
	}{
		"its create on the way": {"create", ""},
		"its create answered":   {"create", "active"},
		"its pay on the way":    {"pay", ""},
		"its pay answered":      {"pay", "paid"},
		"its look answered":     {"get", "processing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first *road
			s := newStack(t, []string{"--balance", "usd=50", "--processing-for", "30s"}, byRoad(&first), with("FOXRELOAD_TIMEOUT", "60s"))
			asked, sleep := make(chan struct{}), make(chan struct{})
			wake := sync.OnceFunc(func() { close(sleep) })
			s.Cleanup(wake) // of a story that failed: the road waits for its guests
			var once sync.Once
			hold := func(r request, answer string) {
				if r.Route == call.route && strings.Contains(answer, call.answer) {
					once.Do(func() {
						close(asked)
						<-sleep
					})
				}
			}
			if call.answer != "" {
				first.holdAnswers(hold)
			} else {
				first.guard(func(r request, _ http.ResponseWriter) bool {
					hold(r, "")
					return false
				})
			}
			reference := s.ref("r")
			s.place(reference, giftCard)
			s.happens("the call to be there", asked)
			s.signal("worker", syscall.SIGSTOP)
			other := s.otherWorker("FOXRELOAD_BASE_URL=" + s.Simulator)
			before := s.until(reference, "completed")

			other.Kill() // from here on it is the woken worker that does all there is to do
			wake()
			s.signal("worker", syscall.SIGCONT)
			s.place(s.ref("next"), giftCard).until(s.ref("next"), "completed")
			assert.Equal(t, before, s.status(reference))
			assert.Len(t, s.codes(reference), 1)
			s.onePaymentEach(2)
			assert.Zero(t, s.Starter("audit", "--verify-all").Code)
		})
	}
}
