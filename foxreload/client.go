package foxreload

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
)

// DefaultTimeout is FoxReload's own figure for a POST.
const DefaultTimeout = 30 * time.Second

// Config is what a Client is made from. However it is printed, logged or
// encoded, the key does not show.
type Config struct {
	BaseURL  string        // e.g. https://public-api.foxreload.com
	APIKey   string        // sent as X-API-Key
	Currency string        // sent as X-Currency (usd, rub); "": not sent
	Language string        // sent as X-Language (en, ru); "": not sent
	Timeout  time.Duration // for one call without its waits at the gate; 0: DefaultTimeout
	// AllowHTTP permits plain http to hosts other than this machine. The key
	// then travels in clear.
	AllowHTTP bool
	Gate      Gate // nil: nothing is held back
	// Proxy names the proxy for an https address, and nil for none; nil: none for
	// any. Plain http and this machine are reached without asking it: a proxy
	// would read the key, and a call to here is nobody else's business.
	Proxy func(*url.URL) (*url.URL, error)
	// Transport carries the requests; nil: TLS 1.2 or later, through Proxy. It
	// must not follow redirects or retry.
	Transport http.RoundTripper
	UserAgent string // "": foxflow
}

// Client talks to FoxReload. It is safe for concurrent use.
type Client struct {
	base      string // no slash at its end
	headers   http.Header
	authorise func(http.Header)   // adds the key; a function, so that no printing of Client reaches it
	redact    func(string) string // takes the key out of a server's words
	timeout   time.Duration
	gate      Gate
	transport http.RoundTripper
	slashes   *slashes
	observers []Observer
}

// ConfigError is a setting that cannot be used, by the name of its environment
// variable, with what to write instead.
type ConfigError struct{ Field, Problem, Fix string }

func (e *ConfigError) Error() string { return fmt.Sprintf("%s %s: %s", e.Field, e.Problem, e.Fix) }

var (
	keyRE      = regexp.MustCompile(`^[!-~]+$`)
	currencyRE = regexp.MustCompile(`^[A-Za-z]{3,5}$`)
	languageRE = regexp.MustCompile(`^[A-Za-z]{2}(-[A-Za-z]{2})?$`)
)

// New makes a client. It sends nothing; every error is a *ConfigError.
func New(config Config) (*Client, error) {
	base, err := readBaseURL(config.BaseURL, config.AllowHTTP)
	if err != nil {
		return nil, err
	}
	key := strings.TrimSpace(config.APIKey) // a key file ends with a line break
	switch {
	case key == "":
		return nil, &ConfigError{"FOXRELOAD_API_KEY", "is missing", "set it to the partner key from FoxReload's dashboard"}
	case !keyRE.MatchString(key):
		return nil, &ConfigError{"FOXRELOAD_API_KEY", "holds a space, a line break or a character that no key has", "set it to the partner key alone"}
	case config.Currency != "" && !currencyRE.MatchString(config.Currency):
		return nil, &ConfigError{"FOXRELOAD_CURRENCY", "is not a currency", "write usd or rub, or leave it unset"}
	case config.Language != "" && !languageRE.MatchString(config.Language):
		return nil, &ConfigError{"FOXRELOAD_LANGUAGE", "is not a language", "write en or ru, or leave it unset"}
	case config.Timeout < 0:
		return nil, &ConfigError{"FOXRELOAD_TIMEOUT", "is negative", "write a duration, e.g. 30s"}
	}

	headers := http.Header{"Accept": {"application/json"}, "User-Agent": {"foxflow"}}
	for name, value := range map[string]string{
		"X-Currency": strings.ToLower(config.Currency),
		"X-Language": strings.ToLower(config.Language),
		"User-Agent": oneLine(config.UserAgent),
	} {
		if value != "" {
			headers.Set(name, value)
		}
	}
	transport := config.Transport
	if transport == nil {
		transport = newTransport(config.Proxy)
	}
	c := &Client{
		base: base, headers: headers, timeout: config.Timeout, gate: config.Gate, slashes: &slashes{},
		authorise: func(h http.Header) { h.Set("X-API-Key", key) },
		redact:    func(s string) string { return strings.ReplaceAll(s, key, "[key]") },
		transport: transport,
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	return c, nil
}

func readBaseURL(text string, allowHTTP bool) (string, error) {
	wrong := func(problem, fix string) (string, error) {
		return "", &ConfigError{Field: "FOXRELOAD_BASE_URL", Problem: problem, Fix: fix}
	}
	const whole = "write it whole, e.g. https://public-api.foxreload.com"
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case strings.TrimSpace(text) == "":
		return wrong("is missing", whole)
	case err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return wrong("is not a web address", whole)
	case u.User != nil:
		return wrong("holds a user name", "leave it out: FoxReload takes the key alone")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return wrong("holds more than scheme, host and path", whole)
	case u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()):
		return wrong("is plain http, which shows the key to the network", "use https, or set FOXRELOAD_ALLOW_HTTP=true")
	case strings.EqualFold(path.Base(u.Path), "api"):
		return wrong("ends in /api, which every call adds itself", "leave /api out, e.g. https://public-api.foxreload.com")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// String gives the settings with the key hidden.
func (c Config) String() string {
	return fmt.Sprintf("foxreload.Config{BaseURL: %q, APIKey: %s, Currency: %q, Language: %q, Timeout: %s, AllowHTTP: %t}",
		hideUser(c.BaseURL), hidden(c.APIKey), c.Currency, c.Language, c.Timeout, c.AllowHTTP)
}

// Format prints String for every verb, so that neither %+v nor %#v shows more.
func (c Config) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, c.String()) }

// LogValue is String, for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON gives the settings with the key hidden.
func (c Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"baseUrl": hideUser(c.BaseURL), "apiKey": hidden(c.APIKey), "currency": c.Currency,
		"language": c.Language, "timeout": c.Timeout.String(), "allowHttp": c.AllowHTTP})
}

func hidden(key string) string {
	if key == "" {
		return "[none]"
	}
	return "[redacted]"
}

// hideUser takes a user name and password out of an address, and shows none
// that it cannot read.
func hideUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "[unreadable]"
	}
	u.User = nil
	return u.String()
}

// String names the client by where it sends to.
func (c Client) String() string { return "foxreload.Client{" + c.base + "}" }

// Format prints String for every verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, c.String()) }

// LogValue is String, for slog.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON gives String.
func (c Client) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }
