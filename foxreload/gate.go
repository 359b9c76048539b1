package foxreload

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Priority says who goes first when the request budget is short; the lower the
// number, the sooner.
type Priority int

const (
	PriorityPay    Priority = 1
	PriorityCreate Priority = 2
	PriorityPoll   Priority = 3
)

type priorityKey struct{}

// WithPriority marks every request made under the context. Without it requests
// have PriorityPoll.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

func priorityOf(ctx context.Context) Priority {
	if p, ok := ctx.Value(priorityKey{}).(Priority); ok {
		return p
	}
	return PriorityPoll
}

// Gate stands in front of every HTTP request, a followed redirect included, and
// keeps the API key's request budget.
type Gate interface {
	// Wait returns nil when the request may be sent now, or a *ThrottledError when
	// it may not be and the caller should come back later.
	Wait(ctx context.Context, p Priority) error
	// Throttle keeps every request of the key back for d: the server answered 429.
	Throttle(ctx context.Context, d time.Duration) error
}

type leavingKey struct{}

// Leaving has leave called when a request made under the context is about to leave:
// the gate has let it pass, and once leave returns it is sent, under the context that
// leave returns. An error of leave's stops it, and the call fails with CodeNotSent
// and that error as its cause. A call that never comes so far, because the budget has
// no room for it, was not made: whatever is to be known of requests that left is put
// on record here. Of a call that a slash redirect has sent twice, the first request
// alone asks: it was not processed.
func Leaving(ctx context.Context, leave func(context.Context) (context.Context, error)) context.Context {
	return context.WithValue(ctx, leavingKey{}, leave)
}

// Leave does at that moment as Client does, for stand-ins of it.
func Leave(ctx context.Context) (context.Context, error) {
	leaving, err := leave(ctx)
	if err != nil {
		return nil, new(Client).notSent(call{}, err)
	}
	return leaving, nil
}

func leave(ctx context.Context) (context.Context, error) {
	if leave, ok := ctx.Value(leavingKey{}).(func(context.Context) (context.Context, error)); ok {
		return leave(ctx)
	}
	return ctx, nil
}

// ThrottledError says that a request was not sent because the budget is spent.
type ThrottledError struct {
	For time.Duration // come back after this
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("the request budget is spent for the next %s", e.For.Round(time.Millisecond))
}

// After a 429 without a usable Retry-After the key rests this long; backing off
// further is the caller's, who knows how often it has tried.
const throttleByDefault = 5 * time.Second

// pass waits at the gate. Whatever stops a request here, nothing was sent.
func (c *Client) pass(ctx context.Context, call call) error {
	if err := ctx.Err(); err != nil {
		return c.notSent(call, err)
	}
	if c.gate == nil {
		return nil
	}
	err := c.gate.Wait(ctx, priorityOf(ctx))
	var throttled *ThrottledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &throttled):
		return fmt.Errorf("%s: %w", call.does, err)
	default:
		return c.notSent(call, fmt.Errorf("wait for the request budget: %w", err))
	}
}

// throttle passes a 429 on to the gate. It outlives the caller's context: a call
// that was cancelled meanwhile must not leave the key running into the limit.
func (c *Client) throttle(ctx context.Context, retryAfter time.Duration) error {
	if c.gate == nil {
		return nil
	}
	if retryAfter <= 0 {
		retryAfter = throttleByDefault
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.gate.Throttle(ctx, retryAfter); err != nil {
		return fmt.Errorf("throttle the request budget: %w", err)
	}
	return nil
}
