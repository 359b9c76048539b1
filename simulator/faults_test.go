package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// faultStories is, for every fault, where the story plays (a pay, unless the
// fault strikes elsewhere), what the client sees and whether its request took
// effect.
var faultStories = map[string]struct {
	route string
	sees  func(*testing.T, reply, error)
	done  bool
}{
	"lost-answer":      {RoutePay, reset, true},
	"reset":            {RoutePay, reset, false},
	"slow-commit":      {RoutePay, sees(200, `"status":"paid"`), true},
	"error-500":        {RoutePay, sees(500, `"code":"INTERNAL_ERROR"`), false},
	"error-500-late":   {RoutePay, sees(500, `"code":"INTERNAL_ERROR"`), true},
	"bad-gateway":      {RoutePay, sees(502, "<h1>502 Bad Gateway</h1>"), false},
	"bad-gateway-late": {RoutePay, sees(502, "<h1>502 Bad Gateway</h1>"), true},
	"proxy-400":        {RoutePay, sees(400, "<h1>400 Bad Request</h1>"), false},
	"proxy-403":        {RoutePay, sees(403, "<h1>403 Forbidden</h1>"), false},
	"proxy-404":        {RoutePay, sees(404, "<h1>404 Not Found</h1>"), false},
	"proxy-404-late":   {RoutePay, sees(404, "<h1>404 Not Found</h1>"), true},
	"late-pay":         {RoutePay, reset, false}, // not yet: refusal_test.go
	"stale":            {RouteList, sees(200, `"items":[]`), false},
	"exists-other":     {RouteCreate, sees(409, `"code":"ORDER_ALREADY_EXISTS"`), true},
	"malformed":        {RoutePay, seesNoJSON, true},
	"too-many":         {RoutePay, seesRetryAfter("1"), false},
	"too-many-date":    {RoutePay, seesRetryAfter("Tue, 24 Nov 2026 10:00:01 GMT"), false},
	"unauthorised":     {RoutePay, sees(401, `"code":"UNAUTHORIZED"`), false},
	"forbidden":        {RoutePay, sees(403, `"code":"FORBIDDEN"`), false},
	"redirect":         {RoutePay, sees(307, ""), false},
	"redirect-away":    {RoutePay, sees(307, ""), false},
	"duplicate-pages":  {RouteList, sees(200, `"items"`), false},
	"exists":           {RouteCreate, sees(409, `"code":"ORDER_ALREADY_EXISTS"`), true},
	"exists-hidden":    {RouteCreate, sees(409, `"code":"ORDER_ALREADY_EXISTS"`), false},
}

func reset(t *testing.T, _ reply, err error) {
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func sees(status int, words string) func(*testing.T, reply, error) {
	return func(t *testing.T, got reply, err error) {
		require.NoError(t, err)
		require.Equal(t, status, got.status)
		require.Contains(t, got.text, words)
		require.Equal(t, strings.HasPrefix(words, "<"), got.header.Get("Content-Type") == "text/html")
	}
}

func seesNoJSON(t *testing.T, got reply, err error) {
	require.NoError(t, err)
	require.Equal(t, 200, got.status)
	require.False(t, json.Valid([]byte(got.text)), got.text)
}

func seesRetryAfter(value string) func(*testing.T, reply, error) {
	return func(t *testing.T, got reply, err error) {
		sees(429, `"code":"TOO_MANY_REQUESTS"`)(t, got, err)
		require.Equal(t, value, got.header.Get("Retry-After"))
	}
}

func TestEveryFaultOnDemand(t *testing.T) {
	require.Len(t, faultStories, len(AllFaults()))
	for _, f := range AllFaults() {
		t.Run(f.Name, func(t *testing.T) {
			story := faultStories[f.Name]
			w := openWire(t)
			w.knobs("slow-commit-for", "1ms")
			id := w.create(item(amazon, 1), "")
			asked := map[string][3]string{
				RoutePay:    {"POST", "/api/orders/" + id + "/pay", fromBalance},
				RouteCreate: {"POST", "/api/orders/", `{"items":[` + item(amazon, 1) + `],"idempotencyKey":"k-1"}`},
				RouteList:   {"GET", "/api/orders/", ""},
			}[story.route]
			w.next(f.Name, story.route)
			got, err := w.ask(asked[0], asked[1], asked[2])
			story.sees(t, got, err)

			done := len(w.Money.Debits()) + len(w.Orders()) - 1
			require.Equal(t, story.done, done > 0, "took effect")
			require.LessOrEqual(t, done, 1)
			require.Equal(t, map[string]map[string]int{f.Name: {story.route: 1}}, w.Faults.Report().Injected)
			require.Equal(t, 1, w.Faults.Report().Total)
			require.Empty(t, w.Faults.Report().Pending)
			require.Eventually(t, func() bool { return slices.Equal(w.struck(), []string{"", f.Name}) }, time.Minute, time.Millisecond)
		})
	}
}

// The very case that a double payment would come from: the client has given up,
// its connection is gone, and the payment lands.
func TestASlowCommitLandsAfterTheClientLeft(t *testing.T) {
	left := make(chan struct{}) // closed once the server knows that the client has gone
	watch := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			stop := context.AfterFunc(r.Context(), func() { close(left) })
			defer stop()
			next.ServeHTTP(w, r)
		})
	}
	w := openWire(t, func(c *Config) { c.Faults = []Middleware{watch} })
	id := w.create(item(amazon, 1), "")
	held, release := make(chan time.Duration, 1), make(chan struct{})
	w.sleep = func(d time.Duration) { held <- d; <-release }
	w.next("slow-commit", RoutePay)

	patience, giveUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := w.do(w.request("POST", "/api/orders/"+id+"/pay", fromBalance).WithContext(patience))
		ended <- err
	}()
	require.Equal(t, 3*time.Second, within(t, held))
	giveUp()
	require.ErrorIs(t, within(t, ended), context.Canceled)
	within(t, left)
	require.Empty(t, w.Money.Debits(), "nothing yet")
	close(release)
	require.Eventually(t, func() bool { return len(w.Money.Debits()) == 1 }, time.Minute, time.Millisecond)
	require.Eventually(t, func() bool { return w.injected("slow-commit", RoutePay) == 1 }, time.Minute, time.Millisecond, "counted once it has struck")
}

// within waits for a channel, but not for ever.
func within[T any](t *testing.T, c <-chan T) (got T) {
	select {
	case got = <-c:
	case <-time.After(time.Minute):
		require.Fail(t, "nothing came for a minute")
	}
	return got
}

func TestMalformedAnswersAreCutOffOrNoJSONAtAll(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.Faults.Set("malformed=1", 0))
	cut, garbage := s.send("GET", "/api/access/me", ""), s.send("GET", "/api/access/me", "")
	refused := s.send("GET", "/api/orders/nobody", "")
	require.Equal(t, "{", cut.Body.String()[:1])
	require.NotEqual(t, "{", garbage.Body.String()[:1])
	for _, w := range []string{cut.Body.String(), garbage.Body.String(), refused.Body.String()} {
		require.False(t, json.Valid([]byte(w)), w)
	}
	require.Equal(t, 200, refused.Code, "a refusal that nobody can read is no refusal")
}

func TestAKeyIsRefusedForAWhile(t *testing.T) {
	for kind, status := range map[string]int{"unauthorised": 401, "forbidden": 403} {
		s := openShop(t, func(c *Config) { c.APIKeys = []string{DefaultAPIKey, "mine"} })
		mine := header("X-API-Key", "mine")
		id := s.create(item(amazon, 1), "")
		s.next(kind, RouteGet)
		s.expect(200, "GET", "/api/access/me", "", mine) // not before it strikes
		s.expect(status, "GET", "/api/orders/"+id, "", mine)
		s.clock.pass(1999 * time.Millisecond)
		s.expect(status, "GET", "/api/access/me", "", mine)
		s.expect(status, "POST", "/api/orders/"+id+"/pay", fromBalance, mine)
		s.expect(200, "GET", "/api/access/me", "") // with another key
		s.clock.pass(time.Millisecond)
		s.expect(200, "GET", "/api/access/me", "", mine)
		require.Empty(t, s.Money.Debits())
		require.Equal(t, map[string]map[string]int{kind: {RouteGet: 1}}, s.Faults.Report().Injected, "one strike")
		require.Equal(t, []string{"", "", kind, kind, kind, "", ""}, s.struck())
	}
}

func TestACarefulClientGetsThroughARedirect(t *testing.T) {
	w := openWire(t)
	w.client.CheckRedirect = nil // as net/http does: the body goes along
	order := `{"items":[` + item(amazon, 1) + `]}`
	w.next("redirect", RouteCreate)
	got, err := w.ask("POST", "/api/orders/", order)
	require.NoError(t, err)
	require.Equal(t, 201, got.status, "the knob slash is 307 still, and the other form is taken")
	require.Len(t, w.Orders(), 1)

	// A client may stay with that form; there it is not sent back and forth.
	w.next("redirect", RouteCreate)
	require.Equal(t, 201, w.send("POST", "/api/orders", order).Code)
	require.Len(t, w.Faults.Report().Pending, 1)
	require.Equal(t, 307, w.send("POST", "/api/orders/", order).Code)
	require.Equal(t, 307, w.send("POST", "/api/topups/crypto", fifty).Code, "no other route has moved")
	require.Len(t, w.Orders(), 2)
}

func TestRedirectsNameTheOtherFormOrAnotherHost(t *testing.T) {
	s := openShop(t)
	s.next("redirect", RoutePay)
	s.next("redirect-away", RoutePay)
	pay := "/api/orders/" + url.PathEscape("a/b") + "/pay?x=1"
	require.Equal(t, "http://example.com/api/orders/a%2Fb/pay/?x=1", s.send("POST", pay, fromBalance).Header().Get("Location"))
	require.Equal(t, "http://127.0.0.1:9/api/orders/a%2Fb/pay?x=1", s.send("POST", pay, fromBalance).Header().Get("Location"))
}

func TestAFaultThatCannotBeRecordedDoesNotStrike(t *testing.T) {
	s, _, _ := kept(t)
	s.next("bad-gateway", RouteMe)
	s.journal.err = errors.New("disk full")
	s.expect(500, "GET", "/api/access/me", "")
	s.journal.err = nil
	require.Zero(t, s.Faults.Report().Total)
}

func TestWhatALostAnswerDidIsInTheFile(t *testing.T) {
	s, reopen, _ := kept(t)
	id := s.create(item(amazon, 1), "")
	require.NoError(t, s.Faults.Set("lost-answer@pay=1", 7))
	s.next("redirect", RouteTopUp)
	require.Equal(t, 307, s.send("POST", "/api/topups/crypto/", fifty).Code)
	s.next("exists-hidden", RouteCreate)
	require.Panics(t, func() { s.pay(id) }, "a recorder has no connection to reset")
	report := s.Faults.Report()
	require.Equal(t, 2, report.Total)
	report.Pending = []NextFault{} // forgotten: a test asks again
	for range 2 {
		reopen()
		require.Equal(t, "paid", s.status(id))
		require.Len(t, s.Money.Debits(), 1)
		require.Equal(t, report, s.Faults.Report())
		require.Equal(t, 201, s.send("POST", "/api/topups/crypto", fifty).Code, "a client that remembers the other form finds it")
	}
}

// The storm against the money: whatever clients see, each order is debited once
// at most, and the balance is what the debits say.
func TestAStormFalsifiesNoMoney(t *testing.T) {
	w := openWire(t, func(c *Config) { c.FaultPlan, c.FaultSeed, c.Opening = "storm,unauthorised=0.01", 7, opening("1000") })
	w.knobs("slow-commit-for", "1ms", "fault-access-for", "1ms")
	var clients sync.WaitGroup
	for client := range 4 {
		clients.Go(func() {
			for n := range 40 {
				order := fmt.Sprintf(`{"items":[{"itemId":"%s","quantity":1}],"idempotencyKey":"k-%d-%d"}`, VoucherID, client, n)
				_, _ = w.ask("POST", "/api/orders/", order) // whatever came of it
				for _, o := range w.Orders() {
					if o.IdempotencyKey == fmt.Sprintf("k-%d-%d", client, n) {
						_, _ = w.ask("POST", "/api/orders/"+o.ID+"/pay", fromBalance)
						_, _ = w.ask("POST", "/api/orders/"+o.ID+"/pay", fromBalance)
					}
				}
				_, _ = w.ask("GET", "/api/orders/", "")
				w.clock.pass(time.Second) // a refused key is accepted again
			}
		})
	}
	clients.Wait()
	debited, sum := map[string]int{}, decimal.Zero
	for _, e := range w.Money.Debits() {
		debited[e.OrderID]++
		require.Equal(t, 1, debited[e.OrderID])
		sum = sum.Add(e.Amount)
	}
	require.Greater(t, len(debited), 100)
	w.holds(moneyText(decimal.NewFromInt(1000).Sub(sum)))
	require.Greater(t, w.Faults.Report().Total, 50)
}
