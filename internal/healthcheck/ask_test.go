package healthcheck

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnly200IsHealth(t *testing.T) {
	var status int
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"ledger":"the reason"}`))
	}))
	listen := strings.TrimPrefix(server.URL, "http://")
	_, port, _ := strings.Cut(listen, ":")
	// A proxy of the environment would be asked for another machine's health.
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")

	for _, listen := range []string{listen, "0.0.0.0:" + port, ":" + port} {
		var out strings.Builder
		status = http.StatusOK
		require.NoError(t, Ask(t.Context(), listen, "/readyz", &out), listen)
		assert.Equal(t, "/readyz", path)

		status = http.StatusServiceUnavailable
		require.ErrorContains(t, Ask(t.Context(), listen, "/readyz", &out), "/readyz answers 503", listen)
		assert.Contains(t, out.String(), "the reason", "whoever looks at the container sees why")
	}
	server.Close()
	require.Error(t, Ask(t.Context(), listen, "/readyz", new(strings.Builder)))
}

func TestAServerThatCannotBeFound(t *testing.T) {
	for listen, says := range map[string]string{"9464": "missing port", "127.0.0.1:0": "a port of its own choice"} {
		require.ErrorContains(t, Ask(t.Context(), listen, "/", new(strings.Builder)), says)
	}
	for listen, asked := range map[string]string{"[::]:9464": "[::1]:9464", "[::1]:1": "[::1]:1", "worker:9464": "worker:9464"} {
		address, err := reachable(listen)
		require.NoError(t, err)
		assert.Equal(t, asked, address)
	}
}
