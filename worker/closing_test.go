package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
)

// queue is a gate whose every request waits until it is let through.
type queue struct{ entered, open chan struct{} }

func (q queue) Wait(ctx context.Context, _ foxreload.Priority) error {
	q.entered <- struct{}{}
	select {
	case <-q.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (queue) Throttle(context.Context, time.Duration) error { return nil }

func newQueue() queue { return queue{entered: make(chan struct{}, 1), open: make(chan struct{})} }

// Promise 7: a deploy breaks no running order.
func TestStoppingWorkerBeginsNoCall(t *testing.T) {
	q := newQueue()
	stopping, stop := context.WithCancel(t.Context())
	gate := closing{q, stopping}

	queued := make(chan error, 1)
	go func() { queued <- gate.Wait(t.Context(), foxreload.PriorityPay) }()
	<-q.entered
	stop()
	var throttled *foxreload.ThrottledError
	select {
	case err := <-queued:
		require.ErrorAs(t, err, &throttled, "one that queues goes back")
	case <-time.After(time.Minute): // bounds a failure, measures nothing
		t.Fatal("one that queues waits on")
	}
	assert.Positive(t, throttled.For)

	close(q.open)
	require.ErrorAs(t, gate.Wait(t.Context(), foxreload.PriorityPay), &throttled, "one that comes later too, budget or not")
	assert.Empty(t, q.entered, "and takes no place in the queue")
}

// Promise 6: the request budget is respected and spent on orders.
func TestWorkingWorkerKeepsToTheBudget(t *testing.T) {
	q := newQueue()
	gate := closing{q, t.Context()}
	close(q.open)
	require.NoError(t, gate.Wait(t.Context(), foxreload.PriorityPay))
	<-q.entered

	q.open = nil
	gate = closing{q, t.Context()}
	given, up := context.WithCancel(t.Context())
	up()
	err := gate.Wait(given, foxreload.PriorityPay)
	require.ErrorIs(t, err, context.Canceled, "the caller's own end is the caller's")
	assert.False(t, errors.As(err, new(*foxreload.ThrottledError)))
}
