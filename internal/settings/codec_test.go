package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCodecServerNeedsTokenAndKeyset(t *testing.T) {
	_, err := LoadCodec(nil)
	assert.ErrorContains(t, err, "FOXFLOW_CODEC_TOKEN is not set (for example FOXFLOW_CODEC_TOKEN=$(openssl rand -hex 24))")
	assert.ErrorContains(t, err, "FOXFLOW_KEYSET is not set")
	var errs Errors
	require.ErrorAs(t, err, &errs)
	assert.Len(t, errs, 2)
}

func TestCodecTokenIsLongAndComesFromTextOrFile(t *testing.T) {
	for _, c := range []struct{ token, says string }{
		{"fifteen-letters", "FOXFLOW_CODEC_TOKEN holds 15 characters: use 16 to 1024"},
		{strings.Repeat("a", 1025), "FOXFLOW_CODEC_TOKEN holds 1025 characters"},
		{"words of the token", "FOXFLOW_CODEC_TOKEN holds spaces"},
		{"schlüssel-mit-umlaut", "FOXFLOW_CODEC_TOKEN holds spaces or characters beyond ASCII"},
	} {
		_, err := LoadCodec([]string{"FOXFLOW_KEYSET=any", "FOXFLOW_CODEC_TOKEN=" + c.token})
		require.ErrorContains(t, err, c.says)
		assert.NotContains(t, err.Error(), c.token)
	}

	path := filepath.Join(t.TempDir(), "token")
	read := func(text string) (CodecServer, error) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o444))
		defer os.Remove(path)
		return LoadCodec([]string{"FOXFLOW_KEYSET=any", "FOXFLOW_CODEC_TOKEN_FILE=" + path})
	}
	c, err := read("token-of-sixteen\n")
	require.NoError(t, err)
	assert.Equal(t, "token-of-sixteen", c.Token.Reveal())

	_, err = read("short\n")
	assert.ErrorContains(t, err, "FOXFLOW_CODEC_TOKEN_FILE holds 5 characters")
	_, err = read("\n")
	assert.ErrorContains(t, err, "FOXFLOW_CODEC_TOKEN_FILE names an empty file")
	_, err = LoadCodec([]string{"FOXFLOW_KEYSET=any", "FOXFLOW_CODEC_TOKEN_FILE=" + path})
	assert.ErrorContains(t, err, "FOXFLOW_CODEC_TOKEN_FILE can't be read")
	_, err = LoadCodec(codecEnv("FOXFLOW_CODEC_TOKEN_FILE=" + path))
	assert.ErrorContains(t, err, "FOXFLOW_CODEC_TOKEN_FILE is set beside FOXFLOW_CODEC_TOKEN: set one of the two")
}

func TestCodecListensOnAnAddress(t *testing.T) {
	_, err := LoadCodec(codecEnv("FOXFLOW_CODEC_LISTEN=8234"))
	assert.ErrorContains(t, err, "FOXFLOW_CODEC_LISTEN is \"8234\", which is not HOST:PORT (for example FOXFLOW_CODEC_LISTEN=127.0.0.1:8234)")
}

// A browser sends an origin in one form only, and a text that it never sends would
// lock everybody out.
func TestCodecOriginIsWhatBrowsersSend(t *testing.T) {
	for given, sent := range map[string]string{
		"http://127.0.0.1:8233":      "http://127.0.0.1:8233",
		"http://localhost:8233":      "http://localhost:8233",
		"HTTPS://UI.Example.com":     "https://ui.example.com",
		"https://ui.example.com:443": "https://ui.example.com",
		"https://ui.example.com:":    "https://ui.example.com",
		"http://ui.example.com:0080": "http://ui.example.com",
		"http://ui.example.com:443":  "http://ui.example.com:443",
		"http://[0::1]:8233":         "http://[::1]:8233",
		"https://xn--mller-kva.de":   "https://xn--mller-kva.de",
	} {
		c, err := LoadCodec(codecEnv("FOXFLOW_CODEC_ORIGIN=" + given))
		require.NoError(t, err, given)
		assert.Equal(t, sent, c.Origin, given)
	}
	for given, says := range map[string]string{
		"*":                           "not http(s)://HOST[:PORT]",
		"null":                        "not http(s)://HOST[:PORT]",
		"127.0.0.1:8233":              "not http(s)://HOST[:PORT]",
		"ftp://ui.example.com":        "not http(s)://HOST[:PORT]",
		"http://":                     "whose host",
		"https://*":                   "whose host",
		"https://*.example.com":       "whose host",
		"https://müller.de":           "whose host",
		"http://ui.example.com:99999": "whose host",
		"http://ui.example.com:0":     "whose host",
		"http://127.1:8233":           "whose host",
		"http://[fe80::1%25eth0]":     "whose host",
		"http://a.example, http://b":  "",
		"http://127.0.0.1:8233/":      "holds more than http(s)://HOST[:PORT]: use http://127.0.0.1:8233",
		"http://ui.example.com/ui?a":  "holds more than http(s)://HOST[:PORT]: use http://ui.example.com",
		"http://me:word@example.com":  "holds more than http(s)://HOST[:PORT]: use http://example.com",
	} {
		_, err := LoadCodec(codecEnv("FOXFLOW_CODEC_ORIGIN=" + given))
		require.ErrorContains(t, err, "FOXFLOW_CODEC_ORIGIN ", given)
		assert.ErrorContains(t, err, says, given)
	}
}
