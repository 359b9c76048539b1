package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"foxflow/internal/codec"
)

// The SDK's own client of remote codecs speaks for the protocol.
func TestTemporalsRemoteCodecSealsAndOpensThroughIt(t *testing.T) {
	h := newHouse(t)
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: h.url,
		ModifyRequest: func(r *http.Request) error { bearer(token)(r); return nil }})
	plain, err := converter.GetDefaultDataConverter().ToPayloads(player, 7)
	require.NoError(t, err)

	shut, err := remote.Encode(plain.Payloads)
	require.NoError(t, err)
	require.Len(t, shut, 2)
	assert.Equal(t, codec.Encoding, string(shut[0].Metadata[converter.MetadataEncoding]))
	assert.NotContains(t, string(shut[0].Data), player)

	again, err := remote.Decode(shut)
	require.NoError(t, err)
	require.Len(t, again, 2)
	var text string
	require.NoError(t, converter.GetDefaultDataConverter().FromPayload(again[0], &text))
	assert.Equal(t, player, text)

	for i, outcome := range []string{"sealed", "opened"} {
		assert.Equal(t, outcome, h.lines()[i]["outcome"])
		assert.EqualValues(t, 2, h.lines()[i]["payloads"])
	}
}

// wherePathsStand are paths as the Web UI (the endpoint as it was typed, and /decode) and the
// temporal command (the same, {namespace} replaced) put them together.
var wherePathsStand = []string{"", "/", "/default", "/default/", "/my.shop/", "//default", "/%7Bnamespace%7D", "/codec/default"}

func TestPayloadsAreOpenedWhereverTheEndpointStands(t *testing.T) {
	h := newHouse(t)
	for _, endpoint := range wherePathsStand {
		remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: h.url + endpoint,
			Client: http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("a browser's preflight follows no redirect")
			}},
			ModifyRequest: func(r *http.Request) error { bearer(token)(r); return nil }})
		plain, err := converter.GetDefaultDataConverter().ToPayloads(player)
		require.NoError(t, err)
		shut, err := remote.Encode(plain.Payloads)
		require.NoError(t, err, endpoint)
		open, err := remote.Decode(shut)
		require.NoError(t, err, endpoint)
		var text string
		require.NoError(t, converter.GetDefaultDataConverter().FromPayload(open[0], &text))
		assert.Equal(t, player, text, endpoint)
		lines := h.lines()
		path, err := url.PathUnescape(endpoint + "/decode")
		require.NoError(t, err)
		assert.Equal(t, path, lines[len(lines)-1]["path"], "the record has it as it came")

		for _, tail := range []string{"/decode", "/decode/", "/decode?preserveStorageRefs=true"} {
			response, body := h.ask(http.MethodPost, endpoint+tail, sealed(t, h.keys), header("Origin", origin), bearer(token))
			require.Equal(t, http.StatusOK, response.status, "%s%s: %s", endpoint, tail, body)
			assert.Equal(t, player, opened(t, body))
			response, _ = h.ask(http.MethodOptions, endpoint+tail, "", header("Origin", origin), header("Access-Control-Request-Method", "POST"))
			assert.Equal(t, http.StatusNoContent, response.status, endpoint+tail)
			assert.Equal(t, origin, response.header.Get("Access-Control-Allow-Origin"))
			response, _ = h.ask(http.MethodPost, endpoint+tail, sealed(t, h.keys), header("Origin", "http://evil.example"), bearer(token))
			assert.Equal(t, http.StatusForbidden, response.status, endpoint+tail)
			response, _ = h.ask(http.MethodPost, endpoint+tail, sealed(t, h.keys))
			assert.Equal(t, http.StatusUnauthorized, response.status, endpoint+tail)
		}
	}
}

func TestWhatWasNeverSealedPassesAsItIs(t *testing.T) {
	h := newHouse(t)
	plain, err := converter.GetDefaultDataConverter().ToPayload(player)
	require.NoError(t, err)
	response, body := h.ask(http.MethodPost, "/decode", inJSON(t, plain), bearer(token))
	assert.Equal(t, http.StatusOK, response.status)
	assert.Equal(t, player, opened(t, body))

	response, body = h.ask(http.MethodPost, "/decode", `{}`, bearer(token))
	assert.Equal(t, http.StatusOK, response.status)
	assert.JSONEq(t, `{}`, body)
}

func TestWhatAnotherKeysetSealedIsRefusedInClearWords(t *testing.T) {
	h := newHouse(t)
	foreign := sealed(t, newKeys(t))
	response, body := h.ask(http.MethodPost, "/decode", foreign, bearer(token))
	assert.Equal(t, http.StatusBadRequest, response.status)
	assert.Equal(t, "open payload: open sealed text: another keyset sealed it, or it was changed or moved\n", body)
	line := h.lines()[0]
	assert.Equal(t, "can't be opened", line["outcome"])
	assert.EqualValues(t, 1, line["payloads"])
	assert.EqualValues(t, 400, line["status"])
}

func TestRequestsAreBounded(t *testing.T) {
	h := newHouse(t)
	padded := func(size int) string { // JSON that a parser takes
		body := sealed(t, h.keys)
		return body + strings.Repeat(" ", size-len(body))
	}
	for _, c := range []struct {
		name, method, path, body, kind string
		status                         int
		outcome                        string
	}{
		{"the largest", http.MethodPost, "/decode", padded(maxBody), "application/json", 200, "opened"},
		{"with its charset", http.MethodPost, "/decode", padded(10_000), "application/json; charset=utf-8", 200, "opened"},
		{"too large", http.MethodPost, "/decode", padded(maxBody + 1), "application/json", 413, "too large"},
		{"what a page may send unasked", http.MethodPost, "/decode", padded(10_000), "text/plain", 415, "not JSON"},
		{"a form", http.MethodPost, "/encode", padded(10_000), "application/x-www-form-urlencoded", 415, "not JSON"},
		{"no type", http.MethodPost, "/decode", padded(10_000), "", 415, "not JSON"},
		{"no JSON", http.MethodPost, "/decode", player, "application/json", 400, "not payloads"},
		{"other JSON", http.MethodPost, "/decode", `{"payloads":"` + player + `"}`, "application/json", 400, "not payloads"},
		{"no payload", http.MethodPost, "/decode", `{"payloads":[null]}`, "application/json", 400, "not payloads"},
		{"deep JSON", http.MethodPost, "/decode", strings.Repeat(`[`, 1<<20), "application/json", 400, "not payloads"},
		{"nothing", http.MethodPost, "/decode", "", "application/json", 400, "not payloads"},
		{"another method", http.MethodGet, "/decode", "", "application/json", 405, ""},
		{"another path", http.MethodPost, "/decode/v1", padded(10_000), "application/json", 404, ""},
		{"a word that ends alike", http.MethodPost, "/redecode", padded(10_000), "application/json", 404, ""},
	} {
		before := len(h.lines())
		response, body := h.ask(c.method, c.path, c.body, header("Content-Type", c.kind), bearer(token))
		assert.Equal(t, c.status, response.status, "%s: %.200s", c.name, body)
		if c.outcome == "" {
			assert.Len(t, h.lines(), before, c.name)
			continue
		}
		require.Len(t, h.lines(), before+1, c.name)
		assert.Equal(t, c.outcome, h.lines()[before]["outcome"], c.name)
		assert.EqualValues(t, c.status, h.lines()[before]["status"], c.name)
	}
	assert.NotContains(t, h.logged(), player)
}

func TestEachLookIsOnRecordWithoutWhatWasSeen(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	body := sealed(t, h.keys)
	long := strings.Repeat("n", 500)
	h.ask(http.MethodPost, "/decode", body, cookie(session), header("X-Namespace", "shop"))
	h.ask(http.MethodPost, "/decode", body, basic("bob", token), header("X-Namespace", long))
	h.ask(http.MethodPost, "/encode", body, bearer(token), header("X-Namespace", "shop"))
	h.ask(http.MethodPost, "/decode", body, basic(token, token))
	h.ask(http.MethodPost, "/decode?secret=query", body, header("X-Namespace", "shop"))

	lines := h.lines()
	require.Len(t, lines, 6)
	for i, want := range []map[string]any{
		{"path": "/", "by": "basic", "user": "ann", "namespace": "", "payloads": 0., "outcome": "signed in", "status": 200., "level": "info"},
		{"path": "/decode", "by": "session", "user": "ann", "namespace": "shop", "payloads": 1., "outcome": "opened", "status": 200., "level": "info"},
		{"path": "/decode", "by": "basic", "user": "bob", "namespace": long[:63] + "…", "payloads": 1., "outcome": "opened", "status": 200., "level": "info"},
		{"path": "/encode", "by": "bearer", "user": "", "namespace": "shop", "payloads": 1., "outcome": "sealed", "status": 200., "level": "info"},
		{"path": "/decode", "by": "basic", "user": "", "namespace": "", "payloads": 1., "outcome": "opened", "status": 200., "level": "info"},
		{"path": "/decode", "by": "", "user": "", "namespace": "shop", "payloads": 0., "outcome": "no credentials", "status": 401., "level": "warn"},
	} {
		assert.Equal(t, "request", lines[i]["msg"])
		assert.True(t, strings.HasPrefix(lines[i]["from"].(string), "127.0.0.1:"))
		delete(lines[i], "msg")
		delete(lines[i], "from")
		delete(lines[i], "ts")
		assert.Equal(t, want, lines[i])
	}
	for _, secret := range []string{token, player, session.Value, "secret"} {
		assert.NotContains(t, h.logged(), secret)
	}
}

// recorded fails the test where an answer goes out that is not on record.
type recorded struct {
	*httptest.ResponseRecorder
	house *house
}

func (a recorded) Write(body []byte) (int, error) {
	assert.Len(a.house.t, a.house.lines(), 1, "an answer left before its line was written")
	return a.ResponseRecorder.Write(body)
}

func TestALookIsOnRecordBeforeItIsAnswered(t *testing.T) {
	h := newHouse(t)
	request := httptest.NewRequest(http.MethodPost, "/decode", strings.NewReader(sealed(t, h.keys)))
	request.Header.Set("Content-Type", "application/json")
	bearer(token)(request)
	answer := recorded{httptest.NewRecorder(), h}
	h.server.routes().ServeHTTP(answer, request)
	assert.Equal(t, player, opened(t, answer.Body.String()))
}

// broken is a codec that can't do its work.
type broken struct{ converter.PayloadCodec }

func (broken) Encode([]*commonpb.Payload) ([]*commonpb.Payload, error) {
	return nil, errors.New("seal payload: there is no keyset")
}

func TestWhatCannotBeSealedIsNotSent(t *testing.T) {
	h := newHouse(t)
	h.server.codec = broken{}
	response, body := h.ask(http.MethodPost, "/encode", sealed(t, h.keys), bearer(token))
	assert.Equal(t, http.StatusBadRequest, response.status)
	assert.NotContains(t, body, "payloads")
	assert.Equal(t, "can't be sealed", h.lines()[0]["outcome"])
}
