package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readyz is what a probe of the stack's worker is told.
func (s *stack) readyz() (code int, checks map[string]struct {
	OK     bool
	Reason string
}) {
	s.Helper()
	response, err := http.Get("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz") //nolint:noctx // an address of this test
	require.NoError(s, err)
	defer response.Body.Close()
	var body struct {
		Ready  bool
		Checks map[string]struct {
			OK     bool
			Reason string
		}
	}
	require.NoError(s, json.NewDecoder(response.Body).Decode(&body))
	require.Equal(s, response.StatusCode == http.StatusOK, body.Ready)
	return response.StatusCode, body.Checks
}

// unready waits until one check fails, for a reason.
func (s *stack) unready(check, reason string) {
	s.Helper()
	s.Eventually("the worker not to be ready: "+check, func() bool {
		_, checks := s.readyz()
		return !checks[check].OK && checks[check].Reason != ""
	})
	code, checks := s.readyz()
	assert.Equal(s, http.StatusServiceUnavailable, code)
	assert.Regexp(s, reason, checks[check].Reason)
}

// A probe learns of each thing that a worker needs, by what really happens to it,
// and costs FoxReload no request.
func TestReadyzSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--api-key", secretKey}, with("FOXRELOAD_API_KEY", secretKey), with("FOXFLOW_STALL_POLL", "500ms"), ownTemporal)
	s.Eventually("the key to be known", func() bool {
		_, checks := s.readyz()
		return checks["key"].OK && checks["key"].Reason == ""
	})
	before := len(s.requests())
	for range 20 {
		code, checks := s.readyz()
		require.Equal(t, http.StatusOK, code)
		require.Len(t, checks, 8)
	}
	assert.Len(t, s.requests(), before, "a probe asks FoxReload nothing")

	s.Admin(http.MethodPost, "/admin/knobs", `{"access":"401"}`, nil)
	s.place(s.ref("refused"), giftCard)
	s.unready("key", `HTTP 401.*FOXRELOAD_API_KEY`)
	assert.Contains(t, string(s.metrics()), "\nfoxflow_ready{check=\"key\"} 0\n")
	s.Admin(http.MethodPost, "/admin/knobs", `{"access":"open"}`, nil)
	s.until(s.ref("refused"), "completed")
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")

	s.Admin(http.MethodPost, "/admin/faults/next", `{"kind":"too-many","route":"create"}`, nil)
	s.place(s.ref("throttled"), giftCard)
	s.Eventually("the 429 to be counted", func() bool {
		return containsLine(s.metrics(), `foxflow_api_throttled_total{endpoint="POST /api/orders/"} 1`)
	})
	s.until(s.ref("throttled"), "completed")
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")

	s.Kill("foxflow-dev")
	s.unready("temporal", `.`)
	code, _ := s.readyz()
	assert.Equal(t, http.StatusServiceUnavailable, code)
	_, checks := s.readyz()
	for name, check := range checks {
		assert.NotContains(t, check.Reason, secretKey, name)
	}
}

// With nobody at FoxReload's address a worker starts all the same: what is not known
// holds nobody up.
func TestAWorkerIsReadyThoughFoxReloadIsAway(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	s.Stop("worker")
	s.Kill("simulator")
	s.StartWorker()
	_, checks := s.readyz()
	assert.True(t, checks["key"].OK)
	assert.Contains(t, checks["key"].Reason, "not known yet")
}

// A worker that is asked for /metrics and /readyz from its first millisecond on, on busy
// cores, starts like any other and carries orders. (One in five hung for good: the scrape
// asked Temporal while it held a lock that the call to Temporal needed.)
func TestAWorkerIsScrapedFromItsFirstMillisecond(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	s.setBalance("1000")
	for start := range 12 {
		s.Kill("worker")
		asking, stop := context.WithCancel(t.Context())
		var busy sync.WaitGroup
		for range runtime.NumCPU() {
			busy.Go(func() {
				for asking.Err() == nil { // keeps a core busy
				}
			})
		}
		for _, page := range []string{"/metrics", "/metrics", "/readyz"} {
			busy.Go(func() {
				for asking.Err() == nil {
					if request, err := http.NewRequestWithContext(asking, http.MethodGet, "http://"+s.Env["FOXFLOW_HTTP"]+page, nil); err == nil {
						if response, err := http.DefaultClient.Do(request); err == nil {
							_, _ = io.Copy(io.Discard, response.Body)
							_ = response.Body.Close()
						}
					}
				}
			})
		}
		s.StartWorker()
		s.place(s.ref(fmt.Sprintf("start-%d", start)), giftCard)
		s.until(s.ref(fmt.Sprintf("start-%d", start)), "completed")
		stop()
		busy.Wait()
	}
}
