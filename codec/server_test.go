package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/protobuf/encoding/protojson"

	"foxflow/internal/codec"
	"foxflow/internal/keyset"
	"foxflow/internal/settings"
)

const (
	token  = "token-of-the-test-1"
	origin = "http://127.0.0.1:8233"
	player = "player-77310042"
)

// house is a codec server, and what its audit log holds.
type house struct {
	t      *testing.T
	server *server
	url    string
	keys   *keyset.Keyset
	mu     sync.Mutex
	log    bytes.Buffer
	clock  time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, keys: newKeys(t), clock: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	audit := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(h), zap.InfoLevel))
	h.server = newServer(codec.New(h.keys), settings.NewSecret(token), origin, audit)
	h.server.gate = newGate(settings.NewSecret(token), origin, h.now)
	listening := httptest.NewServer(h.server.routes())
	t.Cleanup(listening.Close)
	h.url = listening.URL
	return h
}

func newKeys(t *testing.T) *keyset.Keyset {
	t.Helper()
	text, err := keyset.New()
	require.NoError(t, err)
	keys, err := keyset.Parse(text)
	require.NoError(t, err)
	return keys
}

func (h *house) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(b)
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

func (h *house) logged() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

// lines are the audit log's, as they came.
func (h *house) lines() []map[string]any {
	h.t.Helper()
	var all []map[string]any
	for line := range strings.Lines(h.logged()) {
		var one map[string]any
		require.NoError(h.t, json.Unmarshal([]byte(line), &one))
		all = append(all, one)
	}
	return all
}

// sealed is a request's body: the player's payload, sealed with keys.
func sealed(t *testing.T, keys *keyset.Keyset) string {
	t.Helper()
	payload, err := codec.DataConverter(keys).ToPayload(player)
	require.NoError(t, err)
	return inJSON(t, payload)
}

func inJSON(t *testing.T, payloads ...*commonpb.Payload) string {
	t.Helper()
	text, err := protojson.Marshal(&commonpb.Payloads{Payloads: payloads})
	require.NoError(t, err)
	return string(text)
}

// opened is the text that an answer's one payload holds.
func opened(t *testing.T, body string) string {
	t.Helper()
	var all commonpb.Payloads
	require.NoError(t, protojson.Unmarshal([]byte(body), &all), body)
	require.Len(t, all.Payloads, 1)
	var text string
	require.NoError(t, converter.GetDefaultDataConverter().FromPayload(all.Payloads[0], &text))
	return text
}

// with changes a request before it is sent.
type with func(*http.Request)

func header(name, value string) with { return func(r *http.Request) { r.Header.Set(name, value) } }
func bearer(token string) with       { return header("Authorization", "Bearer "+token) }
func basic(user, password string) with {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}
func cookie(c *http.Cookie) with { return func(r *http.Request) { r.AddCookie(c) } }

// answer is what came back, less its body.
type answer struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
}

func (h *house) ask(method, path, body string, changes ...with) (answer, string) {
	h.t.Helper()
	request, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	require.NoError(h.t, err)
	request.Header.Set("Content-Type", "application/json")
	for _, change := range changes {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(h.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	require.NoError(h.t, response.Body.Close())
	return answer{response.StatusCode, response.Header, response.Cookies()}, string(text)
}

// signIn is what a person's browser does; it gives the session.
func (h *house) signIn(user string) *http.Cookie {
	h.t.Helper()
	response, body := h.ask(http.MethodGet, "/", "", basic(user, token))
	require.Equal(h.t, http.StatusOK, response.status, body)
	require.Len(h.t, response.cookies, 1)
	return response.cookies[0]
}

func TestHealthNeedsNoPermission(t *testing.T) {
	h := newHouse(t)
	response, body := h.ask(http.MethodGet, "/healthz", "")
	assert.Equal(t, http.StatusOK, response.status)
	assert.Equal(t, "ok\n", body)
	assert.Empty(t, h.lines())
}

func TestBrowsersKeepGuessAndFrameNothing(t *testing.T) {
	h := newHouse(t)
	for _, ask := range []func() (answer, string){
		func() (answer, string) { return h.ask(http.MethodGet, "/", "", basic("ann", token)) },
		func() (answer, string) { return h.ask(http.MethodGet, "/", "") },
		func() (answer, string) {
			return h.ask(http.MethodPost, "/decode", sealed(t, h.keys), bearer(token))
		},
		func() (answer, string) {
			return h.ask(http.MethodPost, "/decode", "no payloads", bearer(token))
		},
		func() (answer, string) { return h.ask(http.MethodGet, "/nowhere", "") },
	} {
		response, _ := ask()
		for name, value := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"} {
			assert.Equal(t, value, response.header.Get(name), "%d", response.status)
		}
		assert.Contains(t, response.header.Get("Content-Security-Policy"), "default-src 'none'")
		assert.Contains(t, response.header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	}
}
