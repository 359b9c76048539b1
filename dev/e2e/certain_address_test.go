package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxyInBetween: an answer that is not FoxReload's says nothing of an order, and a worker
// that hears nothing else is not ready.
func proxyInBetween(s *stack) {
	r := s.ref("proxy")
	s.next("proxy-404", "create")
	s.next("proxy-400", "create")
	s.place(r, giftCard)
	o := s.until(r, "completed", "failed", "cancelled")
	assert.Equal(s, "completed", o.State)
	assert.Equal(s, 1, s.debits()[*o.OrderID])

	wrong := s.in(s.T)
	wrong.Env["FOXRELOAD_BASE_URL"] = s.Simulator + "/api"
	for program, args := range map[string][]string{"worker": nil, "starter": {"balance"}} {
		refused := wrong.Command(program, args...)
		assert.Equal(s, 2, refused.Code, program)
		assert.Contains(s, refused.Stderr, "FOXRELOAD_BASE_URL", program)
	}
	wrong.behindAPage()
}

// behindAPage starts a worker whose every request is answered by somebody else.
func (s *stack) behindAPage() {
	s.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("<html><title>404 Not Found</title></html>"))
	}))
	s.Cleanup(page.Close)
	// A queue and a ledger of its own: it must not get at the other orders.
	s.Env["FOXRELOAD_BASE_URL"], s.Env["FOXFLOW_HTTP"] = page.URL, freePort(s)
	s.Env["FOXFLOW_TASK_QUEUE"], s.Env["FOXFLOW_LEDGER"] = s.Queue+"-page", filepath.Join(s.Dir, "page.db")
	dir := filepath.Join(s.Dir, "page-worker")
	require.NoError(s, os.MkdirAll(dir, 0o700))
	p := launch(s, "worker", dir, s.Environment())
	s.Cleanup(p.Kill)
	s.Eventually("the worker to say that it does not reach FoxReload", func() bool {
		ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Env["FOXFLOW_HTTP"]+"/readyz", nil)
		require.NoError(s, err)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		var ready struct {
			Checks map[string]struct {
				OK     bool
				Reason string
			}
		}
		if json.NewDecoder(answer.Body).Decode(&ready) != nil {
			return false
		}
		key := ready.Checks["key"]
		return answer.StatusCode == http.StatusServiceUnavailable && !key.OK && key.Reason != ""
	})
}
