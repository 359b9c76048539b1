package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// slack is how much garbage a small heap may hold, in bytes. What an idle worker has in use is
	// little: collecting at twice of that would be a tenth of the work that orders are.
	slack = 64 << 20
	// usual and most are how much garbage there is for what is in use, in percent: by default, and
	// at the most.
	usual, most = 100, 800
	// weighEvery is how often it is looked how much is in use.
	weighEvery = 5 * time.Second
)

// collectSeldom has garbage collected less often while little is in use, until ctx ends. Where
// GOGC says how often, it stays at that.
func collectSeldom(ctx context.Context) {
	if set := debug.SetGCPercent(usual); set != usual {
		debug.SetGCPercent(set)
		return
	}
	inUse := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	percent := usual
	for ticker := time.NewTicker(weighEvery); ; {
		metrics.Read(inUse)
		if now := garbage(inUse[0].Value.Uint64()); now != percent {
			percent = now
			debug.SetGCPercent(percent)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			ticker.Stop()
			return
		}
	}
}

// garbage is how much there may be for so many bytes in use, in percent, in steps: each change
// stops the program for a moment.
func garbage(inUse uint64) int {
	for percent := most; percent > usual; percent /= 2 {
		if inUse*uint64(percent)/100 <= slack { //nolint:gosec // it is above 0
			return percent
		}
	}
	return usual
}
