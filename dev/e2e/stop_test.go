package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

// A worker that is told to stop, by either signal, finishes the calls that it has
// in flight: FoxReload's answer is taken in by the very worker that asked, no
// other one asks again, and the worker leaves with exit status 0.
// Promise 7: a deploy breaks no running order.
func TestStoppingWorkerFinishesCallsInFlight(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		signal syscall.Signal
		// for how long FoxReload keeps the worker waiting after the signal
		thinks time.Duration
	}{
		{syscall.SIGTERM, 0},
		// longer than the heartbeat time-out: a stopping worker still shows that
		// it lives, so its calls are not handed to another one
		{syscall.SIGINT, 12 * time.Second},
	} {
		for _, call := range []struct{ route, activity string }{
			{"create", "CreateOrder"},
			{"pay", "PayOrder"},
		} {
			t.Run(call.route+" "+story.signal.String(), func(t *testing.T) {
				t.Parallel()
				var first *road
				s := newStack(t, []string{"--processing-for", "10h", "--paid-for", "10h"}, byRoad(&first), with("FOXRELOAD_TIMEOUT", "30s"))
				asked, think := make(chan struct{}), make(chan struct{})
				answer := sync.OnceFunc(func() { close(think) })
				s.Cleanup(answer) // of a story that failed: the road waits for its guests
				first.guard(func(r request, _ http.ResponseWriter) bool {
					if r.Route == call.route {
						close(asked) // a second one would panic, and be seen
						<-think
					}
					return false
				})
				s.place(s.ref("r"), giftCard)
				s.happens("the call to be on its way", asked)
				stopping := s.Processes["worker"]
				second := newRoad(s)
				s.otherWorker("FOXRELOAD_BASE_URL=" + second.url)

				require.NoError(t, stopping.Cmd.Process.Signal(story.signal))
				s.Eventually("the worker to be stopping", func() bool {
					log, _ := os.ReadFile(filepath.Join(s.Dir, "worker.log"))
					return strings.Contains(string(log), "calls in flight are finished first")
				})
				select {
				case <-stopping.Done:
					s.Logs()
					t.Fatal("the worker left its call behind")
				case <-time.After(story.thinks):
				}
				answer()
				<-stopping.Done
				assert.Zero(t, stopping.Cmd.ProcessState.ExitCode())

				s.until(s.ref("r"), "paid") // the other worker goes on from there
				assert.Equal(t, fmt.Sprintf("%s by %d, attempt 1", call.activity, stopping.Cmd.Process.Pid), s.doneBy(s.ref("r"), call.activity))
				assert.Equal(t, 1, count(s.requests(), isRoute("create")), "created once")
				assert.Equal(t, 1, count(s.requests(), isRoute("pay")), "paid once")
				assert.Equal(t, 1, count(first.calls(), isRoute(call.route)))
				assert.Zero(t, count(second.calls(), isRoute(call.route)))
				s.onePaymentEach(1)
			})
		}
	}
}

// doneBy says which process brought an activity of an order to its end, and at
// which attempt.
func (s *stack) doneBy(reference, activity string) string {
	s.Helper()
	scheduled, attempts := map[int64]string{}, map[int64]int32{}
	for _, event := range s.history(reference).Events {
		switch event.EventType {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			scheduled[event.EventId] = event.GetActivityTaskScheduledEventAttributes().ActivityType.Name
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			started := event.GetActivityTaskStartedEventAttributes()
			attempts[started.ScheduledEventId] = started.Attempt
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			done := event.GetActivityTaskCompletedEventAttributes()
			if scheduled[done.ScheduledEventId] == activity {
				pid, _, _ := strings.Cut(done.Identity, "@")
				return fmt.Sprintf("%s by %s, attempt %d", activity, pid, attempts[done.ScheduledEventId])
			}
		}
	}
	return activity + " was not done"
}
