package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// sessionLife is a working day: whoever leaves a browser open signs in again the
	// next morning.
	sessionLife = 12 * time.Hour
	// mostSessions bounds the memory that sign-ins take. One more ends the oldest.
	mostSessions = 1000
)

// sessions are the browsers in which somebody signed in. They live in memory: a
// restart ends them all, and so does a change of the token.
type sessions struct {
	cookie string
	secure bool
	now    func() time.Time

	mu   sync.Mutex
	open map[[sha256.Size]byte]caller
}

// newSessions names the cookie after the origin, because browsers keep one jar for
// all ports of a host: two stacks side by side must not sign each other out. Where
// the Web UI is on https the cookie only travels there: being SameSite, it would not
// reach a codec server on http anyway.
func newSessions(origin string, now func() time.Time) *sessions {
	name := sha256.Sum256([]byte(origin))
	return &sessions{cookie: "foxflow_codec_" + hex.EncodeToString(name[:4]), secure: strings.HasPrefix(origin, "https:"),
		now: now, open: map[[sha256.Size]byte]caller{}}
}

// begin signs user in on the browser that gets the cookie.
func (s *sessions) begin(user string) (caller, *http.Cookie) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom()
	id, c := rand.Text(), caller{by: bySession, user: user, until: s.now().Add(sessionLife)}
	s.open[sha256.Sum256([]byte(id))] = c
	return c, &http.Cookie{Name: s.cookie, Value: id, Path: "/", MaxAge: int(sessionLife.Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode}
}

// of is the session whose cookie a request carries. Other servers of the host may
// have set cookies of that name beside ours.
func (s *sessions) of(r *http.Request) (caller, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cookie := range r.CookiesNamed(s.cookie) {
		if c, found := s.open[sha256.Sum256([]byte(cookie.Value))]; found && s.now().Before(c.until) {
			return c, true
		}
	}
	return caller{}, false
}

// makeRoom forgets the sessions that have ended and, where that is not enough, the
// one that ends next.
func (s *sessions) makeRoom() {
	var next [sha256.Size]byte
	for id, c := range s.open {
		if !s.now().Before(c.until) {
			delete(s.open, id)
		} else if first, found := s.open[next]; !found || c.until.Before(first.until) {
			next = id
		}
	}
	if len(s.open) >= mostSessions {
		delete(s.open, next)
	}
}
