package simulator

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire is a shop that is reached over real connections, for what can only be
// seen there.
type wire struct {
	*shop
	url    string
	client *http.Client
}

// openWire has a client that follows no redirect, and that never asks twice by
// itself: net/http repeats some requests on kept connections.
func openWire(t *testing.T, changes ...func(*Config)) *wire {
	t.Helper()
	s := openShop(t, changes...)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &wire{s, server.URL, &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is an answer as it came over the wire.
type reply struct {
	status int
	header http.Header
	text   string
}

func (w *wire) request(method, path, text string) *http.Request {
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(text))
	require.NoError(w.t, err)
	r.Header.Set("X-API-Key", DefaultAPIKey)
	r.Header.Set("Content-Type", "application/json")
	return r
}

// do gives what a client sees: an answer, or the error that it gets instead.
func (w *wire) do(r *http.Request) (reply, error) {
	response, err := w.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, response.Body.Close())
	return reply{response.StatusCode, response.Header, string(text)}, err
}

func (w *wire) ask(method, path, text string) (reply, error) {
	return w.do(w.request(method, path, text))
}

// next asks for a fault at the next request of a route.
func (s *shop) next(kind, route string) {
	require.NoError(s.t, s.Faults.Next(NextFault{Kind: kind, Route: route}))
}

// injected is how often a fault has struck a route.
func (s *shop) injected(kind, route string) int { return s.Faults.Report().Injected[kind][route] }

// struck is what the latest requests ran into, oldest first: "" nothing.
func (s *shop) struck() (faults []string) {
	for _, r := range s.Requests() {
		faults = append(faults, r.Fault)
	}
	return faults
}
