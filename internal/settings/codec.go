package settings

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const (
	// leastToken is how many characters make a token that nobody guesses.
	leastToken = 16
	// mostToken keeps a token far below what a request's header may hold.
	mostToken = 1024
)

var (
	// hostRE leaves out patterns (*.example.com), names beyond ASCII, which browsers
	// spell otherwise, and numbers, which they take for addresses.
	hostRE  = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]*\.)?[a-z0-9-]*[a-z][a-z0-9-]*$`)
	tokenRE = regexp.MustCompile(`^[!-~]+$`)
)

// CodecServer is what the codec server reads: it opens sealed payloads for those
// that hold its token, and knows neither Temporal nor FoxReload.
type CodecServer struct {
	Listen    string `env:"FOXFLOW_CODEC_LISTEN" envDefault:"127.0.0.1:8234" example:"127.0.0.1:8234" about:"address to serve on; port 0 takes a free one. Beyond this machine the token travels in clear unless TLS stands in front"`
	Token     Secret `env:"FOXFLOW_CODEC_TOKEN" example:"$(openssl rand -hex 24)" about:"whoever holds it may read sealed payloads: as a bearer token, or as the password of a person who signs in; 16 characters or more"`
	TokenFile string `env:"FOXFLOW_CODEC_TOKEN_FILE" example:"/run/secrets/foxflow-codec-token" about:"a file that holds the token"`
	Origin    string `env:"FOXFLOW_CODEC_ORIGIN" envDefault:"http://127.0.0.1:8233" example:"http://127.0.0.1:8233" about:"the Web UI as its address bar shows it, without a path: pages of any other origin are refused"`
	Sealing
	Log
}

// LoadCodec reads the codec server's settings from environ ("NAME=value").
func LoadCodec(environ []string) (CodecServer, error) {
	var c CodecServer
	err := load(environ, &c, func(wrong wrong) {
		address(wrong, "FOXFLOW_CODEC_LISTEN", c.Listen)
		c.checkToken(wrong)
		c.checkOrigin(wrong)
		c.Sealing.check(wrong)
		c.require(wrong)
		c.Log.check(wrong)
	})
	return c, err
}

func (c *CodecServer) checkToken(wrong wrong) {
	if c.Token.Empty() && c.TokenFile == "" {
		wrong("FOXFLOW_CODEC_TOKEN", "is not set")
		return
	}
	variable := "FOXFLOW_CODEC_TOKEN"
	if c.Token.Empty() {
		variable = "FOXFLOW_CODEC_TOKEN_FILE"
	}
	readSecretFile(wrong, "FOXFLOW_CODEC_TOKEN", &c.Token, c.TokenFile)
	token := c.Token.Reveal()
	switch {
	case token == "": // said already
	case len(token) < leastToken || len(token) > mostToken:
		wrong(variable, fmt.Sprintf("holds %d characters: use %d to %d", len(token), leastToken, mostToken))
	case !tokenRE.MatchString(token):
		wrong(variable, "holds spaces or characters beyond ASCII, which not every client sends alike")
	}
}

// checkOrigin brings the origin into the one form in which browsers send it:
// compared with anything else it would never match.
func (c *CodecServer) checkOrigin(wrong wrong) {
	const variable = "FOXFLOW_CODEC_ORIGIN"
	written := strings.ToLower(c.Origin)
	u, err := url.Parse(written)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		wrong(variable, fmt.Sprintf("is %q, which is not http(s)://HOST[:PORT]: name the one origin of the Web UI", c.Origin))
		return
	}
	host, known := browserHost(u)
	switch {
	case !known:
		wrong(variable, fmt.Sprintf("is %q, whose host is not one name or address with or without a port", c.Origin))
	case u.Scheme+"://"+u.Host != written:
		wrong(variable, fmt.Sprintf("holds more than http(s)://HOST[:PORT]: use %s://%s", u.Scheme, host))
	default:
		c.Origin = u.Scheme + "://" + host
	}
}

// browserHost is the host of u as browsers write it: addresses in their short
// form, and no port that the scheme implies.
func browserHost(u *url.URL) (host string, known bool) {
	host = u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		if host = ip.String(); ip.Is6() {
			host = "[" + host + "]"
		}
		known = ip.Zone() == "" && !ip.Is4In6()
	} else {
		known = hostRE.MatchString(host)
	}
	if u.Port() == "" {
		return host, known
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if implied := map[string]uint64{"http": 80, "https": 443}; port != implied[u.Scheme] {
		host = fmt.Sprintf("%s:%d", host, port)
	}
	return host, known && err == nil && port > 0
}
