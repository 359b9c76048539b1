package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// request is one call of the API, as the other side saw it.
type request struct {
	At      time.Time `json:"at"` // when it arrived
	Route   string    `json:"route"`
	OrderID string    `json:"orderId"`
	Status  int       `json:"status"`
	Chooses string    `json:"-"` // the status that a list is asked for; known on a road alone
}

// requests are the calls of the API in the simulator's log since its start,
// redirected ones too, in the order of their arrival.
func (s *stack) requests() []request {
	s.Helper()
	var log struct{ Requests []request }
	s.Admin(http.MethodGet, "/admin/requests", "", &log)
	calls := slices.DeleteFunc(log.Requests, func(r request) bool { return r.Route == "admin" || r.Route == "pay-page" })
	slices.SortStableFunc(calls, func(a, b request) int { return a.At.Compare(b.At) })
	return calls
}

// since are the calls that arrived after t.
func since(t time.Time, calls []request) []request {
	return slices.DeleteFunc(slices.Clone(calls), func(r request) bool { return !r.At.After(t) })
}

func count(calls []request, is func(request) bool) (n int) {
	for _, r := range calls {
		if is(r) {
			n++
		}
	}
	return n
}

func isRoute(name string) func(request) bool { return func(r request) bool { return r.Route == name } }

// lag is what may lie between the ledger's leave to send a request and its
// arrival: a commit, a scheduler with much to do, a new connection. The budget
// keeps 100 ms in hand for it; a machine that runs a dozen of our processes at
// once needs more.
const lag = 500 * time.Millisecond

// keepsBudget checks the promise of FOXRELOAD_REQUESTS_PER_MINUTE over every two
// requests: from the arrival of the one to that of the other, both included, at
// most budget·T/60 + burst. What came late at the window's start counts as asked
// for up to a lag before it.
func keepsBudget(t *testing.T, calls []request, perMinute int) {
	t.Helper()
	perSecond, burst := float64(perMinute)/60, float64(max(1, perMinute/20))
	worst := 0.0 // requests above the bound, were there no lag
	for i := range calls {
		for j := i; j < len(calls); j++ {
			window := calls[j].At.Sub(calls[i].At)
			made, most := float64(j-i+1), perSecond*window.Seconds()+burst
			worst = max(worst, made-most)
			if made > most+perSecond*lag.Seconds()+1e-6 {
				require.Failf(t, "the budget is broken", "%d requests in %s from %s on; %d a minute with a burst of %.0f allow %.1f",
					j-i+1, window, calls[i].At.Format(time.RFC3339Nano), perMinute, burst, most)
			}
		}
	}
	t.Logf("%d requests; the fullest window is %.1f above the bound before a lag of %s is allowed for", len(calls), worst, lag)
}

// otherWorker starts a worker beside the stack's own, as one more machine would.
func (s *stack) otherWorker(vars ...string) *process {
	s.Helper()
	dir := filepath.Join(s.Dir, "other-worker")
	require.NoError(s, os.MkdirAll(dir, 0o700))
	address := freePort(s)
	s.other = address
	p := launch(s, "worker", dir, append(append(s.Environment(), "FOXFLOW_HTTP="+address), vars...)) // the last of a name counts
	s.Cleanup(p.Kill)
	s.Answers("http://" + address + "/readyz")
	return p
}

// road is one program's way to the simulator. It sees every request of that
// program, and may stop one.
type road struct {
	url string

	mu   sync.Mutex
	seen []request
	stop func(request, http.ResponseWriter) (answered bool) // nil: all pass
	hold func(request, string)                              // before an answer, of that text, goes back; nil: at once
}

// newRoad leads to the stack's simulator, wherever that will be.
func newRoad(s *stack) *road {
	s.Helper()
	r := &road{}
	forward := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		to, _ := url.Parse(s.Simulator)
		p.SetURL(to)
		p.Out.Host = to.Host
	}, ModifyResponse: func(a *http.Response) error {
		r.mu.Lock()
		hold := r.hold
		r.mu.Unlock()
		if hold == nil {
			return nil
		}
		text, err := io.ReadAll(a.Body)
		a.Body = io.NopCloser(bytes.NewReader(text))
		hold(callOf(a.Request), string(text))
		return err
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		call := callOf(q)
		r.mu.Lock()
		r.seen = append(r.seen, call)
		stop := r.stop
		r.mu.Unlock()
		if stop == nil || !stop(call, w) {
			forward.ServeHTTP(w, q)
		}
	}))
	s.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// byRoad sends the stack's own worker, and the starter, along a road.
func byRoad(r **road) option {
	return func(s *stack) {
		*r = newRoad(s)
		s.Env["FOXRELOAD_BASE_URL"] = (*r).url
	}
}

func callOf(q *http.Request) request {
	call := request{At: time.Now(), Route: routeOf(q), Chooses: q.URL.Query().Get("status")}
	if rest, ok := strings.CutPrefix(q.URL.Path, "/api/orders/"); ok {
		call.OrderID, _, _ = strings.Cut(rest, "/")
	}
	return call
}

func routeOf(q *http.Request) string {
	switch path := strings.Trim(strings.TrimPrefix(q.URL.Path, "/api/"), "/"); {
	case path == "orders" && q.Method == http.MethodPost:
		return "create"
	case path == "orders":
		return "list"
	case strings.HasPrefix(path, "orders/") && strings.HasSuffix(path, "/pay"):
		return "pay"
	case strings.HasPrefix(path, "orders/"):
		return "get"
	default:
		return path
	}
}

func (r *road) calls() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func (r *road) guard(stop func(request, http.ResponseWriter) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop = stop
}

func (r *road) holdAnswers(hold func(request, string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = hold
}

// inState are the references of the orders in a state.
func (s *stack) inState(state string) (references []string) {
	s.Helper()
	var list struct{ Orders []order }
	s.json(&list, "list", "--state", state, "--limit", "1000")
	for _, o := range list.Orders {
		references = append(references, o.Reference)
	}
	return references
}

// untilAll waits for this many orders to be in a state.
func (s *stack) untilAll(state string, n int) {
	s.Helper()
	s.Eventually(fmt.Sprintf("%d %s orders", n, state), func() bool {
		time.Sleep(200 * time.Millisecond) // a program is started for each look
		return len(s.inState(state)) == n
	})
}

// placeMany places gift-card orders NAME-1 … NAME-N by a file.
func (s *stack) placeMany(name string, n int) (references []string) {
	s.Helper()
	var csv strings.Builder
	csv.WriteString("reference,item,quantity,note,mock,max_price\n")
	for i := range n {
		references = append(references, s.ref(name+"-"+string(rune('a'+i/26))+string(rune('a'+i%26))))
		csv.WriteString(references[i] + "," + giftCard + ",1,,,\n")
	}
	s.Must("starter", "place", "--file", s.Write(name+".csv", csv.String()), "--yes")
	return references
}

// onePaymentEach checks the simulator's ledger: each of these orders was paid
// once, and nothing else was.
func (s *stack) onePaymentEach(orders int) {
	s.Helper()
	debits := s.debits()
	assert.Len(s, debits, orders)
	for id, times := range debits {
		assert.Equal(s, 1, times, "order %s", id)
	}
}
