package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The request budget is respected over all workers and the starter,
// whatever the number of open orders.
// Promise 6: the request budget is respected and spent on orders.
func TestBudgetHoldsOverTwoWorkers(t *testing.T) {
	t.Parallel()
	const perMinute, orders = 240, 30
	s := newStack(t, []string{"--balance", "usd=1000"}, with("FOXRELOAD_REQUESTS_PER_MINUTE", strconv.Itoa(perMinute)))
	s.otherWorker()
	s.placeMany("load", orders) // looks at balance and price first
	for len(s.inState("completed")) < orders {
		s.Must("starter", "balance")
		s.Must("starter", "products", "show", giftCard)
	}
	calls := s.requests()
	keepsBudget(t, calls, perMinute)
	assert.Zero(t, count(calls, func(r request) bool { return r.Status == http.StatusTooManyRequests }))
	assert.Positive(t, count(calls, isRoute("balances")), "the starter's own calls count too")
	s.onePaymentEach(orders)
}

// A crowd that the budget has no room for at once: a create that was turned away was
// not made, so nobody looks through the order history for what it made.
// Promise 6: the request budget is respected and spent on orders.
func TestACrowdIsNotSearchedFor(t *testing.T) {
	t.Parallel()
	const perMinute, orders = 240, 60 // 15 s of creates; those beyond 10 s are turned away
	var way *road
	s := newStack(t, []string{"--balance", "usd=1000", "--processing-for", "10h"}, with("FOXRELOAD_REQUESTS_PER_MINUTE", strconv.Itoa(perMinute)), byRoad(&way))
	s.placeMany("crowd", orders)
	s.Eventually("every order to be paid", func() bool { return len(s.debits()) == orders })
	assert.False(t, containsLine(s.metrics(), `foxflow_budget_requests_total{outcome="held",priority="create"} 0`), "creates were turned away")
	calls := s.requests()
	assert.Zero(t, count(way.calls(), func(r request) bool { return r.Route == "list" && r.Chooses != "" }), "the watcher's lists choose no status")
	assert.Equal(t, orders, count(calls, isRoute("create")))
	assert.Equal(t, orders, count(calls, isRoute("pay")))
}

// When the budget is short, payments and new orders do not wait behind polls: no
// more polls go before one of them than the budget's queue holds of polls, 4 s of
// it (ledger/budget.go).
// Promise 6: the request budget is respected and spent on orders.
func TestNothingThatMovesAnOrderWaitsBehindPolls(t *testing.T) {
	t.Parallel()
	const (
		perMinute, watched, placed = 120, 30, 5
		queued                     = 4 * perMinute / 60 // polls
		// Without precedence every watched order's poll would go first. Halfway
		// between lies what a slow machine may add.
		most = (queued + watched) / 2
	)
	var way *road
	s := newStack(t, []string{"--balance", "usd=1000", "--processing-for", "10h"}, byRoad(&way))
	way.guard(func(r request, w http.ResponseWriter) bool { // a list would show all orders at once
		if r.Route == "list" {
			w.WriteHeader(http.StatusNotFound)
		}
		return r.Route == "list"
	})
	s.placeMany("watched", watched)
	s.untilAll("processing", watched)
	require.Zero(t, s.Stop("worker"))
	s.Env["FOXRELOAD_REQUESTS_PER_MINUTE"] = strconv.Itoa(perMinute)
	short := time.Now()
	s.StartWorker()
	s.Eventually("polls to use up the budget", func() bool { return len(since(short, s.requests())) > 2*perMinute/20 })

	references := s.placeMany("new", placed)
	s.Eventually("every new order to be paid", func() bool { return len(s.debits()) == watched+placed })
	calls := since(short, s.requests())
	created := s.created()
	waits := map[string][]int{} // by route: the polls that went before it
	for _, reference := range references {
		id := *s.status(reference).OrderID
		for _, step := range []struct{ route, from string }{{"create", "creating"}, {"pay", "active"}} {
			begun := s.entered(reference, step.from)
			done := created[id]
			if step.route == "pay" {
				done = payOf(t, calls, id)
			}
			waits[step.route] = append(waits[step.route], count(calls, func(r request) bool {
				return r.Route == "get" && r.At.After(begun) && r.At.Before(done)
			}))
		}
	}
	t.Logf("polls that went before each: %v", waits)
	for route, polls := range waits {
		for _, n := range polls {
			assert.LessOrEqual(t, n, most, "polls before a %s; the budget queues %d", route, queued)
		}
	}
	keepsBudget(t, calls, perMinute)
}

// created is when FoxReload made each order.
func (s *stack) created() map[string]time.Time {
	s.Helper()
	var list struct {
		Orders []struct {
			ID        string
			CreatedAt time.Time
		}
	}
	s.Admin(http.MethodGet, "/admin/orders", "", &list)
	at := map[string]time.Time{}
	for _, o := range list.Orders {
		at[o.ID] = o.CreatedAt
	}
	return at
}

// entered is when an order entered a state, by its audit log.
func (s *stack) entered(reference, state string) time.Time {
	s.Helper()
	var log struct {
		Entries []struct {
			Kind, State string
			At          time.Time
		}
	}
	s.json(&log, "audit", reference)
	for _, e := range log.Entries {
		if e.Kind == "state" && e.State == state {
			return e.At
		}
	}
	s.Fatalf("%s was never %s", reference, state)
	return time.Time{}
}

func payOf(t *testing.T, calls []request, orderID string) time.Time {
	t.Helper()
	for _, r := range calls {
		if r.Route == "pay" && r.OrderID == orderID {
			return r.At
		}
	}
	t.Fatalf("order %s was never paid", orderID)
	return time.Time{}
}

// A 429 to one worker silences every worker and the starter until Retry-After
// has passed, in either of its forms.
func TestTooManyRequestsSilencesEveryWorker(t *testing.T) {
	t.Parallel()
	const silence = 4 * time.Second
	var one *road
	s := newStack(t, []string{"--balance", "usd=1000", "--processing-for", "10h"}, byRoad(&one))
	two := newRoad(s)
	s.otherWorker("FOXRELOAD_BASE_URL=" + two.url)
	references := s.placeMany("watched", 16)
	s.untilAll("processing", len(references))
	// One of the two watches all orders.
	busy := func(after time.Time) func() bool {
		return func() bool { return len(since(after, one.calls()))+len(since(after, two.calls())) > 10 }
	}
	for form, retryAfter := range map[string]func(time.Time) string{
		"seconds": func(time.Time) string { return strconv.Itoa(int(silence.Seconds())) },
		"date":    func(now time.Time) string { return now.Add(silence).Format(http.TimeFormat) },
	} {
		t.Run(form, func(t *testing.T) {
			s.Eventually("a worker to be busy", busy(time.Now()))
			refused := make(chan time.Time, 1)
			refuse := func(_ request, w http.ResponseWriter) bool {
				now := time.Now().UTC()
				select {
				case refused <- now:
				default:
					return false // one is enough
				}
				w.Header().Set("Date", now.Format(http.TimeFormat))
				w.Header().Set("Retry-After", retryAfter(now))
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}
			one.guard(refuse)
			two.guard(refuse)
			var at time.Time
			select {
			case at = <-refused:
			case <-time.After(patience):
				t.Fatal("nobody asked anything")
			}
			end := at.Add(silence)
			one.guard(nil)
			two.guard(nil)
			placed := s.ref("placed-" + form)
			s.place(placed, giftCard)    // whichever worker takes it up is silent, too
			s.Must("starter", "balance") // waits as well: its call is on road one
			s.Eventually("a worker to go on", busy(end))
			s.until(placed, "paid", "processing")
			for name, calls := range map[string][]request{"the one worker": one.calls(), "the other worker": two.calls()} {
				for _, r := range calls {
					// What was on its way when the answer came is nobody's fault.
					if r.At.After(at.Add(lag)) && r.At.Before(end) {
						assert.Failf(t, "not silent", "%s sent a %s %s after the 429 and %s too soon", name, r.Route, r.At.Sub(at), end.Sub(r.At))
						break // one says it
					}
				}
			}
		})
	}
	assert.Equal(t, 3, count(one.calls(), isRoute("access/me/balances")), "the starter asked once per silence, and once before it placed the file")
}

// FoxReload is away while orders are open. When it is back nobody storms it: the
// budget's bound holds from the first second on, and every order ends.
func TestRecoveryDoesNotStampede(t *testing.T) {
	t.Parallel()
	const perMinute, orders = 240, 30
	s := newStack(t, []string{"--balance", "usd=1000", "--processing-for", "10h"})
	s.placeMany("open", orders)
	s.untilAll("processing", orders)
	require.Zero(t, s.Stop("worker"))
	s.Env["FOXRELOAD_REQUESTS_PER_MINUTE"] = strconv.Itoa(perMinute)
	s.StartWorker()
	s.otherWorker()
	s.Kill("simulator")
	s.Eventually("every order to miss FoxReload", func() bool { return s.missed() == orders })
	s.Run("simulator")
	s.Answers(s.Simulator + "/admin/")
	s.Eventually("everybody to come back", func() bool { return len(s.requests()) > 2*orders })
	for id := range s.created() {
		s.Admin(http.MethodPost, "/admin/orders/"+id+"/move", `{"status":"completed"}`, nil)
	}
	s.untilAll("completed", orders)
	keepsBudget(t, s.requests(), perMinute) // this log begins at the simulator's start
	s.onePaymentEach(orders)
	assert.Zero(t, s.Starter("audit", "--verify-all").Code)
}

// missed counts the orders whose last look failed.
func (s *stack) missed() (n int) {
	s.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Dir, "foxflow.db")+"?_pragma=busy_timeout(10000)")
	require.NoError(s, err)
	defer db.Close()
	require.NoError(s, db.QueryRowContext(s.Context(), "SELECT COUNT(*) FROM watches WHERE failures > 0").Scan(&n))
	return n
}

// A key that is refused parks orders where everybody sees them, and they go on by
// themselves once it is accepted again.
func TestRefusedKeyParksOrders(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000", "--processing-for", "10h"}, with("FOXFLOW_STALL_POLL", "500ms"))
	for _, access := range []struct{ status, code string }{{"401", "UNAUTHORIZED"}, {"403", "FORBIDDEN"}} {
		t.Run(access.status, func(t *testing.T) {
			paid, fresh := s.ref("paid-"+access.status), s.ref("new-"+access.status)
			s.place(paid, giftCard).until(paid, "processing")
			s.knob("access", access.status)
			s.place(fresh, giftCard)
			for _, reference := range []string{paid, fresh} {
				o := s.until(reference, "blocked")
				require.NotNil(t, o.WaitingFor)
				assert.Contains(t, *o.WaitingFor, "a valid API key")
				assert.Contains(t, *o.WaitingFor, "goes on by itself")
				require.NotNil(t, o.Error)
				assert.Equal(t, access.code, strings.ToUpper(o.Error.Code))
				assert.Equal(t, 6, s.Starter("watch", reference, "--timeout", "1s").Code, "blocked when the time ran out")
			}
			assert.ElementsMatch(t, []string{paid, fresh}, s.inState("blocked"))
			s.knob("access", "open")
			for _, reference := range []string{paid, fresh} {
				o := s.until(reference, "processing")
				s.Admin(http.MethodPost, "/admin/orders/"+*o.OrderID+"/move", `{"status":"completed"}`, nil)
				s.until(reference, "completed")
			}
		})
	}
	s.onePaymentEach(4)
	assert.Zero(t, s.Starter("audit", "--verify-all").Code)
}

func (s *stack) knob(name, value string) {
	s.Helper()
	s.Admin(http.MethodPost, "/admin/knobs", fmt.Sprintf(`{%q:%q}`, name, value), nil)
}

// FOXFLOW_GIVE_UP_AFTER ends a blocked order, but money that is out is never
// given up in silence.
// Promise 3: nothing is lost.
func TestPaidOrderIsNeverGivenUpSilently(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000", "--processing-for", "10h"},
		with("FOXFLOW_STALL_POLL", "250ms"), with("FOXFLOW_GIVE_UP_AFTER", "2s"))
	r := s.ref("paid")
	s.place(r, giftCard).until(r, "processing")
	s.knob("access", "403")
	watched := s.Starter("watch", r)
	assert.Equal(t, 6, watched.Code, watched.Stdout+watched.Stderr)
	o := s.status(r)
	assert.Equal(t, "unresolved", o.State)
	require.NotNil(t, o.Error)
	assert.Contains(t, o.Error.Message, "it is paid")
	assert.Contains(t, o.Error.Message, *o.OrderID)
	s.onePaymentEach(1)
	explained := s.Must("starter", "explain", r)
	assert.Contains(t, explained, "it is paid", "a person is told the same")
}
