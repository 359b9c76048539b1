package foxreload

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

const (
	testKey = "fr_live_0123456789abcdef"
	orderID = "0b9f6a52-7a3e-4c0f-9a51-3f6f0d1f2a77"
)

// asked is a request as the server saw it.
type asked struct {
	method, path, query, body string
	header                    http.Header
}

// fox is a server that records what it is asked, to the letter. It is not foxtest's: that one
// stands behind the client that these tests are of, and imports it.
type fox struct {
	*httptest.Server
	mu   sync.Mutex
	seen []asked
}

func (f *fox) asked() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]asked(nil), f.seen...)
}

func serve(t *testing.T, handler http.HandlerFunc) *fox {
	t.Helper()
	f := &fox{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.seen = append(f.seen, asked{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Clone()})
		f.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// answering gives the same answer to everything.
func answering(t *testing.T, status int, body string) *fox {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func client(t *testing.T, url string, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{BaseURL: url, APIKey: testKey}
	for _, c := range change {
		c(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}

func failure(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e
}

func money(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	require.NoError(t, err)
	return d
}

func createOne(c *Client) error {
	_, err := c.CreateOrder(context.Background(), CreateRequest{Items: []CreateItem{{ItemID: "product_1", Quantity: 1}}})
	return err
}

func payOne(c *Client) error {
	_, err := c.PayOrder(context.Background(), orderID, PayRequest{})
	return err
}

func getOne(c *Client) error {
	_, err := c.GetOrder(context.Background(), orderID)
	return err
}

func topUpOne(c *Client) error {
	_, err := c.CreateTopUp(context.Background(), TopUpRequest{Amount: decimal.NewFromInt(50), Currency: "usdt"})
	return err
}

// serveOrderByPath answers every GET with an active order of the id asked for.
func serveOrderByPath(t *testing.T) *fox {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"id": strings.TrimPrefix(r.URL.Path, "/api/orders/"), "status": "active"})
	})
}
