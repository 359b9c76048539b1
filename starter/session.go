package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"foxflow/client"
	"foxflow/internal/keyset"
	"foxflow/internal/settings"
	"foxflow/internal/tracing"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// session is an open ledger with the settings that a command works under.
type session struct {
	*app
	settings settings.Starter
	keys     *keyset.Keyset
	book     *ledger.Ledger // nil: there is none, and the command needs none
	client   *client.Client // over the book
}

// opener opens a ledger: it makes one that is missing, or says that there is none.
type opener func(context.Context, string, *keyset.Keyset) (*ledger.Ledger, error)

// inSession opens the ledger around work. It makes none: a slip in its name would look like an
// empty ledger.
func (a *app) inSession(ctx context.Context, work func(*session) error) error {
	return a.within(ctx, ledger.OpenExisting, work)
}

// inNewSession is inSession for commands that may be the first to use a ledger.
func (a *app) inNewSession(ctx context.Context, work func(*session) error) error {
	return a.within(ctx, ledger.Open, work)
}

func (a *app) within(ctx context.Context, open opener, work func(*session) error) error {
	in, err := a.open(ctx, open)
	if err != nil {
		return err
	}
	defer func() { _ = in.book.Close() }()
	defer in.client.Close()
	return in.named(work(in))
}

// open reads the settings and opens the ledger.
func (a *app) open(ctx context.Context, open opener) (*session, error) {
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return nil, err
	}
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	in := &session{app: a, settings: s, keys: keys}
	if in.book, err = open(ctx, s.Ledger.Reveal(), keys); err != nil {
		return nil, notOpened(err)
	}
	in.client, err = client.New(ctx, client.Config{Ledger: in.book, Keys: keys, TaskQueue: s.TaskQueue, Intervals: life.Intervals(s.Intervals), PerMinute: s.PerMinute,
		Now: a.now, LookEvery: a.lookEvery, Temporal: client.Temporal{Options: in.temporalOptions, Dial: a.dial, Obstacle: settings.Obstacle}})
	if err != nil {
		return nil, errors.Join(failed("FOXFLOW_LEDGER names the ledger", "%v", err), in.book.Close())
	}
	return in, nil
}

// notOpened tells of a ledger that does not open, or is refused.
func notOpened(err error) error {
	return &failure{status: exitError, message: err.Error(), hint: cmp.Or(ledger.Fix(err), "FOXFLOW_LEDGER names the ledger"), cause: err}
}

// now is the time on the ledger's clock: what the workers wrote is compared with it.
func (in *session) now() time.Time {
	if in.client == nil {
		return in.app.now()
	}
	return in.client.Time()
}

// named says of which ledger it is that a reference is not in it.
func (in *session) named(err error) error {
	missing, is := errors.AsType[*client.NotFound](err)
	if _, worded := errors.AsType[*failure](err); worded || !is {
		return err
	}
	return failed(fmt.Sprintf("starter list shows what is here; FOXFLOW_LEDGER names the ledger (now %s)", ledger.Name(in.settings.Ledger.Reveal())), "%v", missing)
}

// temporalOptions say how Temporal is reached: as the environment says, traced where a
// collector is configured.
func (in *session) temporalOptions(ctx context.Context) (sdk.Options, error) {
	options, err := settings.Temporal(in.raw)
	if err != nil {
		return options, err
	}
	options.Logger = log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	if in.tracing == nil {
		in.tracing, err = tracing.New(ctx, tracing.To{URL: in.settings.TracesURL(), Headers: in.settings.TracesHeaders(), Service: in.settings.Service("foxflow-starter"),
			Failed: tracing.Once(func(err error) { in.Note("traces can't be sent; all else goes on: %v", err) })})
		if err != nil {
			return options, err
		}
	}
	return in.tracing.Temporal(options)
}

// place is the client's Place, traced.
func (in *session) place(ctx context.Context, r order.Request) (order.Status, client.Outcome, error) {
	ctx, end := in.tracing.Begin(ctx, "starter place", r.Reference)
	defer end()
	return in.client.Place(ctx, r)
}
