package e2e

import (
	"net/http"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A worker that is frozen in the middle of a call, as a stopped process or a virtual
// machine on its way to another host is, and wakes up long after another worker has
// brought the order to its end: what it was told, or is told now, is old. It takes back
// nothing, pays nothing again and stores no code twice.
func TestFrozenWorkerTakesNothingBack(t *testing.T) {
	for name, call := range map[string]struct {
		route    string
		answered bool // FoxReload has done it by then; otherwise it comes there after the end
	}{
		"its create on the way": {"create", false},
		"its create answered":   {"create", true},
		"its pay on the way":    {"pay", false},
		"its pay answered":      {"pay", true},
		"its look answered":     {"get", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			var first *road
			s := newStack(t, []string{"--balance", "usd=50"}, byRoad(&first), with("FOXRELOAD_TIMEOUT", "60s"))
			asked, sleep := make(chan struct{}), make(chan struct{})
			wake := sync.OnceFunc(func() { close(sleep) })
			s.Cleanup(wake) // of a story that failed: the road waits for its guests
			var once sync.Once
			hold := func(r request) {
				if r.Route == call.route {
					once.Do(func() {
						close(asked)
						<-sleep
					})
				}
			}
			if call.answered {
				first.holdAnswers(hold)
			} else {
				first.guard(func(r request, _ http.ResponseWriter) bool {
					hold(r)
					return false
				})
			}
			reference := s.ref("r")
			s.place(reference, giftCard)
			<-asked
			s.signal("worker", syscall.SIGSTOP)
			other := s.otherWorker("FOXRELOAD_BASE_URL=" + s.simulator)
			before := s.until(reference, "completed")

			other.kill() // from here on it is the woken worker that does all there is to do
			wake()
			s.signal("worker", syscall.SIGCONT)
			s.place(s.ref("next"), giftCard).until(s.ref("next"), "completed")
			assert.Equal(t, before, s.status(reference))
			assert.Len(t, s.codes(reference), 1)
			s.onePaymentEach(2)
			assert.Zero(t, s.starter("audit", "--verify-all").code)
		})
	}
}
