package main

import (
	"context"
	"runtime"
	"time"

	"go.uber.org/zap"
)

const (
	// watchEvery is the time between looks of the watchdog that came to a verdict.
	watchEvery = 5 * time.Second
	// hangs is after how long without a verdict a worker is taken to hang.
	hangs = time.Minute
	// lastWords bounds how long a hanging worker may take to say that it hangs: the
	// log may be what it hangs in.
	lastWords = 5 * time.Second
	// dumpMost is the most that is logged of the goroutines, in bytes.
	dumpMost = 4 << 20
)

// watchdog ends a worker whose own readiness comes to no verdict for a minute: it
// takes tasks and never answers, each of them is lost until a time-out gives it to
// another, and only whoever supervises it can start it again. A worker that is not
// ready, for whatever reason, is none of these: it knows.
//
// Looks are counted, not the time that passes: one that was frozen as a whole
// (SIGSTOP, a paused machine) has no looks, and goes on when it wakes up.
type watchdog struct {
	look func(context.Context) (map[string]verdict, bool)
	log  *zap.Logger
	exit func(status int)
}

// run looks until ctx ends.
func (w watchdog) run(ctx context.Context) {
	for silent := time.Duration(0); ; {
		verdicts, decided := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case !decided:
			if silent += checkTimeout + checkGrace; silent < hangs {
				continue
			}
			w.end(verdicts)
			return
		}
		silent = 0
		select {
		case <-time.After(watchEvery):
		case <-ctx.Done():
			return
		}
	}
}

// end says where the worker hangs, and ends it without waiting for anything.
func (w watchdog) end(verdicts map[string]verdict) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		dump := make([]byte, dumpMost)
		dump = dump[:runtime.Stack(dump, true)]
		w.log.Error("the worker hangs: its own checks have not ended for a minute; it ends itself, to be started again",
			zap.Any("checks", verdicts), zap.ByteString("goroutines", dump))
		_ = w.log.Sync()
	}()
	select {
	case <-said:
	case <-time.After(lastWords):
	}
	w.exit(1)
}
