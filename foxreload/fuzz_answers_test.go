package foxreload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// sameAnswer is a server that answers everything alike.
type sameAnswer struct {
	status int
	header http.Header
	body   string
	asked  int
}

func (s *sameAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked++
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{StatusCode: s.status, Header: s.header, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

// everyCall is each call of the client, lists walked to their end. Of a server that
// answers everything alike none makes more than four requests: two where
// a slash redirect is followed, and two pages of a list, for the second brings
// nothing new.
var everyCall = map[string]func(context.Context, *Client) error{
	"create": func(ctx context.Context, c *Client) error {
		_, err := c.CreateOrder(ctx, CreateRequest{Items: []CreateItem{{ItemID: "p", Quantity: 1}}, IdempotencyKey: "key-of-ours"})
		return err
	},
	"pay": func(ctx context.Context, c *Client) error { _, err := c.PayOrder(ctx, "o", PayRequest{}); return err },
	"get": func(ctx context.Context, c *Client) error { _, err := c.GetOrder(ctx, "o"); return err },
	"list": func(ctx context.Context, c *Client) error {
		for _, err := range c.ListOrders(ctx, OrderFilter{}) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"top-up": func(ctx context.Context, c *Client) error {
		_, err := c.CreateTopUp(ctx, TopUpRequest{Amount: decimal.NewFromInt(50), Currency: "usdt"})
		return err
	},
	"balances": func(ctx context.Context, c *Client) error { _, err := c.Balances(ctx); return err },
	"account":  func(ctx context.Context, c *Client) error { _, err := c.Account(ctx); return err },
	"product":  func(ctx context.Context, c *Client) error { _, err := c.Product(ctx, "p"); return err },
	"search":   func(ctx context.Context, c *Client) error { _, err := c.SearchProducts(ctx, "steam"); return err },
}

// FuzzCalls gives every call of the client the same answer, whatever it is: each
// call ends after a few requests, and its error is one of ours, short, on one line
// and without the key.
func FuzzCalls(f *testing.F) {
	for i, body := range bodies {
		for _, status := range []int{200, 201, 307, 401, 409, 422, 429, 500} {
			location := []string{"", "/api/orders", "https://fox.example/api/orders/o/", "//elsewhere.example/", "\x00", "?limit=50"}[i%6]
			f.Add(status, location, []string{"", "7", "Tue, 24 Nov 2026 12:00:20 GMT"}[i%3], body)
		}
	}
	for _, body := range []string{
		`{"items":[{"id":"a"}],"nextCursor":"x"}`, `{"items":[{"id":"a"}],"total":999999}`, `[{"id":"a"},{"id":"a"}]`,
		`{"id":"t","wallet":{"address":"T1","payment":{"link":"https://x.example","amount":1e9}},"expiresAt":9e18}`,
		`{"order":{"id":"o","status":"paid","items":[{"externalData":"[[\"A\"]]"}]}}`, strings.Repeat("[", 20_000), strings.Repeat(`{"data":`, 9_000),
	} {
		f.Add(200, "", "", body)
	}
	f.Fuzz(func(t *testing.T, status int, location, retryAfter, body string) {
		if status < 100 || status > 999 {
			return // net/http gives no such answer
		}
		for name, ask := range everyCall {
			server := &sameAnswer{status: status, body: body, header: http.Header{"Location": {location}, "Retry-After": {retryAfter}}}
			c, err := New(Config{BaseURL: "https://fox.example", APIKey: testKey, Transport: server})
			if err != nil {
				t.Fatal(err)
			}
			err = ask(t.Context(), c)
			if server.asked > 4 {
				t.Fatalf("%s: %d requests for one call", name, server.asked)
			}
			if err == nil {
				continue
			}
			var api *Error
			text := err.Error()
			switch {
			case !errors.As(err, &api):
				t.Fatalf("%s: not an error of the API: %v", name, err)
			case api.RetryAfter < 0 || api.RetryAfter > maxRetryAfter:
				t.Fatalf("%s: come back after %s", name, api.RetryAfter)
			case len(text) > 4*maxMessage+500 || strings.ContainsAny(text, "\r\n\x00\x1b") || strings.Contains(text, testKey):
				t.Fatalf("%s: %q", name, text)
			}
		}
	})
}
