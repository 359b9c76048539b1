package main

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What wrong passwords may come, before the next one is looked at: so many at once, and
// then one in so long a time.
const (
	guessesAtOnce, guessEvery       = 5, 3 * time.Second // from one address
	allGuessesAtOnce, anyGuessEvery = 50, time.Second    // from all addresses
	// mostAddresses bounds the memory that this takes.
	mostAddresses = 1000
)

// guesses slows down wrong passwords: by the address that they come from and, because
// addresses are cheap, over all. One that comes too soon is not looked at, so nobody
// learns whether it was right. Right ones cost nothing, and no wait is longer than the
// time after which one more wrong one may come: others' guesses lock nobody out for long.
//
// The address is that of the connection: a header that names another is anybody's word.
// Behind a proxy all callers are one.
type guesses struct {
	now func() time.Time

	mu   sync.Mutex
	all  *rate.Limiter
	from map[netip.Prefix]*source
}

// source is who shares an address.
type source struct {
	left   *rate.Limiter
	proven time.Time // when the right password last came from there
}

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, all: rate.NewLimiter(rate.Every(anyGuessEvery), allGuessesAtOnce), from: map[netip.Prefix]*source{}}
}

// judge looks at a password that came from an address, or says how long none from there
// is looked at. Those who had it right lately do not wait for what comes from elsewhere.
func (g *guesses) judge(remote string, holds func() bool) (right bool, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	s := g.source(remote, now)
	wait = until(s.left, now)
	if !s.provenLately(now) {
		wait = max(wait, until(g.all, now))
	}
	switch {
	case wait > 0:
		return false, wait
	case holds():
		s.proven = now
		return true, 0
	}
	s.left.AllowN(now, 1)
	g.all.AllowN(now, 1)
	return false, 0
}

// until is how long it takes until a limiter lets one more through.
func until(l *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	return max(0, time.Duration(missing/float64(l.Limit())*float64(time.Second)))
}

func (s *source) provenLately(now time.Time) bool {
	return !s.proven.IsZero() && now.Sub(s.proven) < sessionLife
}

// source is what is known of an address; of IPv6 its network, for a caller there has as
// many addresses as it likes.
func (g *guesses) source(remote string, now time.Time) *source {
	var where netip.Prefix // of what is no address: all such callers are one
	if at, err := netip.ParseAddrPort(remote); err == nil {
		bits := 32
		if at.Addr().Unmap().Is6() {
			bits = 64
		}
		where, _ = at.Addr().Unmap().Prefix(bits)
	}
	s, known := g.from[where]
	if !known {
		g.makeRoom(now)
		s = &source{left: rate.NewLimiter(rate.Every(guessEvery), guessesAtOnce)}
		g.from[where] = s
	}
	return s
}

// makeRoom forgets, where there are too many addresses, those of which there is nothing to
// remember or, where that is not enough, one that is not proven: what all may guess holds
// it all the same.
func (g *guesses) makeRoom(now time.Time) {
	if len(g.from) < mostAddresses {
		return
	}
	var one, unproven *netip.Prefix
	for where, s := range g.from {
		proven := s.provenLately(now)
		if !proven && s.left.TokensAt(now) >= guessesAtOnce {
			delete(g.from, where)
			continue
		}
		if one = &where; !proven {
			unproven = &where
		}
	}
	if len(g.from) < mostAddresses {
		return
	}
	if unproven != nil {
		one = unproven
	}
	delete(g.from, *one)
}
