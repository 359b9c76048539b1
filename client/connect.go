package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"foxflow/internal/codec"
	"foxflow/workflows"
)

// dialTimeout is how long Temporal may take to answer at all.
const dialTimeout = 5 * time.Second

// Temporal says how Temporal is reached.
type Temporal struct {
	// Options are asked for when a connection is needed: what they are read from may be
	// wrong, and whoever only reads the ledger must not fail by it.
	Options func(context.Context) (sdk.Options, error)
	// Dial makes the connection; nil: the SDK does.
	Dial func(context.Context, sdk.Options) (sdk.Client, error)
	// Obstacle says what stands between us and a server that is there and refuses; "" for
	// one that is just not there. nil: nobody knows.
	Obstacle func(sdk.Options, error) string
}

// Connection is a Temporal that has answered, with what opens its payloads.
type Connection struct {
	sdk.Client
	Payloads  converter.DataConverter
	failures  converter.FailureConverter
	address   string
	Namespace string
}

// Connect is the connection to Temporal, dialled when there is none yet. It binds the
// ledger to nothing. One that can't be had is an *Unavailable. Client.Close ends it.
func (c *Client) Connect(ctx context.Context) (*Connection, error) {
	c.mu.Lock()
	there := c.connected
	c.mu.Unlock()
	if there != nil {
		return there, nil
	}
	// Nobody else waits for this call: with Temporal away each takes as long as it may.
	made, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected != nil { // another one was quicker
		made.Close()
		return c.connected, nil
	}
	c.connected = made
	return made, nil
}

func (c *Client) dial(ctx context.Context) (*Connection, error) {
	options, err := c.temporal.Options(ctx)
	if err != nil {
		return nil, err
	}
	options = codec.Seal(options, c.keys)
	dial := c.temporal.Dial
	if dial == nil {
		dial = sdk.DialContext
	}
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	made, err := dial(dialing, options)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		away := &Unavailable{Part: PartTemporal, Address: options.HostPort, Err: err}
		if c.temporal.Obstacle != nil {
			away.Obstacle = c.temporal.Obstacle(options, err)
		}
		return nil, away
	}
	return &Connection{Client: made, Payloads: options.DataConverter, failures: options.FailureConverter, address: options.HostPort, Namespace: options.Namespace}, nil
}

// Ready makes sure of a Temporal that orders can go on by, before anything is begun: in
// another namespace than the ledger's, or where Temporal lacks what they need, they could
// not, and nobody would be told. It is an *Unavailable, a *Mismatch, or a
// *workflows.MissingAttributesError.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.forOrders(ctx)
	return err
}

// forOrders is the connection for what orders are to go on by.
func (c *Client) forOrders(ctx context.Context) (*Connection, error) {
	t, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	fit := c.fit
	c.mu.Unlock()
	if fit { // what was found good once is not asked for again: a file starts 100,000 orders
		return t, nil
	}
	if err := c.ledger.GoesWith(ctx, t.Namespace); err != nil {
		return nil, &Mismatch{Err: err}
	}
	asking, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	err = workflows.CheckAttributes(asking, t, t.Namespace)
	if missing := new(workflows.MissingAttributesError); errors.As(err, &missing) {
		return nil, fmt.Errorf("%w; nothing was sent", missing)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fit = err == nil // any other trouble is told by what is asked next
	return t, nil
}

// text reads a text that Temporal keeps. One that this keyset can't open was
// written by somebody else: it is no text, and no error.
func (t *Connection) text(payload *commonpb.Payload) (s string) {
	if payload != nil {
		_ = t.Payloads.FromPayload(payload, &s)
	}
	return s
}

// explain puts Temporal's commonest refusals into words; what it was stays to be told apart.
func (t *Connection) explain(err error) error {
	var namespace *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &namespace):
		return &worded{fmt.Sprintf("Temporal at %s has no namespace %q (TEMPORAL_NAMESPACE)", t.address, t.Namespace), err}
	case errors.As(err, &denied):
		return &worded{fmt.Sprintf("Temporal at %s refuses access to namespace %q: %v", t.address, t.Namespace, err), err}
	}
	return err
}

// worded is an error in better words.
type worded struct {
	words string
	cause error
}

func (w *worded) Error() string { return w.words }
func (w *worded) Unwrap() error { return w.cause }
