package settings

import (
	"fmt"
	"net"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
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
		return client.Options{}, Errors{{Variable: "TEMPORAL_*", Problem: "can't be used: " + err.Error(),
			Example: "TEMPORAL_ADDRESS=" + DefaultTemporalAddress}}
	}
	if options.HostPort == "" {
		options.HostPort = DefaultTemporalAddress
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	return options, nil
}

// checkTemporal refuses what the library would take without a word: an empty
// name means its default there, and an address without a port means port 443.
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
	return nil
}

// lookup is a fixed environment for envconfig.
type lookup []string

func (l lookup) Environ() []string { return l }

func (l lookup) LookupEnv(name string) (string, bool) {
	value, set := Map(l)[name]
	return value, set
}
