package foxreload

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bareSlashes is a deployment that wants no slash at the end of any path.
func bareSlashes(t *testing.T, status int) *fox {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if bare, had := strings.CutSuffix(r.URL.Path, "/"); had {
			there := *r.URL
			there.Path = bare
			w.Header().Set("Location", there.String())
			w.WriteHeader(status)
			return
		}
		_, _ = io.WriteString(w, `{"id":"`+orderID+`","status":"active","items":[]}`)
	})
}

func TestASlashRedirectIsFollowedOnceWithTheBodyAndRemembered(t *testing.T) {
	for _, status := range []int{307, 308} {
		f := bareSlashes(t, status)
		gate := &countingGate{}
		c := client(t, f.URL, func(c *Config) { c.Gate = gate })
		require.NoError(t, createOne(c))
		require.NoError(t, createOne(c))
		for range c.ListOrders(context.Background(), OrderFilter{Status: StatusPaid}) {
			t.Fatal("the list is empty")
		}

		var lines []string
		for _, a := range f.asked() {
			lines = append(lines, a.method+" "+a.path)
			assert.Equal(t, testKey, a.header.Get("X-API-Key"))
			if a.method == "POST" {
				assert.JSONEq(t, `{"items":[{"itemId":"product_1","quantity":1}],"isMock":false}`, a.body)
			} else {
				assert.Equal(t, "limit=50&status=paid", a.query)
			}
		}
		assert.Equal(t, []string{
			"POST /api/orders/", "POST /api/orders", // asked, followed
			"POST /api/orders",                    // remembered
			"GET /api/orders/", "GET /api/orders", // each endpoint learns for itself
		}, lines)
		assert.EqualValues(t, len(lines), gate.waits.Load(), "the gate stands in front of every request")
	}
}

func TestARememberedFormIsUnlearned(t *testing.T) {
	var wantSlash atomic.Bool
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") != wantSlash.Load() {
			http.Redirect(w, r, flipSlash(r.URL.Path), http.StatusTemporaryRedirect)
			return
		}
		_, _ = io.WriteString(w, `{"id":"`+orderID+`","status":"active"}`)
	})
	c := client(t, f.URL)
	require.NoError(t, createOne(c))
	wantSlash.Store(true)
	require.NoError(t, createOne(c))
	require.NoError(t, createOne(c))
	assert.Len(t, f.asked(), 5)
}

func TestARedirectThatGoesInCirclesIsMisdirected(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", flipSlash(r.URL.Path))
		w.WriteHeader(307)
	})
	assert.Equal(t, ClassMisdirected, ClassOf(createOne(client(t, f.URL))))
	assert.Len(t, f.asked(), 2, "followed once, never twice")
}

func TestEveryOtherRedirectIsMisdirectedAndTheKeyStaysHome(t *testing.T) {
	var strangers atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	t.Cleanup(stranger.Close)

	for _, row := range []struct {
		name, location string // HOST is the server's own address
		status         int
	}{
		{"another host", stranger.URL + "/api/orders", 307},
		{"another host, same slash", stranger.URL + "/api/orders/", 308},
		{"another scheme", "https://HOST/api/orders", 307},
		{"another path", "/v2/api/orders", 307},
		{"the same path", "/api/orders/", 307},
		{"two slashes", "/api/orders//", 307},
		{"another query", "/api/orders?x=1", 307},
		{"a fragment", "/api/orders#x", 307},
		{"a user", "http://me@HOST/api/orders", 307},
		{"a port", "http://localhost:1/api/orders", 307},
		{"no location", "", 307},
		{"nonsense", "http://[::1", 307},
		{"moved", "/api/orders", 301},
		{"found", "/api/orders", 302},
		{"see other", "/api/orders", 303},
		{"not modified", "", 304},
		{"choices", "/api/orders", 300},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if row.location != "" {
					w.Header().Set("Location", strings.Replace(row.location, "HOST", r.Host, 1))
				}
				w.WriteHeader(row.status)
			})
			c := client(t, f.URL)
			for _, call := range []func(*Client) error{createOne, payOne, getOne} {
				e := failure(t, call(c))
				assert.Equal(t, ClassMisdirected, e.Class)
				assert.Equal(t, CodeRedirect, e.Code)
				assert.Equal(t, row.status, e.Status)
				assert.NotContains(t, e.Error(), "localhost")
			}
			assert.Len(t, f.asked(), 3, "nothing was followed")
		})
	}
	assert.Zero(t, strangers.Load(), "no request, so no key, went elsewhere")
}

func TestSlashRedirectComparesAddressesNotSpelling(t *testing.T) {
	for _, row := range []struct {
		asked, location string
		want            bool
	}{
		{"https://fox.example/api/orders/", "https://FOX.example:443/api/orders", true},
		{"https://fox.example/api/orders/", "//fox.example/api/orders", true},
		{"https://fox.example/api/orders/?a=1&b=x+y", "/api/orders?b=x%20y&a=1", true},
		{"https://fox.example/api/orders/?a=1", "/api/orders", false},
		{"https://fox.example/api/orders/a%2Fb", "/api/orders/a%2Fb/", true},
		{"https://fox.example/api/orders/a%2Fb", "/api/orders/a/b/", false},
		{"https://fox.example/api/orders/", "http://fox.example:443/api/orders", false},
		{"https://fox.example/api/orders/", "https://fox.example:8443/api/orders", false},
	} {
		asked, err := url.Parse(row.asked)
		require.NoError(t, err)
		got := slashRedirect(asked, 307, http.Header{"Location": {row.location}})
		assert.Equal(t, row.want, got, "%s → %s", row.asked, row.location)
	}
}
