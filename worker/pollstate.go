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
	mu     sync.Mutex
	failed map[string]pollFailure // by method
	now    func() time.Time
}

type pollFailure struct {
	code  codes.Code
	since time.Time
}

// intercept watches calls of Temporal as they pass.
func (p *pollState) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	name := method[strings.LastIndex(method, "/")+1:]
	if !strings.HasPrefix(name, "Poll") || !strings.HasSuffix(name, "TaskQueue") {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch code := status.Code(err); code {
	case codes.OK:
		delete(p.failed, name)
	case codes.Canceled, codes.DeadlineExceeded: // we stopped, or there was no work
	default:
		if f, already := p.failed[name]; !already || f.code != code {
			p.failed[name] = pollFailure{code, p.now()}
		}
	}
	return err
}

// check names the code alone: what a server says beside it is not ours to show.
func (p *pollState) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, f := range p.failed {
		return fmt.Errorf("%s fails since %s: %s; check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE", name, f.since.UTC().Format(time.RFC3339), f.code)
	}
	return nil
}
