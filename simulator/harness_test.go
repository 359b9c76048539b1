package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// The products that stories are told with.
const (
	pubg    = "product_01krgfgww8eth9xvvysd6y7r4j" // 0.9549, player_id
	genshin = "product_01krm9s346q3d25vt4f5v37e3s" // 4.41, player_id and server
	amazon  = "product_01kr9ee0zbgj09tqm83xssss6y" // 9.55
	esim    = "product_01krn5sxs5aa819x9yp981068v" // 7.90
	steam   = "product_01krqkfbf5kznwj47tan9zt24m" // 1.042 a dollar, login
	apple   = "product_01krqy77zxyyk596ngya1dq91k" // 481.25
	eshop   = "product_01kr5gqapenecfseczp11hygcp" // no price
	razer   = "product_01krwpq5e6eycndy0yp57rcybv" // no stock
)

// handClock stands still until a test moves it.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// shop is a partner with a key, in front of a simulator whose time it holds.
type shop struct {
	*Simulator
	t     require.TestingT
	clock *handClock
}

type body = map[string]any

func opening(usd string) map[string]decimal.Decimal {
	return map[string]decimal.Decimal{"usd": decimal.RequireFromString(usd)}
}

// openShop has 100 usd, exact delays and no rate limit, unless changed.
func openShop(t *testing.T, changes ...func(*Config)) *shop {
	t.Helper()
	s := openShopFor(t, changes...)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func openShopFor(t require.TestingT, changes ...func(*Config)) *shop {
	clock := &handClock{now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
	config := Config{Clock: clock, Opening: opening("100"), Tune: func(k *Knobs) { k.Spread, k.Requests = 0, 0 }}
	for _, change := range changes {
		change(&config)
	}
	sim, err := New(config)
	require.NoError(t, err)
	return &shop{Simulator: sim, t: t, clock: clock}
}

// knobs turns knobs by name and value.
func (s *shop) knobs(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		require.NoError(s.t, s.SetKnob(pairs[i], pairs[i+1]))
	}
}

// send makes one request as a well-behaved client would, and edits it.
func (s *shop) send(method, path, text string, edits ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("X-API-Key", DefaultAPIKey)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, edit := range edits {
		edit(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// call sends and reads the JSON object of the answer.
func (s *shop) call(method, path, text string, edits ...func(*http.Request)) (int, body) {
	w := s.send(method, path, text, edits...)
	var answer body
	require.NoError(s.t, json.Unmarshal(w.Body.Bytes(), &answer), "%s %s answered %s", method, path, w.Body)
	return w.Code, answer
}

// expect is call where only one status will do.
func (s *shop) expect(status int, method, path, text string, edits ...func(*http.Request)) body {
	got, answer := s.call(method, path, text, edits...)
	require.Equal(s.t, status, got, "%s %s: %v", method, path, answer)
	return answer
}

// item is one item of a create, as JSON; note is pairs of key and value.
func item(product string, quantity int, note ...string) string {
	fields := map[string]string{}
	for i := 0; i < len(note); i += 2 {
		fields[note[i]] = note[i+1]
	}
	text, _ := json.Marshal(body{"itemId": product, "quantity": quantity, "note": fields})
	return string(text)
}

// create makes an order and gives its id. more is JSON after the items.
func (s *shop) create(items, more string, edits ...func(*http.Request)) string {
	id, _ := s.expect(201, "POST", "/api/orders/", fmt.Sprintf(`{"items":[%s]%s}`, items, more), edits...)["id"].(string)
	require.NotEmpty(s.t, id)
	return id
}

const fromBalance = `{"paymentProvider":null}`

func (s *shop) pay(id string) (int, body) {
	return s.call("POST", "/api/orders/"+id+"/pay", fromBalance)
}

func (s *shop) paid(id string) body {
	return s.expect(200, "POST", "/api/orders/"+id+"/pay", fromBalance)
}

func (s *shop) get(id string) body { return s.expect(200, "GET", "/api/orders/"+id, "") }

func (s *shop) status(id string) string { return s.get(id)["status"].(string) }

// line is one item of an order.
func line(order body, i int) body { return order["items"].([]any)[i].(body) }

// wait lets ordinary fulfilment come to its end.
func (s *shop) wait() { s.clock.pass(time.Minute) }

func (s *shop) holds(usd string) {
	require.Equal(s.t, usd, moneyText(s.Money.Balance("usd")))
}

// readPage takes a page in any shape apart.
func readPage(t require.TestingT, raw []byte) (items []any, next any) {
	var page any
	require.NoError(t, json.Unmarshal(raw, &page))
	if list, bare := page.([]any); bare {
		return list, nil
	}
	items, _ = page.(body)["items"].([]any)
	return items, page.(body)["nextCursor"]
}
