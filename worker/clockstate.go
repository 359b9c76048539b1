package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"foxflow/foxreload"
)

// clockFit is how far off a clock may be. Whether a payment window is over is decided by
// clocks that are compared to the minute.
const clockFit = 30 * time.Second

// clockState compares this machine's clock with FoxReload's, which each of its answers
// shows, and with the ledger's. It costs no request.
type clockState struct {
	now func() time.Time

	mu    sync.Mutex
	ahead time.Duration // of ours: FoxReload's clock, when it last answered
}

var _ foxreload.Observer = (*clockState)(nil)

// Unreadable says nothing of the clock.
func (*clockState) Unreadable(foxreload.Sent) {}

// Call reads the time that an answer shows. One that is not FoxReload's may show anything.
func (c *clockState) Call(context.Context, foxreload.Sent) func(foxreload.Ended) {
	return func(e foxreload.Ended) {
		if !e.FromAPI || e.Shown.IsZero() {
			return
		}
		until := c.now()
		ahead := apart(until.Add(-e.Took), until, e.Shown, time.Second) // a Date has whole seconds
		c.mu.Lock()
		c.ahead = ahead
		c.mu.Unlock()
	}
}

// apart is by how much another clock is surely ahead of ours (below 0: behind), which
// showed a time, cut down to whole steps, at some moment between two of ours.
func apart(since, until, shown time.Time, step time.Duration) time.Duration {
	switch latest := shown.Add(step); {
	case shown.After(until):
		return shown.Sub(until)
	case latest.Before(since):
		return latest.Sub(since)
	}
	return 0
}

// off says that FoxReload's clock, when it last answered, was not ours.
func (c *clockState) off() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead.Abs() > clockFit
}

// check asks the ledger for its time, which over a file is what we tell it.
func (c *clockState) check(ctx context.Context, ledger func(context.Context, time.Time) (time.Time, error)) (remark string, err error) {
	since := c.now()
	shown, err := ledger(ctx, since)
	if err != nil {
		return "the ledger does not tell its time", nil // that is the check of the ledger
	}
	if ahead := apart(since, c.now(), shown, 0); ahead.Abs() > clockFit {
		return "", offBy("the ledger's server", ahead)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead.Abs() > clockFit {
		return "", offBy("FoxReload", c.ahead)
	}
	return "", nil
}

func offBy(whose string, ahead time.Duration) error {
	direction := "behind"
	if ahead < 0 {
		direction = "ahead of"
	}
	return fmt.Errorf("this machine's clock is %s %s that of %s: have both set by NTP; payment windows are judged wrong meanwhile",
		ahead.Abs().Round(time.Second), direction, whose)
}
