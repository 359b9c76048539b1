package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"syscall"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"foxflow/demo/stack"
	"foxflow/internal/envtags"
	"foxflow/internal/outlet"
	"foxflow/internal/version"
)

// environment is what moves a stack: see "make help".
type environment struct {
	TemporalPort    int    `env:"TEMPORAL_PORT" envDefault:"7233" example:"17233" about:"port of the Temporal server that is started"`
	UIPort          int    `env:"UI_PORT" envDefault:"8233" example:"18233" about:"port of its Web UI"`
	SimulatorPort   int    `env:"SIMULATOR_PORT" envDefault:"8099" example:"18099" about:"port of the simulator"`
	CodecPort       int    `env:"CODEC_PORT" example:"18234" about:"port of the codec server; unset: 8234, or any free port"`
	StateDir        string `env:"FOXFLOW_STATE_DIR" envDefault:".foxflow" example:"/tmp/foxflow-2" about:"folder of databases, keys and logs"`
	WorkerHTTP      string `env:"FOXFLOW_HTTP" example:"127.0.0.1:19464" about:"the worker's health address; unset: 127.0.0.1:9464, or any free port"`
	TemporalAddress string `env:"TEMPORAL_ADDRESS" example:"127.0.0.1:7233" about:"use the Temporal server there and start none"`
	UIURL           string `env:"TEMPORAL_UI_URL" example:"http://127.0.0.1:8080" about:"the Web UI of that server, for links"`
	Bin             string `env:"FOXFLOW_BIN" example:"/opt/foxflow/bin" about:"folder of worker, starter, simulator, codec, foxflow-dev; unset: that of this program"`
}

// Exit statuses.
const (
	exitError = 1
	exitUsage = 2
)

type usageError struct{ error }

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

func run(args, environ []string, stdout, stderr io.Writer) int {
	var story, once bool
	var temporal string
	out := outlet.New(stdout)
	command := &cobra.Command{
		Use:   "demo",
		Short: "Run foxflow on this machine: Temporal, Web UI, simulator, one worker",
		Long: `Runs Temporal with its Web UI, the codec server that opens sealed payloads for it,
the simulator and one worker, until Ctrl-C. State, keys and logs are kept in one folder; nothing leaves this machine.

Environment:
` + envtags.Text(envtags.Of(reflect.TypeFor[environment]())) + `
Exit status: 0 stopped when asked, 1 error or the story went wrong, 2 wrong usage.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("%q is too much: demo takes flags alone", args[0])}
			}
			return nil
		},
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(*cobra.Command, []string) error {
			if once && !story {
				return usageError{errors.New("--once needs --story")}
			}
			settings, err := settingsFrom(environ)
			if err != nil {
				return usageError{err}
			}
			settings.TemporalCommand = temporal
			return play(settings, newStage(out, environ), story, once)
		},
	}
	command.Flags().BoolVar(&story, "story", false, "play seven orders: completed, topped up, failed, cancelled, and three with money for two")
	command.Flags().BoolVar(&once, "once", false, "end after the story; exit status 0 if it went as expected")
	command.Flags().StringVar(&temporal, "temporal-command", "", "the temporal `command`, whose \"server start-dev\" runs in place of foxflow-dev; TEMPORAL_ADDRESS goes before it")
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	command.CompletionOptions.DisableDefaultCmd = true
	command.Version = version.Of("demo").String()
	command.SetVersionTemplate("{{.Version}}\n")
	command.SetArgs(args)
	command.SetOut(out)
	command.SetErr(stderr)

	err := command.Execute()
	if lost := out.Close(); err == nil {
		err = lost
	}
	return status(err, stderr)
}

// status is the exit status of an error, which it says.
func status(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "demo: %v\n", err)
	if wrong := (usageError{}); errors.As(err, &wrong) {
		return exitUsage
	}
	if port := (*stack.PortError)(nil); errors.As(err, &port) {
		return exitUsage
	}
	return exitError
}

func settingsFrom(environ []string) (stack.Settings, error) {
	e, err := env.ParseAsWithOptions[environment](env.Options{Environment: env.ToMap(environ)})
	if err != nil {
		return stack.Settings{}, err
	}
	if e.Bin == "" {
		self, err := os.Executable()
		if err != nil {
			return stack.Settings{}, fmt.Errorf("find the other programs: %w; set FOXFLOW_BIN", err)
		}
		e.Bin = filepath.Dir(self)
	}
	return stack.Settings{
		Bin: e.Bin, StateDir: e.StateDir, Environ: environ,
		TemporalPort: e.TemporalPort, UIPort: e.UIPort, SimulatorPort: e.SimulatorPort, CodecPort: e.CodecPort,
		WorkerHTTP: e.WorkerHTTP, TemporalAddress: e.TemporalAddress, UIURL: e.UIURL,
	}, nil
}

// play runs a stack until it is told to stop, or one of its processes dies, or the
// story is over and that was all that was wanted.
func play(settings stack.Settings, stage *stage, tell, once bool) (err error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	hurry := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel(errStopped)
		case <-ctx.Done():
		}
		<-signals
		close(hurry)
	}()
	settings.Hurry = hurry

	st, err := stack.Start(ctx, settings, stage.starting)
	if err != nil {
		if errors.Is(err, errStopped) {
			return nil
		}
		return err
	}
	defer func() {
		cancel(errStopped)
		stage.say("\nStopping. (Ctrl-C again: at once.)")
		st.Stop()
	}()
	go func() {
		if died, ok := <-st.Died(); ok {
			cancel(died)
		}
	}()

	stage.running(st)
	if tell {
		err := newStory(st, stage).play(ctx)
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case once:
			return err
		case err != nil:
			stage.say("%v", err)
		}
	}
	stage.idle(st)
	<-ctx.Done()
	return stopped(ctx)
}

var errStopped = errors.New("stopped when asked")

// stopped is why the context ended: nil when that was the user's wish.
func stopped(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, errStopped) {
		return cause
	}
	return nil
}
