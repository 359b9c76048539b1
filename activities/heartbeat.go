package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// HeartbeatEvery is well under the heartbeat time-out, which is how the server
// notices within seconds that the worker of a call in flight has died.
const HeartbeatEvery = 3 * time.Second

// heartbeat keeps the activity alive in the server's eyes until the function it
// returns is called. It is also how a running activity learns of its
// cancellation.
func heartbeat(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(HeartbeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			case <-ctx.Done():
				return
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
