package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoeverMayReads(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	for name, permission := range map[string]with{
		"bearer":               bearer(token),
		"bearer, small letter": header("Authorization", "bearer "+token),
		"basic":                basic("ann", token),
		"basic without a name": basic("", token),
		"session":              cookie(session),
	} {
		for _, path := range []string{"/decode", "/decode?preserveStorageRefs=true"} {
			response, body := h.ask(http.MethodPost, path, sealed(t, h.keys), permission)
			require.Equal(t, http.StatusOK, response.status, "%s: %s", name, body)
			assert.Equal(t, "application/json", response.header.Get("Content-Type"))
			assert.Equal(t, player, opened(t, body), name)
		}
	}
}

func TestWhoeverMayNotReadsNothing(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	forged := *session
	forged.Value = strings.Repeat("A", len(session.Value))
	of := func(value string) *http.Cookie { return &http.Cookie{Name: session.Name, Value: value} }
	for name, permission := range map[string]with{
		"nothing at all":                   func(*http.Request) {},
		"another token":                    bearer("token-of-the-test-2"),
		"half a token":                     bearer(token[:8]),
		"more than the token":              bearer(token + "1"),
		"an empty bearer":                  header("Authorization", "Bearer "),
		"another scheme":                   header("Authorization", "Digest "+token),
		"the token alone":                  header("Authorization", token),
		"another password":                 basic("ann", "token-of-the-test-2"),
		"no password":                      basic("ann", ""),
		"the token as user":                basic(token, ""),
		"no base64":                        header("Authorization", "Basic ann:"+token),
		"a session of one's own":           cookie(&forged),
		"an empty session":                 cookie(of("")),
		"the token as session":             cookie(of(token)),
		"another's cookie":                 cookie(&http.Cookie{Name: "foxflow_codec", Value: session.Value}),
		"a session beside a wrong token":   func(r *http.Request) { cookie(session)(r); bearer("wrong-wrong-wrong-1")(r) },
		"the token in the address":         func(r *http.Request) { r.URL.RawQuery = "token=" + token },
		"the token in a header of its own": header("X-Token", token),
	} {
		for _, path := range []string{"/decode", "/encode"} {
			response, body := h.ask(http.MethodPost, path, sealed(t, h.keys), permission)
			require.Equal(t, http.StatusUnauthorized, response.status, "%s %s", name, path)
			assert.NotContains(t, body, "payloads", name)
			assert.Contains(t, body, "sign in at /", name)
			assert.True(t, strings.HasPrefix(response.header.Get("WWW-Authenticate"), "Bearer "), "the browser asks for no password inside the Web UI")
			last := h.lines()[len(h.lines())-1]
			assert.EqualValues(t, 401, last["status"], name)
			assert.Equal(t, path, last["path"], name)
		}
		response, _ := h.ask(http.MethodGet, "/", "", permission)
		h.wait(time.Minute) // wrong ones are slowed down
		assert.Equal(t, http.StatusUnauthorized, response.status, name)
		assert.Empty(t, response.cookies, name)
	}
	for _, secret := range []string{token, "token-of-the-test-2", "wrong-wrong-wrong-1", session.Value, forged.Value} {
		assert.NotContains(t, h.logged(), secret)
	}
}

func TestSigningInGivesTheBrowserASession(t *testing.T) {
	h := newHouse(t)
	response, body := h.ask(http.MethodGet, "/", "")
	assert.Equal(t, http.StatusUnauthorized, response.status)
	assert.Equal(t, `Basic realm="foxflow codec server", charset="UTF-8"`, response.header.Get("WWW-Authenticate"), "the browser asks")
	assert.Contains(t, body, "sign in with any name")
	assert.Empty(t, h.lines(), "a browser's first question is no attempt")

	response, _ = h.ask(http.MethodGet, "/", "", basic("ann", "a-wrong-password"))
	assert.Equal(t, http.StatusUnauthorized, response.status)
	assert.Empty(t, response.cookies)
	require.Len(t, h.lines(), 1)
	assert.Equal(t, "wrong credentials", h.lines()[0]["outcome"])

	response, body = h.ask(http.MethodGet, "/", "", basic("ann & <b>", token))
	require.Equal(t, http.StatusOK, response.status)
	assert.Contains(t, body, "as ann &amp; &lt;b&gt;, until 2026-11-24 21:00 UTC")
	assert.Contains(t, body, `<a href="`+origin+`">`)
	require.Len(t, response.cookies, 1)
	session := response.cookies[0]
	assert.True(t, session.HttpOnly)
	assert.Equal(t, http.SameSiteStrictMode, session.SameSite)
	assert.Equal(t, "/", session.Path)
	assert.Empty(t, session.Domain)
	assert.Equal(t, 12*60*60, session.MaxAge)
	assert.False(t, session.Secure, "the Web UI is on http here")
	assert.NotContains(t, session.String(), token)
	assert.NotEqual(t, session.Value, h.signIn("ann").Value, "each sign-in is its own")
	assert.Equal(t, "signed in", h.lines()[1]["outcome"])
	assert.Equal(t, "ann & <b>", h.lines()[1]["user"])
}

func TestASessionEndsAfterTwelveHours(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	h.wait(12*time.Hour - time.Second)
	response, body := h.ask(http.MethodGet, "/", "", cookie(session))
	assert.Equal(t, http.StatusOK, response.status)
	assert.Contains(t, body, "until 2026-11-24 21:00 UTC", "looking at the page does not prolong it")
	assert.Empty(t, response.cookies)
	response, _ = h.ask(http.MethodPost, "/decode", sealed(t, h.keys), cookie(session))
	assert.Equal(t, http.StatusOK, response.status)

	h.wait(time.Second)
	for _, ask := range []struct{ method, path string }{{http.MethodPost, "/decode"}, {http.MethodGet, "/"}} {
		response, _ = h.ask(ask.method, ask.path, sealed(t, h.keys), cookie(session))
		assert.Equal(t, http.StatusUnauthorized, response.status)
	}
}

// A browser remembers the password for as long as it runs, and adds it to whatever it
// sends here.
func TestAPasswordThatTheBrowserAddsProlongsNoSession(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	page := header("Origin", origin)
	response, _ := h.ask(http.MethodPost, "/decode", sealed(t, h.keys), page, basic("ann", token), cookie(session))
	assert.Equal(t, http.StatusOK, response.status)
	assert.Equal(t, "session", h.lines()[1]["by"])

	h.wait(12 * time.Hour)
	response, body := h.ask(http.MethodPost, "/decode", sealed(t, h.keys), page, basic("ann", token), cookie(session))
	assert.Equal(t, http.StatusUnauthorized, response.status)
	assert.NotContains(t, body, "payloads")
	response, _ = h.ask(http.MethodPost, "/decode", sealed(t, h.keys), page, bearer(token))
	assert.Equal(t, http.StatusOK, response.status, "a token that the page itself sends counts")
}

// Browsers keep one jar for all ports of a host.
func TestSessionsLiveBesideOtherServersCookies(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	beside := &http.Cookie{Name: session.Name, Value: "someone-elses"}
	response, _ := h.ask(http.MethodPost, "/decode", sealed(t, h.keys), cookie(beside), cookie(session))
	assert.Equal(t, http.StatusOK, response.status)
	assert.NotEqual(t, session.Name, newSessions("http://127.0.0.1:9233", time.Now).cookie, "two stacks side by side")
	_, there := newSessions("https://ui.example.com", time.Now).begin("ann")
	assert.True(t, there.Secure, "where the Web UI is on https, the session travels there alone")
}

func TestSessionsAreBounded(t *testing.T) {
	clock := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	s := newSessions(origin, func() time.Time { return clock })
	holds := func(c *http.Cookie) bool {
		r := &http.Request{Header: http.Header{}}
		r.AddCookie(c)
		_, found := s.of(r)
		return found
	}
	var all []*http.Cookie
	for i := range mostSessions + 1 {
		clock = clock.Add(time.Second)
		_, c := s.begin(fmt.Sprint(i))
		all = append(all, c)
	}
	assert.Len(t, s.open, mostSessions)
	assert.False(t, holds(all[0]), "the oldest has ended")
	assert.True(t, holds(all[1]))
	assert.True(t, holds(all[mostSessions]))

	clock = clock.Add(sessionLife)
	s.begin("the next day")
	assert.Len(t, s.open, 1, "what has ended is forgotten")
}
