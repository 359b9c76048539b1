package foxreload

import (
	"context"
	"time"
)

// Sent is an HTTP request as others may know it: the endpoint's template, never
// an id, a query or a body. The set of them is as small as the API.
type Sent struct{ Method, Path string }

func (s Sent) String() string { return s.Method + " " + s.Path }

// Ended is how a request went.
type Ended struct {
	Status int   // HTTP status; 0 without an answer
	Class  Class // "" for an answer that is a success
	// FromAPI: the answer is in the API's form. One that is not may be anybody's.
	FromAPI bool
	Took    time.Duration // from sending to the answer's last byte, without the wait at the gate
	// Shown is the time of the answer's Date. Zero: it has none, or not its own: a cache
	// kept it.
	Shown time.Time
	// Followed: a slash redirect, after which the same call is sent once more.
	Followed bool
}

// Observer watches a client. It must not take long: the calls wait for it.
type Observer interface {
	// Call is told of every HTTP request as it leaves, and through the function that
	// it returns of its end.
	Call(context.Context, Sent) (ended func(Ended))
	// Unreadable is told of each answer that is a success by its status and carries
	// nothing that could be used.
	Unreadable(Sent)
}

// Observe has observers told from now on. Call it before the client is used.
func (c *Client) Observe(observers ...Observer) { c.observers = append(c.observers, observers...) }

// began tells all observers; call what it returns with the end.
func (c *Client) began(ctx context.Context, call call) func(Ended) {
	began, ends := time.Now(), make([]func(Ended), len(c.observers))
	for i, observe := range c.observers {
		ends[i] = observe.Call(ctx, Sent{call.method, call.path})
	}
	return func(e Ended) {
		e.Took = time.Since(began)
		for _, end := range ends {
			end(e)
		}
	}
}
