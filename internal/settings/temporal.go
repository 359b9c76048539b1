package settings

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"google.golang.org/grpc"
)

// DefaultTemporalAddress is where Temporal is looked for when nothing says
// otherwise: the address of "make dev".
const DefaultTemporalAddress = "127.0.0.1:7233"

// Temporal reads TEMPORAL_* as the temporal command does: address, namespace,
// TLS, API key, profile and its file.
func Temporal(environ []string) (client.Options, error) {
	if err := checkTemporal(environ); err != nil {
		return client.Options{}, err
	}
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: lookup(environ)})
	if err != nil {
		return client.Options{}, unusable(err)
	}
	if options.HostPort == "" {
		options.HostPort = DefaultTemporalAddress
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	if options.ConnectionOptions.TLS != nil {
		options.ConnectionOptions.TLS.MinVersion = tls.VersionTLS12 // said, not left to the default of a library
	}
	// Settings of gRPC's own are looked for in DNS otherwise (TXT), before anything is sent. In a
	// network whose DNS server answers no such question, as a Docker network of its own, the wait
	// for it is longer than the one for Temporal.
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithDisableServiceConfig())
	return options, nil
}

// tlsVariables are those that the library reads; tlsSwitches say yes or no.
var (
	tlsVariables = temporal.beginning("TEMPORAL_TLS")
	tlsSwitches  = []string{"TEMPORAL_TLS", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"}
)

// checkTemporal refuses what the library would take without a word: an empty
// name means its default there, an address without a port means port 443, and a
// slip in what asks for TLS means none, with all that is sent in clear.
func checkTemporal(environ []string) error {
	environment := Map(environ)
	for _, v := range temporal[:2] {
		if value, set := environment[v.Name]; set && strings.TrimSpace(value) == "" {
			return Errors{{Variable: v.Name, Problem: "is set but empty: give it a value, or unset it", Example: v.Name + "=" + v.Default}}
		}
	}
	address := environment["TEMPORAL_ADDRESS"]
	if _, _, err := net.SplitHostPort(address); err != nil && address != "" && !strings.Contains(address, "://") {
		return Errors{{Variable: "TEMPORAL_ADDRESS", Problem: fmt.Sprintf("is %q, which is not HOST:PORT", address),
			Example: "TEMPORAL_ADDRESS=" + DefaultTemporalAddress}}
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if strings.HasPrefix(name, "TEMPORAL_TLS") && !slices.Contains(tlsVariables, name) {
			return Errors{{Variable: name, Problem: "is no variable that is read: use one of " + strings.Join(tlsVariables, ", "),
				Example: "TEMPORAL_TLS_SERVER_CA_CERT_PATH=/etc/temporal/ca.pem"}}
		}
	}
	for _, name := range tlsSwitches {
		value, set := environment[name]
		if set && !slices.Contains([]string{"true", "false", "1", "0"}, strings.ToLower(value)) {
			return Errors{{Variable: name, Problem: fmt.Sprintf("is %q, which is neither true nor false", value), Example: name + "=true"}}
		}
	}
	if file := environment["TEMPORAL_CONFIG_FILE"]; file != "" {
		if _, err := os.Stat(file); err != nil {
			return Errors{{Variable: "TEMPORAL_CONFIG_FILE", Problem: "can't be read: " + err.Error(), Example: "TEMPORAL_CONFIG_FILE=/etc/temporal/temporal.toml"}}
		}
	}
	return nil
}

// tomlPlaceRE is where in a file something is wrong, as the TOML library says it.
var tomlPlaceRE = regexp.MustCompile(`line \d+`)

// unusable names what the library could not use. What it says of a file's text is
// left out: it quotes it, and an API key may stand there.
func unusable(err error) error {
	const file = "TEMPORAL_CONFIG_FILE"
	switch text := err.Error(); {
	case strings.Contains(text, "failed parsing config"):
		problem := "is not the TOML of a Temporal profile file"
		if place := tomlPlaceRE.FindString(text); place != "" {
			problem += ": see " + place
		}
		return Errors{{Variable: file, Problem: problem, Example: file + "=/etc/temporal/temporal.toml"}}
	case strings.Contains(text, "unable to find profile"):
		return Errors{{Variable: "TEMPORAL_PROFILE", Problem: "names no profile of the file in TEMPORAL_CONFIG_FILE", Example: "TEMPORAL_PROFILE=default"}}
	default:
		return Errors{{Variable: "TEMPORAL_TLS_*", Problem: "can't be used: " + text, Example: "TEMPORAL_TLS_SERVER_CA_CERT_PATH=/etc/temporal/ca.pem"}}
	}
}

// lookup is a fixed environment for envconfig.
type lookup []string

func (l lookup) Environ() []string { return l }

func (l lookup) LookupEnv(name string) (string, bool) {
	value, set := Map(l)[name]
	return value, set
}
