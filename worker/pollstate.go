package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// pollState is how the last poll of each kind went: a Temporal that answers, but
// not for our namespace or not to us, looks healthy and gives no work.
type pollState struct {
	mu       sync.Mutex
	failed   map[string]pollFailure // by method
	answered map[string]time.Time   // by method
	began    time.Time
	now      func() time.Time
}

// polls are the kinds that a worker lives on: without either no order goes on.
var polls = []string{"PollWorkflowTaskQueue", "PollActivityTaskQueue"}

// pollSilence is how long a kind of poll may stay unanswered. Temporal answers each within
// a minute, with work or without; while all hands are busy nobody polls, which lasts no
// longer than two calls of FoxReload.
const pollSilence = 3 * time.Minute

// pollHeld is after what time a poll that is on its way has been let in: Temporal refuses at
// once, and holds the others until there is work, for a minute at most.
const pollHeld = 5 * time.Second

func newPollState(now func() time.Time) *pollState {
	return &pollState{failed: map[string]pollFailure{}, answered: map[string]time.Time{}, began: now(), now: now}
}

type pollFailure struct {
	code  codes.Code
	since time.Time
}

// intercept watches calls of Temporal as they pass.
func (p *pollState) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	name := method[strings.LastIndex(method, "/")+1:]
	if !strings.HasPrefix(name, "Poll") || !strings.HasSuffix(name, "TaskQueue") {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	held := time.AfterFunc(pollHeld, func() { p.accepted(name) })
	err := invoke(ctx, method, req, reply, cc, opts...)
	held.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch code := status.Code(err); code {
	case codes.OK:
		p.answered[name] = p.now()
		delete(p.failed, name)
	case codes.Canceled, codes.DeadlineExceeded: // we stopped, or no answer came in time
	default:
		if f, already := p.failed[name]; !already || f.code != code {
			p.failed[name] = pollFailure{code, p.now()}
		}
	}
	return err
}

// accepted forgets an earlier failure.
func (p *pollState) accepted(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failed, name)
}

// check names the code alone: what a server says beside it is not ours to show.
func (p *pollState) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, f := range p.failed {
		return fmt.Errorf("%s fails since %s: %s; check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE", name, f.since.UTC().Format(time.RFC3339), f.code)
	}
	for _, name := range polls {
		last := p.began
		if at, ever := p.answered[name]; ever {
			last = at
		}
		if p.now().Sub(last) >= pollSilence {
			return fmt.Errorf("%s is not answered since %s: Temporal gives this worker no work; look at its matching service and at what is in between, or restart the worker",
				name, last.UTC().Format(time.RFC3339))
		}
	}
	return nil
}
