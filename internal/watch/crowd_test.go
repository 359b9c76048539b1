package watch_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// crowd is what a street sees.
type crowd struct {
	perMinute int
	fulfil    time.Duration
	spread    float64 // as the simulator's
	codes     bool    // the list shows them
	orders    int
	every     time.Duration // between two of them; 0: all at once
	watched   time.Duration // 0: until all have ended
}

// sights are what came of a crowd.
type sights struct {
	ends              []float64 // of orders, in minutes from the beginning
	requests, stalled int
	routes            map[string]int
	took              float64 // minutes
	idle              int     // requests that the budget had, and nobody made
}

func (s *street) sights(c crowd) sights {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := sights{requests: len(s.sent), stalled: s.stalled, routes: map[string]int{}, took: time.Since(s.begun).Minutes()}
	for _, r := range s.sent {
		seen.routes[r.Route]++
	}
	for at := range maps.Values(s.ends) {
		seen.ends = append(seen.ends, at.Sub(s.begun).Minutes())
	}
	slices.Sort(seen.ends)
	seen.idle = int(seen.took*float64(c.perMinute)) + max(c.perMinute/20, 1) - seen.requests
	return seen
}

// each is how many requests an order took that has ended.
func (s sights) each() float64 { return float64(s.requests) / float64(max(len(s.ends), 1)) }

// within is how many orders a minute came to their end between two moments.
func (s sights) within(from, until float64) float64 {
	n := 0
	for _, at := range s.ends {
		if at > from && at <= until {
			n++
		}
	}
	return float64(n) / (until - from)
}

func (s sights) String() string {
	return fmt.Sprintf("%d orders in %.2f minutes, %d requests (%.2f each), %d idle, %d stalled: %v", len(s.ends), s.took, s.requests, s.each(), s.idle, s.stalled, s.routes)
}

// world are both kinds of list: hardly an order needs a look of its own where it shows the codes.
func worlds(t *testing.T, story func(t *testing.T, codes bool)) {
	t.Helper()
	for _, codes := range []bool{false, true} {
		t.Run(fmt.Sprint("codes ", codes), func(t *testing.T) {
			t.Parallel()
			story(t, codes)
		})
	}
}

// D20. A crowd takes about what its orders need: create, pay and one look, or a share of a page. While
// anything is left to do the budget is not idle, so the last order ends as soon as it can.
// Promise 6: the request budget is respected and spent on orders.
func TestACrowdAtOnce(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, codes bool) {
		seen := crowd{perMinute: 100, fulfil: time.Minute, codes: codes, orders: 120}.walk(t)
		assert.Zero(t, seen.stalled)
		if codes {
			assert.LessOrEqual(t, seen.requests, 2*120+50)
			assert.LessOrEqual(t, seen.took, 3.75)
			assert.LessOrEqual(t, seen.ends[60], 2.5)
			return
		}
		assert.LessOrEqual(t, seen.requests, 3*120+28)
		assert.LessOrEqual(t, seen.idle, 20)
	})
}

// D20. Orders that come one by one, a little faster than the budget carries, end as fast as it does.
// Promise 6: the request budget is respected and spent on orders.
func TestOrdersOneByOne(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, codes bool) {
		c := crowd{perMinute: 100, fulfil: time.Minute, codes: codes, orders: 170, every: time.Minute / 34}
		least, most := 27.0, 3.4
		if codes {
			c.orders, c.every, least, most = 240, time.Minute/48, 40, 2.4
		}
		seen := c.walk(t)
		assert.Zero(t, seen.stalled)
		assert.LessOrEqual(t, seen.each(), most)
		t.Logf("%.1f a minute", seen.within(seen.ends[0]+1, 5))
		assert.GreaterOrEqual(t, seen.within(seen.ends[0]+1, 5), least)
	})
}

// D20. However many wait, a third of the requests are orders that end, and nothing is late because
// of those that wait.
// Promise 6: the request budget is respected and spent on orders.
func TestACrowdOfThousands(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, codes bool) {
		seen := crowd{perMinute: 100, fulfil: time.Minute, codes: codes, orders: 2000, watched: 6 * time.Minute}.walk(t)
		assert.Zero(t, seen.stalled)
		assert.LessOrEqual(t, seen.idle, 10)
		least := 32.0
		if codes {
			least = 44
		}
		t.Logf("%.1f a minute", seen.within(3, 6))
		assert.GreaterOrEqual(t, seen.within(3, 6), least)
	})
}
