package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"foxflow/internal/settings"
)

// How a caller proved that they may.
const (
	byBearer  = "bearer"
	byBasic   = "basic"
	bySession = "session"
)

// caller is who asks.
type caller struct {
	by string
	// user is the name that they gave: whoever holds the token may give any.
	user string
	// until is the end of a session.
	until time.Time
}

// gate tells those who may read payloads from those who may not.
type gate struct {
	token    [sha256.Size]byte
	sessions *sessions
	guesses  *guesses
}

func newGate(token settings.Secret, origin string, now func() time.Time) *gate {
	return &gate{token: sha256.Sum256([]byte(token.Reveal())), sessions: newSessions(origin, now), guesses: newGuesses(now)}
}

// Why somebody may not.
const (
	noCredentials    = "no credentials"
	wrongCredentials = "wrong credentials"
	tooManyWrong     = "too many wrong passwords"
)

// refusal is why somebody may not and, after too many wrong passwords, for how long.
type refusal struct {
	why  string
	wait time.Duration
}

func (r *refusal) status() int {
	if r.why == tooManyWrong {
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}

// admit says who asks or, where they may not, why. An Authorization header decides
// alone: with a wrong one a session does not help.
//
// A password on a page's request does not count. The browser adds it on its own, for
// as long as it runs and from whatever page: with it a session would never end, and
// no SameSite would hold it back.
func (g *gate) admit(r *http.Request) (c caller, refused *refusal) {
	authorization, fromPage := r.Header.Get("Authorization"), r.Header.Get("Origin") != ""
	user, password, basic := r.BasicAuth()
	if authorization == "" || basic && fromPage {
		if c, found := g.sessions.of(r); found {
			return c, nil
		}
		return caller{}, &refusal{why: noCredentials}
	}
	c = caller{by: byBasic, user: user}
	if scheme, token, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "Bearer") {
		c, password = caller{by: byBearer}, token
	}
	right, wait := g.guesses.judge(r.RemoteAddr, func() bool { return g.holds(password) })
	switch {
	case wait > 0:
		return caller{}, &refusal{tooManyWrong, wait}
	case !right:
		return caller{}, &refusal{why: wrongCredentials}
	case g.holds(c.user):
		c.user = "" // someone typed it twice, and names are logged
	}
	return c, nil
}

// holds compares in a time that tells nothing of the token, its length included.
func (g *gate) holds(token string) bool {
	given := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], g.token[:]) == 1
}
