package settings

import (
	"strings"

	"go.temporal.io/sdk/client"
)

// obstacles are the ways in which a connection to Temporal fails for good, by the
// words in which gRPC passes them on, each with what to look at.
var obstacles = []struct{ words, advice string }{
	{"signed by unknown authority", "no CA that is trusted here signed its certificate: set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the CA's"},
	{"certificate is valid for", "its certificate is for another name: set TEMPORAL_TLS_SERVER_NAME, or mend TEMPORAL_ADDRESS"},
	{"cannot validate certificate for", "its certificate is for another name: set TEMPORAL_TLS_SERVER_NAME, or mend TEMPORAL_ADDRESS"},
	{"certificate has expired", "its certificate, or this machine's clock, is wrong"},
	{"tls: certificate required", clientCertificate},
	{"tls: bad certificate", clientCertificate},
	{"tls: unknown certificate", clientCertificate},
	{"tls: expired certificate", clientCertificate},
	{"protocol version not supported", "it speaks no TLS of 1.2 or later, and less is refused"},
	{"does not look like a TLS handshake", "it speaks no TLS: is TEMPORAL_ADDRESS right? TEMPORAL_TLS=false turns TLS off"},
	{"Unauthenticated", "check TEMPORAL_API_KEY"},
	{"PermissionDenied", "check TEMPORAL_API_KEY and TEMPORAL_NAMESPACE"},
	{"Request unauthorized", "check TEMPORAL_API_KEY and TEMPORAL_NAMESPACE"},
	{`header key "authorization"`, "TEMPORAL_API_KEY holds a line break or a character that no key has"},
	{"failed to do connect handshake", "the proxy refuses: check HTTPS_PROXY and NO_PROXY"},
}

const clientCertificate = "it wants a client certificate that its CA signed: check TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH"

// Obstacle says what stands between us and a Temporal that is there and refuses
// the connection; "" when it is just not there.
func Obstacle(o client.Options, err error) string {
	text := err.Error()
	for _, one := range obstacles {
		if strings.Contains(text, one.words) {
			return one.advice
		}
	}
	// What ended the connection may be lost to the end itself.
	if strings.Contains(text, "broken pipe") || strings.Contains(text, "connection reset") || strings.Contains(text, "EOF") {
		if o.ConnectionOptions.TLS == nil {
			return "it closed the connection: does it want TLS? TEMPORAL_TLS=true turns it on"
		}
		return "it closed the connection; perhaps " + clientCertificate
	}
	return ""
}
