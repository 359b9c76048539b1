package foxreload

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// secure is FoxReload behind TLS; its certificate is for example.com and this
// machine.
func secure(t *testing.T, change ...func(*tls.Config)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, testKey, r.Header.Get("X-API-Key"))
		_, _ = io.WriteString(w, `{"id":"`+orderID+`","status":"active"}`)
	}))
	s.TLS = &tls.Config{}
	for _, c := range change {
		c(s.TLS)
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshakes that are to fail
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// trusting is our own transport, which trusts a test's server besides.
func trusting(s *httptest.Server, proxy func(*url.URL) (*url.URL, error)) func(*Config) {
	transport := newTransport(proxy)
	transport.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return func(c *Config) { c.Transport = transport }
}

// proxy is one that leads wherever it is asked to go to the same place.
type proxy struct {
	*httptest.Server
	leadsTo string
	answers int // 0: it connects

	mu   sync.Mutex
	seen []asked
}

func openProxy(t *testing.T, leadsTo string, answers int) *proxy {
	t.Helper()
	p := &proxy{leadsTo: leadsTo, answers: answers}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, asked{method: r.Method, path: r.Host, header: r.Header.Clone()})
	p.mu.Unlock()
	if p.answers != 0 || r.Method != http.MethodConnect {
		w.WriteHeader(max(p.answers, http.StatusForbidden))
		return
	}
	there, err := net.Dial("tcp", p.leadsTo)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { defer there.Close(); _, _ = io.Copy(there, here) }()
	go func() { defer here.Close(); _, _ = io.Copy(here, there) }()
}

func (p *proxy) asked() []asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]asked(nil), p.seen...)
}

// at is a proxy setting, with the password that a proxy may want.
func at(t *testing.T, p *proxy) func(*url.URL) (*url.URL, error) {
	t.Helper()
	u, err := url.Parse(p.URL)
	require.NoError(t, err)
	u.User = url.UserPassword("shop", "proxy-s3cret")
	return func(*url.URL) (*url.URL, error) { return u, nil }
}

func TestAProxySeesAHostAndNoKey(t *testing.T) {
	fox := secure(t)
	p := openProxy(t, fox.Listener.Addr().String(), 0)
	require.NoError(t, createOne(client(t, "https://example.com", trusting(fox, at(t, p)))))
	require.Len(t, p.asked(), 1)
	seen := p.asked()[0]
	assert.Equal(t, "CONNECT example.com:443", seen.method+" "+seen.path)
	assert.NotEmpty(t, seen.header.Get("Proxy-Authorization"))
	for name, values := range seen.header {
		assert.NotContains(t, strings.Join(values, " "), testKey, name)
	}
}

func TestThisMachineAndPlainHTTPAreReachedWithoutTheProxy(t *testing.T) {
	fox := secure(t)
	p := openProxy(t, fox.Listener.Addr().String(), 0)
	require.NoError(t, createOne(client(t, fox.URL, trusting(fox, at(t, p)))))
	plain := answering(t, 200, `{"id":"`+orderID+`","status":"active"}`)
	require.NoError(t, createOne(client(t, plain.URL, trusting(fox, at(t, p)))))

	proxyFor := newTransport(at(t, p)).Proxy
	for address, asked := range map[string]bool{
		"https://fox.example": true, "http://fox.example": false, "https://localhost:8443": false, "https://LOCALHOST": false,
		"https://127.7.7.7": false, "https://[::1]:1": false, "https://localhost.fox.example": true,
	} {
		request, err := http.NewRequest(http.MethodGet, address, nil)
		require.NoError(t, err)
		through, err := proxyFor(request)
		require.NoError(t, err)
		assert.Equal(t, asked, through != nil, address)
	}
	assert.Empty(t, p.asked())
}

// A payment that a proxy never passed on was surely not made: it may be sent
// again, and nobody has to be asked.
func TestWhatAProxyRefusedWasNotSent(t *testing.T) {
	fox := secure(t)
	for _, status := range []int{407, 403, 502} {
		p := openProxy(t, "", status)
		e := failure(t, payOne(client(t, "https://example.com", trusting(fox, at(t, p)))))
		assert.Equal(t, ClassPassing, e.Class)
		assert.Contains(t, e.Message, "the proxy (HTTPS_PROXY) refused the connection: HTTP ")
		assert.NotContains(t, e.Error(), "s3cret")
	}
	gone := openProxy(t, "", 0)
	gone.Close()
	e := failure(t, payOne(client(t, "https://example.com", trusting(fox, at(t, gone)))))
	assert.Equal(t, ClassPassing, e.Class)
	assert.Contains(t, e.Message, "to the proxy (HTTPS_PROXY)")
	assert.NotContains(t, e.Error(), "s3cret")
}

func TestNothingBelowTLS12IsSpoken(t *testing.T) {
	for version, refused := range map[uint16]bool{tls.VersionTLS11: true, tls.VersionTLS12: false, tls.VersionTLS13: false} {
		fox := secure(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, version })
		err := createOne(client(t, fox.URL, trusting(fox, nil)))
		if !refused {
			require.NoError(t, err, tls.VersionName(version))
			continue
		}
		e := failure(t, err)
		assert.Equal(t, CodeNoAnswer, e.Code)
		assert.Contains(t, e.Message, "no secure connection could be made")
	}
	assert.EqualValues(t, tls.VersionTLS12, newTransport(nil).TLSClientConfig.MinVersion, "said, not left to Go's default")
}

func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	fox := secure(t)
	fox.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the key went to a stranger") })
	e := failure(t, createOne(client(t, fox.URL)))
	assert.Contains(t, e.Message, "the server's certificate is not trusted")
	e = failure(t, createOne(client(t, "https://fox.example", trusting(fox, at(t, openProxy(t, fox.Listener.Addr().String(), 0))))))
	assert.Contains(t, e.Message, "the server's certificate is not trusted", "it is for example.com")
}
