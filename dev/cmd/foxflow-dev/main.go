// Program foxflow-dev runs a Temporal server with its Web UI on this machine,
// ready for foxflow.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"foxflow/dev/temporal"
)

const usage = `foxflow-dev runs a real Temporal server and its Web UI on this machine, with
namespace and search attributes ready for foxflow. It listens on 127.0.0.1 alone.

Usage:
  foxflow-dev temporal [flags]
  foxflow-dev --version        prints version, commit and Go
  foxflow-dev dynamic-config   prints this server's dynamic configuration as a file for
                               a Temporal server of your own

Flags:
  --port PORT         of the Temporal frontend, gRPC (default %d)
  --ui-port PORT      of the Web UI, HTTP (default %d)
  --state-dir FOLDER  of the database; made when missing (default %s)
  --codec-endpoint URL  of the codec server that opens sealed payloads for the Web UI;
                      without it they are shown sealed
  --log-level LEVEL   what the server says on stderr: %s (default %s)

It prints a line that begins with "ready" once workflows can be started, and
stops at SIGINT or SIGTERM. After a kill it takes up where it was.
Exit status: 0 stopped when asked, 1 error, 2 wrong usage.
`

// Exit statuses.
const (
	done       = 0
	wrong      = 1 // it could not run, or not to a clean end
	usageError = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		help(stderr)
		return usageError
	}
	switch word, alone := args[0], len(args) == 1; {
	case word == "help" || word == "-h" || word == "--help":
		help(stdout)
		return done
	case word == "--version" && alone:
		if _, err := fmt.Fprintln(stdout, build()); err != nil {
			return wrong
		}
		return done
	case word == "dynamic-config" && alone:
		return status(temporal.WriteDynamicConfig(stdout), stderr)
	case word == "temporal":
		return serve(args[1:], stdout, stderr)
	default:
		return refuse(stderr, "%q is not a command; see foxflow-dev --help", word)
	}
}

// serve runs the server until it is told to stop.
func serve(args []string, stdout, stderr io.Writer) int {
	options := temporal.Defaults()
	flags := flag.NewFlagSet("foxflow-dev temporal", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&options.Port, "port", options.Port, "")
	flags.IntVar(&options.UIPort, "ui-port", options.UIPort, "")
	flags.StringVar(&options.StateDir, "state-dir", options.StateDir, "")
	flags.StringVar(&options.CodecEndpoint, "codec-endpoint", "", "")
	flags.StringVar(&options.LogLevel, "log-level", options.LogLevel, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		help(stdout)
		return done
	case err != nil:
		return refuse(stderr, "%v; see foxflow-dev temporal --help", err)
	case flags.NArg() > 0:
		return refuse(stderr, "%q is too much; see foxflow-dev temporal --help", flags.Arg(0))
	}
	if err := options.Validate(); err != nil {
		return refuse(stderr, "%v", err)
	}

	// The database holds what people ordered: for this user alone.
	syscall.Umask(0o077)
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	// From the first signal on, a second one ends the program at once.
	context.AfterFunc(ctx, cancel)
	return status(temporal.Run(ctx, options, func() { announce(stdout, options) }), stderr)
}

func help(w io.Writer) {
	d := temporal.Defaults()
	fmt.Fprintf(w, usage, d.Port, d.UIPort, d.StateDir, strings.Join(temporal.LogLevels, ", "), d.LogLevel)
}

// refuse says what is wrong with what was typed.
func refuse(stderr io.Writer, format string, a ...any) int {
	fmt.Fprintf(stderr, "foxflow-dev: "+format+"\n", a...)
	return usageError
}

// status is the exit status of an error, which it says.
func status(err error, stderr io.Writer) int {
	if err != nil {
		fmt.Fprintf(stderr, "foxflow-dev: %v\n", err)
		return wrong
	}
	return done
}

// announce says that the server can be used. Programs wait for the line that
// begins with "ready".
func announce(w io.Writer, o temporal.Options) {
	state, err := filepath.Abs(o.StateDir)
	if err != nil {
		state = o.StateDir
	}
	fmt.Fprintf(w, "ready temporal=%s ui=%s namespace=%s state-dir=%s\n", o.Address(), o.UIURL(), temporal.Namespace, state)
}
