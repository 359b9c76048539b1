package main

import (
	"context"
	"time"

	"foxflow/foxreload"
)

// closing is the budget's gate of a worker that can be told to stop: from then on
// no request passes. Those on their way are finished; one that still queues, or
// that an activity would make next, goes back to Temporal for another worker.
// Otherwise a stopping worker would have to wait for the queue and for every page
// of a list as well, or leave a payment behind that it sent too late.
type closing struct {
	foxreload.Gate
	stopping context.Context
}

// askElsewhere is when the call comes up again: soon, for whoever works on.
const askElsewhere = time.Second

func (c closing) Wait(ctx context.Context, p foxreload.Priority) error {
	waiting, leave := context.WithCancel(ctx)
	defer leave()
	defer context.AfterFunc(c.stopping, leave)()
	if c.stopping.Err() != nil {
		return &foxreload.ThrottledError{For: askElsewhere}
	}
	err := c.Gate.Wait(waiting, p)
	if err != nil && c.stopping.Err() != nil && ctx.Err() == nil {
		return &foxreload.ThrottledError{For: askElsewhere}
	}
	return err
}
