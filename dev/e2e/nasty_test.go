package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bends stands between the worker and FoxReload, and changes what is said of orders.
func bends(t *testing.T, simulator string, change func(string) string) string {
	t.Helper()
	behind, err := url.Parse(simulator)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ModifyResponse = func(r *http.Response) error {
		if !strings.HasPrefix(r.Request.URL.Path, "/api/orders") {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body = []byte(change(string(body)))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Del("Content-Length")
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// Whoever answers in FoxReload's place steers no terminal, fills no ledger and writes no
// formula; and a price below nothing passes neither the highest price nor the daily limit.
func TestWhatFoxReloadSaysIsTakenWithCare(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	price, currency := regexp.MustCompile(`"price":"[^"]*"`), regexp.MustCompile(`"currency":"usd"`)
	s.Stop("worker")
	s.Env["FOXRELOAD_BASE_URL"] = bends(t, s.Simulator, func(body string) string {
		body = price.ReplaceAllLiteralString(body, `"price":"-5"`)
		return currency.ReplaceAllLiteralString(body, `"currency":"usd\u001b]52;c;cm0gLXJmIH4K\u0007`+strings.Repeat("=", 100_000)+`"`)
	})
	s.StartWorker()

	guarded := s.Starter("place", "--reference", s.ref("guarded"), "--item", giftCard, "--no-check", "--max-price", "1000", "--wait")
	assert.Equal(t, 3, guarded.Code, guarded.Stderr)
	assert.Contains(t, guarded.Stderr, "did not say what the order costs")
	assert.Empty(t, s.debits())

	results := filepath.Join(s.Dir, "results.csv")
	file := s.Write("orders.csv", "reference,item,quantity,note,mock,max_price\n"+s.ref("free")+","+giftCard+",1,,,\n")
	free := s.Starter("place", "--file", file, "--no-check", "--wait", "--results", results)
	require.Zero(t, free.Code, free.Stderr)
	assert.Len(t, s.debits(), 1)
	written, err := os.ReadFile(results)
	require.NoError(t, err)
	for _, shown := range []string{guarded.Stdout, free.Stdout, string(written), s.Must("starter", "list"), s.Must("starter", "stats"),
		s.Must("starter", "status", s.ref("free")), s.Must("starter", "explain", s.ref("free")), s.Must("starter", "list", "-o", "json")} {
		assert.NotContains(t, shown, "\x1b")
		assert.NotContains(t, shown, "\x07")
		assert.NotContains(t, shown, strings.Repeat("=", 100))
		assert.NotRegexp(t, `[^0-9A-Za-z-]-5`, shown, "a negative price")
	}
}
