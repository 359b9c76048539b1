package main

import (
	"context"
	"io"
	"os"
	"time"

	sdk "go.temporal.io/sdk/client"

	"foxflow/activities"
	"foxflow/client"
	"foxflow/internal/settings"
	"foxflow/internal/tracing"
	"foxflow/starter/internal/show"
)

// tracingStops bounds how long a command waits for a collector at its end.
const tracingStops = 3 * time.Second

// app is what the commands share.
type app struct {
	*show.Console
	stdin     io.Reader
	environ   map[string]string
	raw       []string
	now       func() time.Time
	lookEvery time.Duration // 0: the client's own
	dial      func(context.Context, sdk.Options) (sdk.Client, error)
	// rechecker looks at an order that has ended.
	rechecker func(*activities.Activities) client.Rechecker
	tracing   *tracing.Tracing // nil: off
}

func newApp(environ []string, stdout, stderr io.Writer) *app {
	a := &app{stdin: os.Stdin, raw: environ, environ: settings.Map(environ), now: time.Now, dial: sdk.DialContext,
		rechecker: func(acts *activities.Activities) client.Rechecker { return acts }}
	a.Console = show.NewConsole(stdout, stderr, func(name string) string { return a.environ[name] })
	return a
}

// run is the whole program: it carries out args and gives the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	return newApp(environ, stdout, stderr).run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	// Flags may be wrong before -o is reached: errors too come in the form that
	// was asked for.
	a.JSON = wantsJSON(args)
	root := a.root()
	root.SetArgs(args)
	defer a.sendTraces()
	err := root.ExecuteContext(ctx)
	if lost := a.CloseOut(); lost != nil {
		err = unwritten(lost, err)
	}
	if err != nil {
		return report(a.Console, err)
	}
	return exitDone
}

// sendTraces sends the last spans.
func (a *app) sendTraces() {
	ctx, cancel := context.WithTimeout(context.Background(), tracingStops)
	defer cancel()
	_ = a.tracing.Close(ctx)
}
