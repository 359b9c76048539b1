package stage

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// Eventually waits until a condition holds. When it never does, the test fails with the
// ends of all logs.
func (s *Stack) Eventually(what string, condition func() bool) {
	s.Helper()
	for deadline := time.Now().Add(Patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Logs()
			s.Fatalf("waited in vain for %s", what)
		}
	}
}

// Answers waits until a URL answers 200.
func (s *Stack) Answers(url string) {
	s.Helper()
	s.Eventually(url, func() bool {
		response, err := http.Get(url) //nolint:gosec,noctx // an address of this test
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// Admin asks the simulator's admin API.
func (s *Stack) Admin(method, path, body string, into any) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), method, s.Simulator+path, strings.NewReader(body))
	require.NoError(s, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(s, err)
	require.Less(s, response.StatusCode, 300, string(answer))
	if into != nil {
		require.NoError(s, json.Unmarshal(answer, into))
	}
}
