package foxreload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrongSettingsAreNamedWithTheirFix(t *testing.T) {
	good := Config{BaseURL: "https://public-api.foxreload.com", APIKey: testKey}
	for _, row := range []struct {
		name, field string
		change      func(*Config)
	}{
		{"no address", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = " " }},
		{"half an address", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "public-api.foxreload.com" }},
		{"no host", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "https://" }},
		{"nonsense", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "https://[" }},
		{"another scheme", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "ftp://fox.example" }},
		{"a user", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "https://me:s3cret@fox.example" }},
		{"a query", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "https://fox.example/?a=1" }},
		{"a part of every path", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "https://fox.example/api" }},
		{"and a slash", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "https://fox.example/partner/API//" }},
		{"plain http", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "http://fox.example" }},
		{"plain http that looks local", "FOXRELOAD_BASE_URL", func(c *Config) { c.BaseURL = "http://localhost.fox.example" }},
		{"no key", "FOXRELOAD_API_KEY", func(c *Config) { c.APIKey = "\n" }},
		{"two lines of key", "FOXRELOAD_API_KEY", func(c *Config) { c.APIKey = "s3cret\ns3cret" }},
		{"not a key", "FOXRELOAD_API_KEY", func(c *Config) { c.APIKey = "s3cretж" }},
		{"currency", "FOXRELOAD_CURRENCY", func(c *Config) { c.Currency = "$" }},
		{"language", "FOXRELOAD_LANGUAGE", func(c *Config) { c.Language = "english" }},
		{"time-out", "FOXRELOAD_TIMEOUT", func(c *Config) { c.Timeout = -time.Second }},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := good
			row.change(&config)
			_, err := New(config)
			var wrong *ConfigError
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, row.field, wrong.Field)
			assert.NotEmpty(t, wrong.Problem)
			assert.NotEmpty(t, wrong.Fix)
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func TestPlainHTTPIsForThisMachineUnlessAllowed(t *testing.T) {
	for _, row := range []struct {
		url   string
		allow bool
	}{
		{"https://public-api.foxreload.com/", false}, {"http://127.0.0.1:8099", false}, {"http://localhost:8099", false},
		{"http://[::1]:8099", false}, {"http://fox.example", true}, {"https://fox.example/partner/v1/", false},
		{"https://fox.example/api/v1", false}, {"https://fox.example/my-api", false}, {"https://api", false},
	} {
		_, err := New(Config{BaseURL: row.url, APIKey: testKey + "\n", AllowHTTP: row.allow})
		assert.NoError(t, err, row.url)
	}
}

func TestABaseURLMayHaveAPath(t *testing.T) {
	f := answering(t, 200, `{"id":"`+orderID+`","status":"paid"}`)
	require.NoError(t, getOne(client(t, f.URL+"/partner/")))
	assert.Equal(t, "/partner/api/orders/"+orderID, f.asked()[0].path)
}

// Promise 5: codes, keys and player data are secrets.
func TestTheKeyShowsNowhere(t *testing.T) {
	config := Config{BaseURL: "https://me:pass@fox.example", APIKey: testKey}
	c, err := New(Config{BaseURL: "https://fox.example", APIKey: testKey})
	require.NoError(t, err)
	type outer struct {
		Config Config
		Client *Client
		inner  *Client
	}
	for _, value := range []any{config, &config, c, *c, outer{config, c, c}, []any{config, c}, map[string]any{"c": c}} {
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "value", value)
		for _, text := range []string{
			fmt.Sprint(value), fmt.Sprintf("%+v", value), fmt.Sprintf("%#v", value), fmt.Sprintf("%s %q %x %d", value, value, value, value),
			string(encoded), logged.String(),
		} {
			assert.NotContains(t, text, testKey)
			assert.NotContains(t, text, fmt.Sprintf("%x", testKey))
			assert.NotContains(t, text, "pass")
		}
	}
	assert.Contains(t, fmt.Sprintf("%+v", config), "[redacted]")
	assert.Contains(t, fmt.Sprint(Config{}), "[none]")
	assert.Equal(t, "foxreload.Client{https://fox.example}", fmt.Sprint(c))

	unexported := struct{ c Client }{*c}
	assert.NotContains(t, fmt.Sprintf("%+v %#v", unexported, unexported), testKey, "fmt cannot call methods here, so no field may hold the key")
}

func TestAServerThatQuotesTheKeyIsNotRepeated(t *testing.T) {
	f := answering(t, 401, `{"code":"BAD_`+testKey+`","detail":"unknown key `+testKey+`"}`)
	e := failure(t, getOne(client(t, f.URL)))
	assert.Equal(t, "unknown key [key]", e.Message)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", e, *e), testKey)
}
