package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWorkerSaysWhetherItIsReady(t *testing.T) {
	ready := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	at := "FOXFLOW_HTTP=" + strings.TrimPrefix(server.URL, "http://")
	ask := func(environ ...string) int { return run([]string{"health"}, environ) }

	// It asks where it listens, and opens no secret to do so.
	require.Zero(t, ask(at, "FOXFLOW_KEYSET_FILE=/nowhere"))
	ready = false
	assert.Equal(t, 1, ask(at))
	server.Close()
	assert.Equal(t, 1, ask(at), "nobody there")
	assert.Equal(t, 2, ask("FOXFLOW_HTTP=9464"))
	assert.Equal(t, 2, run([]string{"health", "now"}, []string{at}))
}
