package settings

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// Proxy is what HTTPS_PROXY and NO_PROXY say (or https_proxy and no_proxy): the
// way out for https:// to FoxReload, and, through gRPC's own reading of the same
// variables, for the connection to Temporal. HTTP_PROXY and ALL_PROXY are not
// read: plain http:// goes straight. This machine is never reached through one.
type Proxy struct {
	https Secret // may hold a password
	none  string
}

// network is part of every program's environment by convention: here an empty
// variable is an unset one.
var network = variables{
	{Name: "HTTPS_PROXY", Example: proxyExample, About: "the proxy for https:// to FoxReload and for Temporal; plain http:// and this machine are always reached without it, and HTTP_PROXY is not read"},
	{Name: "NO_PROXY", Example: "temporal.example,10.0.0.0/8", About: "the hosts that are reached without it"},
}

const proxyExample = "http://proxy.example:3128"

func readProxy(environ []string, wrong wrong) Proxy {
	environment := Map(environ)
	first := func(names ...string) (name, value string) {
		for _, name := range names {
			if value := environment[name]; value != "" {
				return name, value
			}
		}
		return names[0], ""
	}
	variable, address := first("HTTPS_PROXY", "https_proxy")
	_, none := first("NO_PROXY", "no_proxy")
	if address != "" && !proxyAddress(address) {
		// Go would go round a proxy whose address it can't read, without a word.
		wrong(variable, "is not the address of a proxy") // never the value: it may hold a password
	}
	return Proxy{https: NewSecret(address), none: none}
}

// proxyAddress takes what Go takes: a URL, or HOST:PORT alone.
func proxyAddress(address string) bool {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	return err == nil && u.Hostname() != "" && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme)
}

// For is the proxy for a URL; nil: none.
func (p Proxy) For(u *url.URL) (*url.URL, error) {
	config := httpproxy.Config{HTTPSProxy: p.https.Reveal(), NoProxy: p.none}
	return config.ProxyFunc()(u)
}
