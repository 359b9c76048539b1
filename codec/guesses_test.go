package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// from asks as somebody at an address, and gives the answer and what the log says of it.
func (h *house) from(address string, changes ...with) (*httptest.ResponseRecorder, map[string]any) {
	h.t.Helper()
	request := httptest.NewRequest(http.MethodPost, "/decode", strings.NewReader(sealed(h.t, h.keys)))
	request.Header.Set("Content-Type", "application/json")
	request.RemoteAddr = address
	for _, change := range changes {
		change(request)
	}
	answer := httptest.NewRecorder()
	h.server.routes().ServeHTTP(answer, request)
	lines := h.lines()
	return answer, lines[len(lines)-1]
}

func TestWrongPasswordsAreSlowedDownAndTold(t *testing.T) {
	h := newHouse(t)
	const attacker = "192.0.2.7:4001"
	for range guessesAtOnce {
		answer, line := h.from(attacker, bearer("wrong-wrong-wrong-1"))
		assert.Equal(t, http.StatusUnauthorized, answer.Code)
		assert.Equal(t, "wrong credentials", line["outcome"])
	}
	for _, guess := range []with{bearer("wrong-wrong-wrong-1"), basic("ann", "wrong-wrong-wrong-1"), bearer(token), basic("ann", token)} {
		answer, line := h.from(attacker, guess)
		require.Equal(t, http.StatusTooManyRequests, answer.Code, "no answer tells whether it was right")
		assert.Equal(t, "3", answer.Header().Get("Retry-After"))
		assert.Equal(t, "too many wrong passwords came: try again in 3 s\n", answer.Body.String())
		assert.Equal(t, "too many wrong passwords", line["outcome"])
		assert.Equal(t, "warn", line["level"])
		assert.Equal(t, attacker, line["from"])
		assert.EqualValues(t, 429, line["status"])
	}
	looked := 0
	for range 600 { // ten a second, for a minute
		h.wait(100 * time.Millisecond)
		if answer, _ := h.from(attacker, bearer("wrong-wrong-wrong-1")); answer.Code == http.StatusUnauthorized {
			looked++
		}
	}
	assert.LessOrEqual(t, looked, 20)
	assert.NotContains(t, h.logged(), "wrong-wrong-wrong-1")
}

// A session is no guess, and neither is a request without a password.
func TestOthersWrongPasswordsLockNobodyOut(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("ann")
	for range 2 * allGuessesAtOnce {
		h.from("192.0.2.7:4001", bearer("wrong-wrong-wrong-1"))
	}
	answer, _ := h.from("192.0.2.7:4002", cookie(session))
	assert.Equal(t, http.StatusOK, answer.Code, "who is signed in stays so, behind the same proxy too")
	answer, _ = h.from("192.0.2.7:4003")
	assert.Equal(t, http.StatusUnauthorized, answer.Code)
	answer, _ = h.from("192.0.2.8:4001", bearer(token))
	assert.Equal(t, http.StatusOK, answer.Code, "from elsewhere the right one is looked at")
	answer, _ = h.from("192.0.2.7:4004", bearer(token))
	require.Equal(t, http.StatusTooManyRequests, answer.Code)
	wait, err := strconv.Atoi(answer.Header().Get("Retry-After"))
	require.NoError(t, err)
	h.wait(time.Duration(wait) * time.Second)
	answer, _ = h.from("192.0.2.7:4005", bearer(token))
	assert.Equal(t, http.StatusOK, answer.Code, "seconds after the last wrong one")
	for range 100 {
		answer, _ = h.from("192.0.2.7:4006", bearer(token))
		require.Equal(t, http.StatusOK, answer.Code, "right ones cost nothing")
	}
}

// Addresses are cheap: whoever has many of them, or an IPv6 network of its own, guesses no
// faster, and takes no memory.
func TestWrongPasswordsAreBoundedOverAllAddresses(t *testing.T) {
	h := newHouse(t)
	known := "198.51.100.1:1"
	answer, _ := h.from(known, bearer(token))
	require.Equal(t, http.StatusOK, answer.Code)
	g := h.server.gate.guesses
	looked := 0
	wrong := func() bool { looked++; return false }
	for i := range 5 * mostAddresses {
		g.judge(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&0xff, i&0xff), wrong)
	}
	assert.Equal(t, allGuessesAtOnce, looked)
	assert.LessOrEqual(t, len(g.from), mostAddresses)

	answer, _ = h.from("198.51.100.2:1", bearer(token))
	assert.Equal(t, http.StatusTooManyRequests, answer.Code, "who is not known yet waits")
	assert.Equal(t, "1", answer.Header().Get("Retry-After"))
	answer, _ = h.from(known, bearer(token))
	assert.Equal(t, http.StatusOK, answer.Code, "who had it right lately does not")
	h.wait(time.Second)
	answer, _ = h.from("198.51.100.2:1", bearer(token))
	assert.Equal(t, http.StatusOK, answer.Code)

	h.wait(time.Hour)
	looked = 0
	for i := range 100 {
		g.judge(fmt.Sprintf("[2001:db8::%x]:1", i), wrong)
	}
	assert.Equal(t, guessesAtOnce, looked, "one network")
	looked = 0
	for i := range 100 {
		g.judge(fmt.Sprintf("somewhere %d", i), wrong)
	}
	assert.Equal(t, guessesAtOnce, looked, "what is no address")
	for range guessesAtOnce {
		g.judge("203.0.113.9:1", wrong)
	}
	looked = 0
	g.judge("[::ffff:203.0.113.9]:1", wrong)
	assert.Zero(t, looked, "the same address, written as IPv6")
}

func TestAHeaderThatNamesAnotherAddressIsNotBelieved(t *testing.T) {
	h := newHouse(t)
	for i := range 2 * guessesAtOnce {
		elsewhere := fmt.Sprintf("10.0.0.%d", i)
		answer, _ := h.from("192.0.2.7:4001", bearer("wrong-wrong-wrong-1"), header("X-Forwarded-For", elsewhere), header("Forwarded", "for="+elsewhere), header("X-Real-Ip", elsewhere))
		if i >= guessesAtOnce {
			assert.Equal(t, http.StatusTooManyRequests, answer.Code)
		}
	}
}
