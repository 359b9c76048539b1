package main

import (
	"cmp"
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
	"foxflow/workflows"
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
	book     *ledger.Ledger // nil: there is none, and the command needs none
	// names is what products are called, as far as this command had to ask for them.
	names map[string]string
	// ahead is how far the ledger's clock was ahead of this machine's when it was opened.
	ahead time.Duration
}

// now is the time on the ledger's clock: what the workers wrote is compared with it.
func (d *desk) now() time.Time { return d.app.now().Add(d.ahead) }

// opener opens a ledger: it makes one that is missing, or says that there is none.
type opener func(context.Context, string, *keyset.Keyset) (*ledger.Ledger, error)

// open reads the settings and opens the ledger; close the desk's book after use.
func (a *app) open(ctx context.Context, open opener) (*desk, error) {
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return nil, err
	}
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	book, err := open(ctx, s.Ledger.Reveal(), keys)
	if err != nil {
		return nil, notOpened(err)
	}
	here := a.now()
	there, err := book.Clock(ctx, here)
	if err != nil {
		return nil, errors.Join(failed("FOXFLOW_LEDGER names the ledger", "%v", err), book.Close())
	}
	return &desk{app: a, settings: s, keys: keys, book: book, ahead: there.Sub(here)}, nil
}

// notOpened tells of a ledger that does not open, or is refused.
func notOpened(err error) error {
	return &failure{status: exitError, message: err.Error(), hint: cmp.Or(ledger.Fix(err), "FOXFLOW_LEDGER names the ledger"), cause: err}
}

// atDesk opens the ledger around work. It makes none: a slip in its name would look like an
// empty ledger.
func (a *app) atDesk(ctx context.Context, work func(*desk) error) error {
	return a.at(ctx, ledger.OpenExisting, work)
}

// atNewDesk is atDesk for commands that may be the first to use a ledger.
func (a *app) atNewDesk(ctx context.Context, work func(*desk) error) error {
	return a.at(ctx, ledger.Open, work)
}

func (a *app) at(ctx context.Context, open opener, work func(*desk) error) error {
	d, err := a.open(ctx, open)
	if err != nil {
		return err
	}
	defer func() { _ = d.book.Close() }()
	return work(d)
}

// askingFoxReload is for commands that need FoxReload alone. Where there is a ledger they
// share the workers' request budget, which is in it; where there is none they make none, and
// need no keyset.
func (a *app) askingFoxReload(ctx context.Context, work func(*desk, *foxreload.Client) error) error {
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return err
	}
	keys, noKeys := s.Keys()
	d := &desk{app: a, settings: s, keys: keys}
	d.book, err = ledger.OpenExisting(ctx, s.Ledger.Reveal(), keys)
	switch {
	case errors.Is(err, ledger.ErrNoLedger):
	case err != nil:
		return notOpened(err)
	default:
		defer func() { _ = d.book.Close() }()
		if noKeys != nil {
			return noKeys
		}
	}
	api, err := d.foxreload()
	if err != nil {
		return err
	}
	return work(d, api)
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

// connectToOrders is connect for what orders are to go on by: in another namespace than the
// ledger's, or where Temporal lacks what they need, they could not, and nobody would be told.
func (d *desk) connectToOrders(ctx context.Context) (*temporal, error) {
	t, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.book.GoesWith(ctx, t.namespace); err != nil {
		t.Close()
		return nil, notOpened(err)
	}
	asking, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	err = workflows.CheckAttributes(asking, t, t.namespace)
	if missing := new(workflows.MissingAttributesError); errors.As(err, &missing) {
		t.Close()
		return nil, failed(missing.Fix(), "%v; nothing was sent", missing)
	}
	return t, nil // any other trouble is told by what is asked next
}

// foxreload is the API client, inside the budget that it shares with the workers.
func (d *desk) foxreload() (*foxreload.Client, error) {
	if d.settings.APIKey.Empty() {
		_, err := d.settings.Client(nil) // says what is missing
		return nil, err
	}
	if d.book == nil {
		return d.settings.Client(nil)
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
