package simulator

import (
	"sync"
	"time"
)

// limiter is a token bucket per API key. It is kept in memory alone: a restart
// forgives.
type limiter struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter() *limiter { return &limiter{buckets: map[string]*bucket{}} }

// burst is how many requests pass at once after a rest.
func (k Knobs) burst() int {
	if k.Burst > 0 {
		return k.Burst
	}
	return max(1, k.Requests/20)
}

// take lets a request pass, or says how long until one would.
func (l *limiter) take(key string, now time.Time, k Knobs) (wait time.Duration, passes bool) {
	if k.Requests == 0 {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	perSecond, most := float64(k.Requests)/60, float64(k.burst())
	b, seen := l.buckets[key]
	if !seen {
		b = &bucket{tokens: most, at: now}
		l.buckets[key] = b
	}
	if rest := now.Sub(b.at).Seconds(); rest > 0 {
		b.tokens += rest * perSecond
		b.at = now
	}
	b.tokens = min(b.tokens, most)
	// A millionth of a token is rounding, not a request too many.
	if b.tokens+1e-6 >= 1 {
		b.tokens--
		return 0, true
	}
	return time.Duration((1 - b.tokens) / perSecond * float64(time.Second)), false
}
