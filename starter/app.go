package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"

	"foxflow/activities"
	"foxflow/budget"
	"foxflow/codec"
	"foxflow/foxreload"
	"foxflow/keyset"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/settings"
	"foxflow/starter/internal/show"
	"foxflow/tracing"
)

const (
	// dialTimeout is how long Temporal may take to answer at all.
	dialTimeout = 5 * time.Second
	// lookEvery is how often the ledger is looked at while an order is followed.
	lookEvery = 250 * time.Millisecond
)

// app is what the commands share.
type app struct {
	*show.Console
	stdin     io.Reader
	environ   map[string]string
	raw       []string
	now       func() time.Time
	lookEvery time.Duration
	dial      func(context.Context, client.Options) (client.Client, error)
	// recheckWith is the look at an order that has ended.
	recheckWith func(context.Context, *activities.Activities, string) (order.Status, error)
	tracing     *tracing.Tracing // nil: off
}

func newApp(environ []string, stdout, stderr io.Writer) *app {
	a := &app{stdin: os.Stdin, raw: environ, environ: settings.Map(environ), now: time.Now, lookEvery: lookEvery, dial: client.DialContext, recheckWith: recheckOrder}
	a.Console = show.NewConsole(stdout, stderr, func(name string) string { return a.environ[name] })
	return a
}

// desk is an opened ledger with the settings that a command works under.
type desk struct {
	*app
	settings settings.Starter
	keys     *keyset.Keyset
	book     *ledger.Ledger
	// names is what products are called, as far as this command had to ask for them.
	names map[string]string
}

// open reads the settings and opens the ledger; close the desk's book after use.
func (a *app) open(ctx context.Context) (*desk, error) {
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return nil, err
	}
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	book, err := ledger.Open(ctx, s.Ledger.Reveal(), keys)
	switch {
	case errors.Is(err, ledger.ErrWrongKeyset):
		return nil, failed("set FOXFLOW_KEYSET or FOXFLOW_KEYSET_FILE to the keyset that this ledger was made with",
			"%v", err)
	case err != nil:
		return nil, failed("FOXFLOW_LEDGER names the ledger", "%v", err)
	}
	return &desk{app: a, settings: s, keys: keys, book: book}, nil
}

// atDesk opens the ledger around work.
func (a *app) atDesk(ctx context.Context, work func(*desk) error) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = d.book.Close() }()
	return work(d)
}

// temporal is a connection that has answered, with what is needed to read its
// payloads.
type temporal struct {
	client.Client
	payloads  converter.DataConverter
	failures  converter.FailureConverter
	address   string
	namespace string
}

// connect dials Temporal and waits for its answer; without one nothing may be
// begun.
func (d *desk) connect(ctx context.Context) (*temporal, error) {
	options, err := settings.Temporal(d.raw)
	if err != nil {
		return nil, err
	}
	options = codec.Seal(options, d.keys)
	if options, err = d.trace(ctx, options); err != nil {
		return nil, err
	}
	options.Logger = log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := d.dial(dialing, options)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if obstacle := settings.Obstacle(options, err); obstacle != "" {
			return nil, failed(obstacle+"; nothing was started", "Temporal at %s can't be used: %v", options.HostPort, err)
		}
		return nil, failed("start it (make dev), or set TEMPORAL_ADDRESS to where it runs; nothing was started",
			"Temporal at %s does not answer: %v", options.HostPort, err)
	}
	return &temporal{Client: c, payloads: options.DataConverter, failures: options.FailureConverter, address: options.HostPort, namespace: options.Namespace}, nil
}

// foxreload is the API client, inside the budget that it shares with the workers.
func (d *desk) foxreload() (*foxreload.Client, error) {
	if d.settings.APIKey.Empty() {
		_, err := d.settings.Client(nil) // says what is missing
		return nil, err
	}
	return d.settings.Client(budget.Gate(d.book.Budget(d.settings.APIKey.Reveal(), d.settings.PerMinute)))
}

// notHere explains a reference that the ledger does not know.
func (d *desk) notHere(reference string, err error) error {
	if !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	return failed(fmt.Sprintf("starter list shows what is here; FOXFLOW_LEDGER names the ledger (now %s)", ledger.Name(d.settings.Ledger.Reveal())),
		"order %s is not in this ledger", reference)
}
