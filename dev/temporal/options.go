package temporal

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"foxflow/dev/loopback"
)

// host is the one address everything listens on. The server has no
// authentication, so it must never be reachable from another machine.
const host = loopback.Host

// Options say where a server lives.
type Options struct {
	Port     int    // the frontend's gRPC port
	UIPort   int    // the Web UI's HTTP port
	StateDir string // folder of the database; made when missing
	LogLevel string // debug, info, warn or error
	// CodecEndpoint is the URL of the codec server that opens sealed payloads for the
	// Web UI; empty: they are shown sealed.
	CodecEndpoint string
}

// LogLevels lists the accepted values of Options.LogLevel.
var LogLevels = []string{"debug", "info", "warn", "error"}

// Namespace is the one namespace that is made and kept ready.
const Namespace = "default"

// Retention is how long closed workflows stay visible at the least. A namespace
// that somebody set to keep them longer is left alone.
const Retention = 30 * 24 * time.Hour

// Defaults are the ports and the folder of "make temporal".
func Defaults() Options {
	return Options{Port: 7233, UIPort: 8233, StateDir: ".foxflow", LogLevel: "warn"}
}

// Address is where SDKs connect.
func (o Options) Address() string { return fmt.Sprintf("%s:%d", host, o.Port) }

// UIURL is where a browser finds the Web UI.
func (o Options) UIURL() string { return fmt.Sprintf("http://%s:%d", host, o.UIPort) }

// FlagError is a wrong setting: it names the flag, what was wrong and what to do.
type FlagError struct {
	Flag, Problem, Fix string
}

func (e *FlagError) Error() string { return fmt.Sprintf("%s: %s; %s", e.Flag, e.Problem, e.Fix) }

// Validate finds the first setting that can't be right whatever the machine.
func (o Options) Validate() error {
	for _, p := range []struct {
		flag    string
		port    int
		example string
	}{{"--port", o.Port, "7233"}, {"--ui-port", o.UIPort, "8233"}} {
		if p.port < 1 || p.port > 65535 {
			return &FlagError{p.flag, fmt.Sprintf("%d is not a port", p.port), "give a number from 1 to 65535, e.g. " + p.example}
		}
	}
	switch {
	case o.Port == o.UIPort:
		return &FlagError{"--ui-port", fmt.Sprintf("%d is the value of --port too", o.UIPort), "give the Web UI a port of its own, e.g. 8233"}
	case strings.TrimSpace(o.StateDir) == "":
		return &FlagError{"--state-dir", "is empty", "name a folder, e.g. .foxflow"}
	case !slices.Contains(LogLevels, o.LogLevel):
		return &FlagError{"--log-level", fmt.Sprintf("%q is not a level", o.LogLevel), "use " + strings.Join(LogLevels, ", ")}
	}
	if o.CodecEndpoint != "" {
		u, err := url.Parse(o.CodecEndpoint)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
			return &FlagError{"--codec-endpoint", fmt.Sprintf("%q is not the URL of a codec server", o.CodecEndpoint), "give it as http://127.0.0.1:8234"}
		}
	}
	return nil
}
