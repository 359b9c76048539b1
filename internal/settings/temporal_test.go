package settings

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// pair is a certificate that signed itself, and its key.
func pair(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}))
}

func TestTemporalReadsTheCommonContract(t *testing.T) {
	options, err := Temporal([]string{"TEMPORAL_ADDRESS=temporal.example:7233", "TEMPORAL_NAMESPACE=shop"})
	require.NoError(t, err)
	assert.Equal(t, "temporal.example:7233", options.HostPort)
	assert.Equal(t, "shop", options.Namespace)
	assert.Nil(t, options.ConnectionOptions.TLS, "plain, unless something asks for TLS")
}

func TestTemporalIsSpokenToInTLS12OrLater(t *testing.T) {
	cert, key := pair(t)
	profile := file(t, "temporal.toml", "[profile.shop]\napi_key = \"k\"\n")
	for name, environ := range map[string][]string{
		"switch":      {"TEMPORAL_TLS=true"},
		"API key":     {"TEMPORAL_API_KEY=k"},
		"CA":          {"TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + file(t, "ca.pem", cert)},
		"certificate": {"TEMPORAL_TLS_CLIENT_CERT_DATA=" + cert, "TEMPORAL_TLS_CLIENT_KEY_DATA=" + key},
		"profile":     {"TEMPORAL_CONFIG_FILE=" + profile, "TEMPORAL_PROFILE=shop"},
	} {
		options, err := Temporal(environ)
		require.NoError(t, err, name)
		require.NotNil(t, options.ConnectionOptions.TLS, name)
		assert.EqualValues(t, tls.VersionTLS12, options.ConnectionOptions.TLS.MinVersion, name)
		assert.False(t, options.ConnectionOptions.TLS.InsecureSkipVerify, name)
	}
}

// What the library takes without a word would send everything in clear, or to
// somewhere else.
func TestASlipInTemporalsVariablesIsRefused(t *testing.T) {
	cert, key := pair(t)
	other, _ := pair(t)
	quoted := "hunt-me-5521"
	for _, row := range []struct {
		name, says string
		environ    []string
	}{
		{"no address", "TEMPORAL_ADDRESS is set but empty", []string{"TEMPORAL_ADDRESS="}},
		{"no port", "not HOST:PORT", []string{"TEMPORAL_ADDRESS=nohost"}},
		{"no namespace", "TEMPORAL_NAMESPACE is set but empty", []string{"TEMPORAL_NAMESPACE= "}},
		{"yes", `TEMPORAL_TLS is "yes", which is neither true nor false`, []string{"TEMPORAL_TLS=yes"}},
		{"empty switch", `TEMPORAL_TLS is ""`, []string{"TEMPORAL_TLS="}},
		{"an old name", "TEMPORAL_TLS_CA is no variable that is read", []string{"TEMPORAL_TLS_CA=ca.pem"}},
		{"no CA file", "TEMPORAL_TLS_* can't be used", []string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH=/nowhere/ca.pem"}},
		{"no certificate in it", "TEMPORAL_TLS_* can't be used", []string{"TEMPORAL_TLS_SERVER_CA_CERT_DATA=" + quoted}},
		{"a certificate alone", "other must be present too", []string{"TEMPORAL_TLS_CLIENT_CERT_DATA=" + cert}},
		{"another's key", "private key does not match", []string{"TEMPORAL_TLS_CLIENT_CERT_DATA=" + other, "TEMPORAL_TLS_CLIENT_KEY_DATA=" + key}},
		{"a key that is none", "TEMPORAL_TLS_* can't be used", []string{"TEMPORAL_TLS_CLIENT_CERT_DATA=" + cert, "TEMPORAL_TLS_CLIENT_KEY_DATA=" + quoted}},
		{"no file", "TEMPORAL_CONFIG_FILE can't be read", []string{"TEMPORAL_CONFIG_FILE=/nowhere/temporal.toml"}},
		{"no such profile", "TEMPORAL_PROFILE names no profile", []string{"TEMPORAL_CONFIG_FILE=" + file(t, "a", ""), "TEMPORAL_PROFILE=shop"}},
		{"a key without quotes", "TEMPORAL_CONFIG_FILE is not the TOML of a Temporal profile file: see line 2",
			[]string{"TEMPORAL_CONFIG_FILE=" + file(t, "b", "[profile.default]\napi_key = "+quoted+"\n")}},
		{"a key on two lines", "see line 2", []string{"TEMPORAL_CONFIG_FILE=" + file(t, "c", "[profile.default]\napi_key = \""+quoted+"\n\"\n")}},
	} {
		_, err := Temporal(row.environ)
		var errs Errors
		require.ErrorAs(t, err, &errs, row.name)
		assert.ErrorContains(t, err, row.says, row.name)
		assert.ErrorContains(t, err, "for example", row.name)
		assert.NotContains(t, err.Error(), quoted, row.name)
		assert.NotContains(t, err.Error(), strings.Split(key, "\n")[1], row.name)
	}
}

func TestWhatKeepsUsFromTemporalIsNamed(t *testing.T) {
	secured := client.Options{ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{}}}
	for _, row := range []struct {
		options     client.Options
		text, names string
	}{
		{secured, "write: broken pipe", "TEMPORAL_TLS_CLIENT_CERT_PATH"},
		{secured, "connection error: desc = \"error reading server preface: remote error: tls: bad certificate\"", "TEMPORAL_TLS_CLIENT_CERT_PATH"},
		{client.Options{}, "error reading server preface: EOF", "TEMPORAL_TLS=true"},
		{client.Options{}, "dial tcp 127.0.0.1:7233: connect: connection refused", ""},
		{client.Options{}, "context deadline exceeded", ""},
	} {
		got := Obstacle(row.options, errors.New(row.text))
		assert.Contains(t, got, row.names)
		assert.Equal(t, row.names == "", got == "", row.text)
	}
}

func TestProxiesAreThoseOfTheEnvironment(t *testing.T) {
	for _, row := range []struct {
		environ  []string
		to, goes string
	}{
		{nil, "https://fox.example", ""},
		{[]string{"HTTPS_PROXY=proxy.example:3128"}, "https://fox.example", "http://proxy.example:3128"},
		{[]string{"https_proxy=socks5://proxy.example"}, "https://fox.example", "socks5://proxy.example"},
		{[]string{"HTTPS_PROXY=http://proxy.example"}, "http://fox.example", ""},
		{[]string{"HTTP_PROXY=http://proxy.example", "ALL_PROXY=http://proxy.example"}, "http://fox.example", ""},
		{[]string{"HTTP_PROXY=http://proxy.example", "ALL_PROXY=http://proxy.example"}, "https://fox.example", ""},
		{[]string{"HTTPS_PROXY=http://proxy.example", "NO_PROXY=.example"}, "https://fox.example", ""},
		{[]string{"HTTPS_PROXY=http://proxy.example"}, "https://127.0.0.1:8443", ""},
		{[]string{"HTTPS_PROXY="}, "https://fox.example", ""},
	} {
		s, err := LoadStarter(row.environ)
		require.NoError(t, err)
		to, err := url.Parse(row.to)
		require.NoError(t, err)
		through, err := s.Proxy.For(to)
		require.NoError(t, err)
		goes := ""
		if through != nil {
			goes = through.String()
		}
		assert.Equal(t, row.goes, goes, "%v to %s", row.environ, row.to)
	}
	for _, bad := range []string{"http://", "ftp://proxy.example", "http://shop:hunt-me@[proxy", "shop:hunt-me@ proxy"} {
		_, err := LoadWorker(workerEnv("https_proxy=" + bad))
		assert.ErrorContains(t, err, "https_proxy is not the address of a proxy (for example https_proxy=http://proxy.example:3128)", bad)
		assert.NotContains(t, err.Error(), "hunt-me")
	}
}
