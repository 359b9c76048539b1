package settings

import (
	"reflect"
	"slices"
	"strings"

	"foxflow/internal/envtags"
)

type variable = envtags.Variable

type variables []variable

func variablesOf(t reflect.Type) variables { return envtags.Of(t) }

func (vs variables) byField(field string) variable {
	for _, v := range vs {
		if v.Field == field {
			return v
		}
	}
	return variable{Name: field}
}

func (vs variables) example(name string) string {
	for _, v := range vs {
		if v.Name == name {
			return v.Example
		}
	}
	return "…"
}

func (vs variables) beginning(prefix string) (names []string) {
	for _, v := range vs {
		if strings.HasPrefix(v.Name, prefix) {
			names = append(names, v.Name)
		}
	}
	return names
}

// temporal is part of the environment of every program that talks to Temporal, but read by
// Temporal's own library, as the temporal command reads it.
var temporal = variables{
	{Name: "TEMPORAL_ADDRESS", Default: DefaultTemporalAddress, Example: "temporal.example:7233", About: "Temporal's host:port"},
	{Name: "TEMPORAL_NAMESPACE", Default: "default", Example: "shop", About: "Temporal namespace; one ledger goes with one namespace"},
	{Name: "TEMPORAL_API_KEY", Example: "your-temporal-key", About: "API key; turns TLS on"},
	{Name: "TEMPORAL_TLS", Example: "true", About: "TLS, 1.2 or later: true or false. A CA or a certificate turns it on, too; false beside an API key sends the key in clear"},
	{Name: "TEMPORAL_TLS_CLIENT_CERT_PATH", Example: "/etc/temporal/client.pem", About: "file of the client's certificate"},
	{Name: "TEMPORAL_TLS_CLIENT_CERT_DATA", Example: "$(cat client.pem)", About: "the client's certificate itself, instead"},
	{Name: "TEMPORAL_TLS_CLIENT_KEY_PATH", Example: "/run/secrets/temporal-client.key", About: "file of its key"},
	{Name: "TEMPORAL_TLS_CLIENT_KEY_DATA", Example: "$(cat client.key)", About: "its key itself, instead"},
	{Name: "TEMPORAL_TLS_SERVER_CA_CERT_PATH", Example: "/etc/temporal/ca.pem", About: "file of the CA that signed the server's certificate"},
	{Name: "TEMPORAL_TLS_SERVER_CA_CERT_DATA", Example: "$(cat ca.pem)", About: "that CA's certificate itself, instead"},
	{Name: "TEMPORAL_TLS_SERVER_NAME", Example: "temporal.example", About: "the name in the server's certificate, where it is not that of the address"},
	{Name: "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", Example: "false", About: "true lets anybody pose as Temporal"},
	{Name: "TEMPORAL_CONFIG_FILE", Example: "/etc/temporal/temporal.toml", About: "a file of profiles"},
	{Name: "TEMPORAL_PROFILE", Example: "shop", About: "the profile of that file to use"},
}

// Describe is the text for --help: every variable of a settings struct, and
// Temporal's, with its meaning and default, readable at 80 columns.
func Describe(settings any) string {
	return envtags.Text(slices.Concat(variablesOf(reflect.TypeOf(settings)), temporal, network))
}

// DescribeOwn is Describe for a program that does not talk to Temporal.
func DescribeOwn(settings any) string {
	return envtags.Text(variablesOf(reflect.TypeOf(settings)))
}
