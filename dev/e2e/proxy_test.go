package e2e

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forwardProxy is the one way out of a shop's network: it knows the names outside.
type forwardProxy struct {
	url   string
	names map[string]string // host:port outside → address here

	mu    sync.Mutex
	asked []string
	clear []byte // what passed through, as it was sent
}

func startProxy(s *stack, names map[string]string) *forwardProxy {
	s.Helper()
	p := &forwardProxy{names: names}
	p.url = "http://" + serve(s, nil, p)
	return p
}

// serve is an HTTP server on one of our ports; without secure it is a plain one.
func serve(s *stack, secure *tls.Config, handler http.Handler) (address string) {
	s.Helper()
	listener, err := net.Listen("tcp", freePort(s))
	require.NoError(s, err)
	address = listener.Addr().String()
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	server := &http.Server{Handler: handler} //nolint:gosec // only this test speaks to it
	go func() { _ = server.Serve(listener) }()
	s.Cleanup(func() { _ = server.Close() })
	return address
}

func (p *forwardProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	there, err := net.Dial("tcp", p.names[r.Host])
	if err != nil || r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { defer there.Close(); _, _ = io.Copy(there, io.TeeReader(here, p)) }()
	go func() { defer here.Close(); _, _ = io.Copy(here, there) }()
}

// Write listens in on what is sent through the proxy.
func (p *forwardProxy) Write(sent []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear = append(p.clear, sent...)
	return len(sent), nil
}

// A shop whose only way out is a proxy: Temporal and FoxReload are both reached
// through it, and it learns two names and nothing more.
func TestAShopBehindAProxy(t *testing.T) {
	t.Parallel()
	const key = "e2e-key-that-no-proxy-may-see"
	var p *forwardProxy
	s := newStack(t, []string{"--api-key", key}, with("FOXRELOAD_API_KEY", key), with("TEMPORAL_API_KEY", temporalKey), func(s *stack) {
		ca := newAuthority(s, "ca")
		temporal := startFront(s, &front{tls: ca.server("temporal.example"), apiKey: temporalKey})
		foxreload := serve(s, ca.server("fox.example"), &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			simulator, _ := url.Parse(s.Simulator)
			r.SetURL(simulator)
		}})
		p = startProxy(s, map[string]string{"temporal.example:7233": temporal.address, "fox.example:443": foxreload})
		s.Env["HTTPS_PROXY"] = p.url
		s.Env["TEMPORAL_ADDRESS"], s.Env["TEMPORAL_TLS_SERVER_CA_CERT_PATH"] = "temporal.example:7233", ca.file
		s.Env["FOXRELOAD_BASE_URL"], s.Env["SSL_CERT_FILE"] = "https://fox.example", ca.file
	})
	r := s.Starter("place", "--reference", s.ref("r"), "--item", giftCard+":1", "--wait")
	require.Zero(t, r.Code, r.Stderr)
	require.Zero(t, s.Starter("balance").Code)

	p.mu.Lock()
	defer p.mu.Unlock()
	slices.Sort(p.asked)
	assert.Equal(t, []string{"CONNECT fox.example:443", "CONNECT temporal.example:7233"}, slices.Compact(p.asked))
	assert.NotEmpty(t, p.clear)
	assert.NotContains(t, string(p.clear), key)
	assert.NotContains(t, string(p.clear), temporalKey)
}
