package simulator

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKeys(t *testing.T) {
	s := openShop(t, func(c *Config) { c.APIKeys = []string{"first", "second"} })
	for key, status := range map[string]int{"first": 200, "second": 200, "": 401, "third": 401, DefaultAPIKey: 401} {
		require.Equal(t, status, s.send("GET", "/api/access/me", "", header("X-API-Key", key)).Code, key)
	}
	s.knobs("access", "401")
	require.Equal(t, "UNAUTHORIZED", s.expect(401, "GET", "/api/access/me", "", header("X-API-Key", "first"))["code"])
	s.knobs("access", "403")
	require.Equal(t, "FORBIDDEN", s.expect(403, "GET", "/api/access/me", "", header("X-API-Key", "first"))["code"])
	s.knobs("access", "open")
	s.expect(200, "GET", "/api/access/me", "", header("X-API-Key", "first"))
}

func TestARefusedKeyChangesNothing(t *testing.T) {
	s := openShop(t)
	s.expect(401, "POST", "/api/orders/", `{"items":[`+item(amazon, 1)+`]}`, header("X-API-Key", "wrong"))
	require.Empty(t, s.Orders())
}

func TestTheOtherSlashFormIsRedirected(t *testing.T) {
	for _, rt := range routeTable {
		path := rt.path
		other := path + "/"
		if path[len(path)-1] == '/' {
			other = path[:len(path)-1]
		}
		other = replaceID(other, "some%20id")
		t.Run(rt.name, func(t *testing.T) {
			s := openShop(t)
			w := s.send(rt.method, other+"?limit=3", `{}`, header("X-API-Key", ""))
			require.Equal(t, 307, w.Code)
			require.Equal(t, "http://example.com"+replaceID(path, "some%20id")+"?limit=3", w.Header().Get("Location"))
			s.knobs("slash", "308")
			require.Equal(t, 308, s.send(rt.method, other, `{}`).Code)
			s.knobs("slash", "accept")
			require.NotContains(t, []int{307, 308, 405}, s.send(rt.method, other, `{}`).Code)
		})
	}
}

func replaceID(path, id string) string {
	const param = "{id}"
	for i := range path {
		if i+len(param) <= len(path) && path[i:i+len(param)] == param {
			return path[:i] + id + path[i+len(param):]
		}
	}
	return path
}

func TestARedirectProcessesNothing(t *testing.T) {
	s := openShop(t)
	require.Equal(t, 307, s.send("POST", "/api/orders", `{"items":[`+item(amazon, 1)+`]}`).Code)
	require.Empty(t, s.Orders())
}

func TestWrongMethodsAndPaths(t *testing.T) {
	s := openShop(t)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"PUT", "/api/orders/", 405}, {"DELETE", "/api/orders/x", 405}, {"GET", "/api/orders/x/pay", 405}, {"POST", "/api/products/search", 405},
		{"POST", "/api/orders/x/cancel", 404}, {"GET", "/", 404}, {"GET", "/api/", 404},
	} {
		s.expect(tt.status, tt.method, tt.path, "")
	}
}

func TestRateLimit(t *testing.T) {
	s := openShop(t, func(c *Config) { c.APIKeys = []string{"one", "two"} })
	s.knobs("requests-per-minute", "60", "burst", "3")
	me := func(key string) *httptest.ResponseRecorder {
		return s.send("GET", "/api/access/me", "", header("X-API-Key", key))
	}
	for range 3 {
		require.Equal(t, 200, me("one").Code)
	}
	refused := me("one")
	require.Equal(t, 429, refused.Code)
	require.Equal(t, "1", refused.Header().Get("Retry-After"))
	require.Equal(t, 200, me("two").Code, "each key has its own")

	s.clock.pass(999 * time.Millisecond)
	require.Equal(t, 429, me("one").Code)
	s.clock.pass(time.Millisecond)
	require.Equal(t, 200, me("one").Code)
	require.Equal(t, 429, me("one").Code)
	s.clock.pass(time.Hour)
	for range 3 {
		require.Equal(t, 200, me("one").Code)
	}
	require.Equal(t, 429, me("one").Code, "an hour's rest gives no more than the burst")
}

func TestRetryAfterForms(t *testing.T) {
	s := openShop(t)
	s.knobs("requests-per-minute", "6")
	retryAfter := func() string {
		w := s.send("GET", "/api/access/me", "")
		require.Equal(t, 429, w.Code)
		return w.Header().Get("Retry-After")
	}
	require.Equal(t, 200, s.send("GET", "/api/access/me", "").Code, "the burst is one, at least")
	s.clock.pass(500 * time.Millisecond)
	require.Equal(t, "10", retryAfter(), "9.5 s, rounded up")
	s.knobs("retry-after", "http-date")
	at, err := http.ParseTime(retryAfter())
	require.NoError(t, err)
	require.Equal(t, 9500*time.Millisecond, at.Sub(s.clock.Now()))
	s.knobs("retry-after", "none")
	require.Empty(t, retryAfter())
}

func TestDefaultBudgetIsAHundredAMinute(t *testing.T) {
	s := openShop(t, func(c *Config) { c.Tune = nil })
	passed := 0
	for range 60 * 100 { // a minute in hundredths of a second
		if s.send("GET", "/api/access/me", "").Code == 200 {
			passed++
		}
		s.clock.pass(10 * time.Millisecond)
	}
	require.Equal(t, 100+5-1, passed, "the budget and the burst, less the part of a token left at the end")
}

// A fault sees where the request goes, may answer itself, may lose the answer of
// what has happened: the seam that fault injection is built on.
func TestFaultsStandBeforeTheEndpoint(t *testing.T) {
	var seen []string
	lose := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, RouteOf(r))
			if RouteOf(r) != RoutePay {
				next.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
			panic(http.ErrAbortHandler)
		})
	}
	s := openShop(t, func(c *Config) { c.Faults = []Middleware{lose} })
	server := httptest.NewServer(s)
	defer server.Close()

	id := s.create(item(amazon, 1), "")
	request, err := http.NewRequest(http.MethodPost, server.URL+"/api/orders/"+id+"/pay", nil)
	require.NoError(t, err)
	request.Header.Set("X-API-Key", "wrong")
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 401, response.StatusCode, "the key is looked at first")

	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { s.pay(id) })
	require.Equal(t, []string{RouteCreate, RoutePay}, seen)
	require.Equal(t, "paid", s.status(id))
	require.Len(t, s.Money.Debits(), 1)
	last := s.Requests()[2]
	require.Equal(t, RoutePay, last.Route)
	require.Zero(t, last.Status, "no answer left")
	require.Equal(t, id, last.OrderID)
}

func TestRequestsAreToldWithoutSecrets(t *testing.T) {
	var told []Request
	s := openShop(t, func(c *Config) { c.OnRequest = func(r Request) { told = append(told, r) } })
	id := s.create(item(amazon, 1), "")
	s.get(id)
	s.send("GET", "/api/orders/secret-path?secret=query", "")
	s.send("GET", "/secret-path", "")
	require.Equal(t, told, s.Requests())
	require.Equal(t, Request{At: s.clock.Now(), Route: "get", Method: "GET", Path: "/api/orders/{id}", OrderID: id, Status: 200}, told[1])
	require.Equal(t, Request{At: s.clock.Now(), Route: "get", Method: "GET", Path: "/api/orders/{id}", Status: 404}, told[2])
	require.Equal(t, Request{At: s.clock.Now(), Route: "unknown", Method: "GET", Status: 404}, told[3])
}

func TestRequestLogForgetsTheOldest(t *testing.T) {
	var l requestLog
	for i := range keptRequests + 3 {
		l.add(Request{Status: i})
	}
	all := l.all()
	require.Len(t, all, keptRequests)
	require.Equal(t, 3, all[0].Status)
	require.Equal(t, keptRequests+2, all[len(all)-1].Status)
}
