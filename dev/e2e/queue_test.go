package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// More orders than the budget can carry come at once. Those that have no room are queued, and
// say how many are before them; one is cancelled there; they begin in the order of placing,
// and all end, whoever is killed meanwhile.
// Promise 1: one reference, one paid order. Promise 3: nothing is lost. Promise 6: the request
// budget is respected and spent on orders.
func TestACrowdQueuesAndBeginsInItsOrder(t *testing.T) {
	t.Parallel()
	const perMinute, orders = 120, 75
	s := newStack(t, []string{"--balance", "usd=1000"}, with("FOXRELOAD_REQUESTS_PER_MINUTE", strconv.Itoa(perMinute)))
	references := s.placeMany("crowd", orders)
	waiting := s.inState("queued")
	require.NotEmpty(t, waiting)
	last := waiting[0]
	for _, reference := range waiting { // newest first, and those of one moment by name
		if reference > last {
			last = reference
		}
	}
	o := s.status(last)
	require.Equal(t, "turn", o.why())
	require.Contains(t, *o.WaitingFor, "before it")
	require.Contains(t, s.Must("starter", "explain", last), "before it")
	require.Equal(t, "cancelled", s.cancelled(last).State)
	require.Equal(t, 3, s.Starter("watch", last).Code)

	s.Eventually("half of them to be paid", func() bool { return len(s.debits()) > orders/2 })
	s.Kill("worker")
	s.StartWorker()
	s.Eventually("the queue to be empty", func() bool { return len(s.inState("queued")) == 0 })
	s.Eventually("every order to be paid", func() bool { return len(s.debits()) == orders-1 })
	s.untilAll("completed", orders-1)
	s.onePaymentEach(orders - 1)
	keepsBudget(t, s.requests(), perMinute)
	assert.Zero(t, s.Starter("audit", "--verify-all").Code)
	assert.Contains(t, references, last)

	queued, begun := s.orderOf("queued"), s.orderOf("creating")
	queued = slices.DeleteFunc(queued, func(reference string) bool { return reference == last })
	begun = slices.DeleteFunc(begun, func(reference string) bool { return !slices.Contains(queued, reference) })
	require.Len(t, begun, len(queued))
	for i, reference := range queued {
		// As many begin at once as the budget pays in 5 s, and their workflows in any order.
		assert.InDelta(t, i, slices.Index(begun, reference), perMinute/12, reference)
	}
}

// A crowd that the balance does not cover is not refused order by order: what is read of the
// balance is counted against, and who waits for money keeps others from beginning. The
// payments of a top-up are made, and no more.
func TestACrowdOverTheBalanceIsNotSentInVain(t *testing.T) {
	t.Parallel()
	const perMinute, orders, covered, fewRefusals = 240, 140, 10, 5
	s := newStack(t, []string{"--balance", "usd=100"}, with("FOXRELOAD_REQUESTS_PER_MINUTE", strconv.Itoa(perMinute))) // 9.55 usd each
	s.placeMany("crowd", orders)
	s.untilAll("completed", covered)
	s.Eventually("some to wait for money", func() bool { return len(s.inState("awaiting_topup")) > 0 })
	refused := func() int {
		return count(s.requests(), func(r request) bool { return r.Route == "pay" && r.Status >= http.StatusBadRequest })
	}
	queued := s.inState("queued")
	require.NotEmpty(t, queued)
	s.Eventually("the queue to say what it waits for", func() bool {
		o := s.status(queued[0])
		return o.State == "queued" && strings.Contains(*o.WaitingFor, "orders wait for a top-up")
	})
	assert.LessOrEqual(t, refused(), fewRefusals)

	s.setBalance("2000")
	s.Must("starter", "top-up", "--all")
	s.Eventually("half of them to be paid", func() bool { return len(s.debits()) > orders/2 })
	s.Eventually("the queue to be empty", func() bool { return len(s.inState("queued")) == 0 })
	s.untilAll("completed", orders)
	s.onePaymentEach(orders)
	assert.LessOrEqual(t, refused(), fewRefusals)
}

// An order that is on record, and that nobody started, is started: whoever placed it may have
// died before it was, or Temporal lost it before anybody took it up.
// Promise 3: nothing is lost.
func TestAnOrderThatNobodyStartedIsStarted(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=50"}, ownTemporal)
	require.Zero(t, s.Stop("worker"))
	s.place(s.ref("lost"), giftCard)
	require.Equal(t, "creating", s.status(s.ref("lost")).State)
	s.Kill("foxflow-dev")
	require.NoError(t, os.RemoveAll(s.TemporalDir))
	s.RunTemporal()
	s.StartWorker()
	s.until(s.ref("lost"), "completed")
	s.onePaymentEach(1)
}

func (s *stack) cancelled(reference string) (o order) {
	s.Helper()
	s.json(&o, "cancel", reference)
	return o
}

// orderOf is the order in which orders first entered a state.
func (s *stack) orderOf(state string) (references []string) {
	s.Helper()
	file := filepath.Join(s.Dir, "audit-"+state+".jsonl")
	s.Must("starter", "audit", "--export", file)
	text, err := os.ReadFile(file)
	require.NoError(s, err)
	for line := range strings.Lines(string(text)) {
		var e struct{ Reference, Kind, State string }
		require.NoError(s, json.Unmarshal([]byte(line), &e))
		if e.Kind == "state" && e.State == state && !slices.Contains(references, e.Reference) {
			references = append(references, e.Reference)
		}
	}
	return references
}
