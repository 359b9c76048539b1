package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheWebUIsPagesMayAsk(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	for _, path := range []string{"/decode", "/encode"} {
		response, body := h.ask(http.MethodOptions, path, "", header("Origin", origin),
			header("Access-Control-Request-Method", "POST"), header("Access-Control-Request-Headers", "content-type,x-namespace"))
		assert.Equal(t, http.StatusNoContent, response.status, "a browser asks without credentials")
		assert.Empty(t, body)
		assert.Equal(t, origin, response.header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, "true", response.header.Get("Access-Control-Allow-Credentials"))
		assert.Equal(t, "POST", response.header.Get("Access-Control-Allow-Methods"))
		assert.Equal(t, "Content-Type, X-Namespace, Authorization, Authorization-Extras", response.header.Get("Access-Control-Allow-Headers"))
	}
	response, body := h.ask(http.MethodPost, "/decode", sealed(t, h.keys), header("Origin", origin), cookie(session))
	assert.Equal(t, http.StatusOK, response.status)
	assert.Equal(t, player, opened(t, body))
	assert.Equal(t, origin, response.header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "true", response.header.Get("Access-Control-Allow-Credentials"))
	assert.Equal(t, []string{"Origin"}, response.header.Values("Vary"))

	response, _ = h.ask(http.MethodPost, "/decode", sealed(t, h.keys), header("Origin", origin))
	assert.Equal(t, http.StatusUnauthorized, response.status)
	assert.Equal(t, origin, response.header.Get("Access-Control-Allow-Origin"), "the Web UI can tell a refusal from a server that is down")
}

// The browser that shows a foreign page may be signed in, and sends its session or
// password along.
func TestOtherPagesMayNotAskEvenInABrowserThatIsSignedIn(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	for _, foreign := range []string{"http://evil.example", "null", "", "http://127.0.0.1:8234", "http://localhost:8233", "https://127.0.0.1:8233", origin + "/", origin + ".evil.example", "*"} {
		for _, permission := range []with{cookie(session), basic("ann", token), bearer(token)} {
			response, body := h.ask(http.MethodPost, "/decode", sealed(t, h.keys), header("Origin", foreign), permission)
			require.Equal(t, http.StatusForbidden, response.status, foreign)
			assert.NotContains(t, body, "payloads", foreign)
			assert.Empty(t, response.header.Get("Access-Control-Allow-Origin"), foreign)
			assert.Empty(t, response.header.Get("Access-Control-Allow-Credentials"), foreign)
			assert.Equal(t, "Origin", response.header.Get("Vary"))
			assert.Equal(t, "another origin", h.lines()[len(h.lines())-1]["outcome"])
		}
		response, _ := h.ask(http.MethodOptions, "/decode", "", header("Origin", foreign), header("Access-Control-Request-Method", "POST"))
		assert.Equal(t, http.StatusForbidden, response.status, foreign)
		assert.Empty(t, response.header.Get("Access-Control-Allow-Methods"), foreign)
	}
	twice := func(r *http.Request) { r.Header["Origin"] = []string{origin, "http://evil.example"} }
	response, _ := h.ask(http.MethodPost, "/decode", sealed(t, h.keys), twice, cookie(session))
	assert.Equal(t, http.StatusForbidden, response.status)
}

func TestProgramsSendNoOrigin(t *testing.T) {
	h := newHouse(t)
	response, _ := h.ask(http.MethodPost, "/decode", sealed(t, h.keys), bearer(token))
	assert.Equal(t, http.StatusOK, response.status)
	assert.Empty(t, response.header.Get("Access-Control-Allow-Origin"))
}
