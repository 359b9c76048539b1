package foxreload

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watcher keeps what an observer is told.
type watcher struct {
	sent       []Sent
	ended      []Ended
	shown      []time.Time
	unreadable []Sent
}

func (w *watcher) Call(_ context.Context, s Sent) func(Ended) {
	w.sent = append(w.sent, s)
	return func(e Ended) {
		w.shown = append(w.shown, e.Shown)
		e.Took, e.Shown = 0, time.Time{}
		w.ended = append(w.ended, e)
	}
}
func (w *watcher) Unreadable(s Sent) { w.unreadable = append(w.unreadable, s) }

// Every HTTP request is told of once, by its template, and how it ended.
func TestObserverIsToldOfEachRequest(t *testing.T) {
	endpoint := Sent{"GET", "/api/orders/{id}"}
	for name, c := range map[string]struct {
		answer     http.HandlerFunc
		ended      []Ended
		unreadable int
	}{
		"good": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"id":"1f0c","status":"active"}`))
		}, []Ended{{Status: 200, FromAPI: true}}, 0},
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			_, _ = w.Write([]byte(`{"detail":"no"}`))
		}, []Ended{{Status: 403, Class: ClassUnauthorised, FromAPI: true}}, 0},
		"refused by a proxy": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, []Ended{{Status: 403, Class: ClassForeign}}, 0},
		"in trouble":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, []Ended{{Status: 502, Class: ClassPassing}}, 0},
		"broken off":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []Ended{{Class: ClassPassing}}, 0},
		"unreadable":         {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`nonsense`)) }, []Ended{{Status: 200}}, 1},
		"sent anew": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/orders/1f0c" {
				http.Redirect(w, r, r.URL.Path+"/", http.StatusPermanentRedirect)
				return
			}
			_, _ = w.Write([]byte(`{"id":"1f0c","status":"active"}`))
		}, []Ended{{Status: 308, Followed: true}, {Status: 200, FromAPI: true}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			api, err := New(Config{BaseURL: server.URL, APIKey: "key"})
			require.NoError(t, err)
			w := &watcher{}
			api.Observe(w)
			_, _ = api.GetOrder(t.Context(), "1f0c")
			assert.Equal(t, c.ended, w.ended)
			for _, s := range w.sent {
				assert.Equal(t, endpoint, s)
				assert.Contains(t, Endpoints(), s)
			}
			assert.Len(t, w.unreadable, c.unreadable)
		})
	}
}

func TestObserverIsToldOfTheTimeThatAnAnswerShows(t *testing.T) {
	const date = "Tue, 24 Nov 2026 12:00:00 GMT"
	for name, c := range map[string]struct {
		header http.Header
		want   time.Time
	}{
		"its own":    {http.Header{"Date": {date}}, noon},
		"a cache's":  {http.Header{"Date": {date}, "Age": {"3600"}}, time.Time{}},
		"no date":    {http.Header{"Date": {"noon"}}, time.Time{}},
		"none is in": {http.Header{"Date": nil}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				maps.Copy(w.Header(), c.header)
				_, _ = w.Write([]byte(`{"id":"1f0c","status":"active"}`))
			}))
			defer server.Close()
			api, err := New(Config{BaseURL: server.URL, APIKey: "key"})
			require.NoError(t, err)
			w := &watcher{}
			api.Observe(w)
			_, err = api.GetOrder(t.Context(), "1f0c")
			require.NoError(t, err)
			assert.Equal(t, []time.Time{c.want}, w.shown)
		})
	}
}
