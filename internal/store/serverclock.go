package store

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// counted is how long a time that the server told is counted on by this machine's clock.
	counted = 2 * time.Second
	// apart is how far the time on the wall may be off the time that passed: a machine that slept,
	// or was set to another time, asks anew.
	apart = 50 * time.Millisecond
)

// serverClock is the server's clock as this process knows it. Each turn to write tells it, so a
// transaction that writes goes by a time of its own turn.
type serverClock struct{ told atomic.Pointer[moment] }

// moment is one moment on two clocks. It is late here by what the answer took: a clock that is a
// little slow calls nothing over too soon.
type moment struct{ server, here time.Time }

// tell keeps what the server told just now, unless an answer from before is good and took less
// time.
func (c *serverClock) tell(server time.Time) {
	fresh := &moment{server, time.Now()}
	if old := c.told.Load(); old != nil {
		if at, good := old.on(fresh.here); good && at.After(server) {
			return
		}
	}
	c.told.Store(fresh)
}

// on counts on from the moment, and says whether that is good.
func (m *moment) on(now time.Time) (at time.Time, good bool) {
	passed := now.Sub(m.here)
	wall := now.Round(0).Sub(m.here.Round(0)) // the other stands still while a machine sleeps
	return m.server.Add(passed), passed < counted && (wall-passed).Abs() < apart
}

// now is the time on the server's clock.
func (c *serverClock) now(ctx context.Context, from Querier) (now time.Time, err error) {
	if m := c.told.Load(); m != nil {
		if at, good := m.on(time.Now()); good {
			return at.UTC(), nil
		}
	}
	if err := from.QueryRowContext(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return time.Time{}, err
	}
	c.tell(now)
	return now.UTC(), nil
}
