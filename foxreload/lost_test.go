package foxreload

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writes are the calls whose lost answer is an unknown outcome.
var writes = map[string]func(*Client) error{"create": createOne, "pay": payOne, "top-up": topUpOne}

// hijack takes the connection from the server.
func hijack(t *testing.T, w http.ResponseWriter) net.Conn {
	conn, _, err := w.(http.Hijacker).Hijack()
	assert.NoError(t, err)
	return conn
}

func TestALostAnswerToAWriteIsAnUnknownOutcome(t *testing.T) {
	hang := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for _, row := range []struct {
		name, code string
		handler    http.HandlerFunc
		timeout    time.Duration
	}{
		{"closed", CodeNoAnswer, func(w http.ResponseWriter, _ *http.Request) { _ = hijack(t, w).Close() }, 0},
		{"reset", CodeNoAnswer, func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(t, w)
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}, 0},
		{"half a status line", CodeNoAnswer, func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(t, w)
			_, _ = io.WriteString(conn, "HTTP/1.1 2")
			_ = conn.Close()
		}, 0},
		{"no HTTP", CodeNoAnswer, func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(t, w)
			_, _ = io.WriteString(conn, "SECRET-CODE\r\n\r\n")
			_ = conn.Close()
		}, 0},
		{"half a body", CodeNoAnswer, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"id":"SECRET-CODE`)
		}, 0},
		{"half a refusal", CodeNoAnswer, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"code":"BALANCE_NOT`)
		}, 0},
		{"time-out", CodeTimeout, hang, 50 * time.Millisecond},
		{"time-out in the body", CodeTimeout, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"id":`)
			w.(http.Flusher).Flush()
			hang(w, r)
		}, 50 * time.Millisecond},
		{"endless body", CodeMalformed, func(w http.ResponseWriter, _ *http.Request) {
			for range 5 {
				_, _ = w.Write([]byte(strings.Repeat(" ", 1<<20)))
			}
		}, 0},
		{"bad gateway", "HTTP_502", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<html>")
		}, 0},
		{"gateway time-out", "HTTP_504", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(504) }, 0},
		{"request time-out", "HTTP_408", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408) }, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := serve(t, row.handler)
			c := client(t, f.URL, func(c *Config) { c.Timeout = row.timeout })
			for name, write := range writes {
				e := failure(t, write(c))
				assert.Equal(t, ClassUnknown, e.Class, name)
				assert.Equal(t, row.code, e.Code, name)
				assert.NotContains(t, e.Error(), "SECRET")
				assert.NotContains(t, e.Error(), orderID)
			}
			assert.Len(t, f.asked(), len(writes), "each was sent once")
			e := failure(t, getOne(c))
			assert.Equal(t, ClassPassing, e.Class, "a read can be repeated")
			assert.Equal(t, row.code, e.Code)
		})
	}
}

func TestAWriteThatNeverLeftIsPassing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refusing := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())

	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = nil
	t.Cleanup(untrusted.Close)
	notTLS := answering(t, 200, "")

	dialFailing := func(err error) *http.Transport {
		return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
	}
	for _, row := range []struct {
		name, url, code, says string
		transport             http.RoundTripper
		timeout               time.Duration
	}{
		{name: "refused", url: refusing, code: CodeNoAnswer, says: "the connection was refused"},
		{name: "no such host", url: "https://foxreload.invalid", code: CodeNoAnswer, says: "the host's name was not found",
			transport: dialFailing(&net.DNSError{Err: "no such host", Name: "foxreload.invalid", IsNotFound: true})},
		{name: "certificate", url: untrusted.URL, code: CodeNoAnswer, says: "the server's certificate is not trusted"},
		{name: "no TLS there", url: strings.Replace(notTLS.URL, "http:", "https:", 1), code: CodeNoAnswer, says: "no secure connection could be made"},
		{name: "dialling forever", url: "https://foxreload.invalid", code: CodeTimeout, says: "no answer in time", timeout: 50 * time.Millisecond,
			transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}},
		{name: "transport without a trace, dial", url: refusing, code: CodeNoAnswer, says: "no connection could be made",
			transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Err: errors.New("x")}
			})},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := client(t, row.url, func(c *Config) { c.Transport, c.Timeout = row.transport, row.timeout })
			for name, write := range writes {
				e := failure(t, write(c))
				assert.Equal(t, ClassPassing, e.Class, name)
				assert.Equal(t, row.code, e.Code, name)
				assert.Equal(t, row.says, e.Message, name)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func TestATransportThatTellsNothingIsDoubted(t *testing.T) {
	silent := roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
	c := client(t, "https://foxreload.invalid", func(c *Config) { c.Transport = silent })
	assert.Equal(t, ClassUnknown, ClassOf(payOne(c)))
}

func TestTheCallersCancellationIsReturnedAsSuch(t *testing.T) {
	arrived := make(chan struct{}, 1)
	f := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	c := client(t, f.URL)
	for _, row := range []struct {
		name string
		call func(context.Context) error
		want Class
	}{
		{"pay", func(ctx context.Context) error { _, err := c.PayOrder(ctx, orderID, PayRequest{}); return err }, ClassUnknown},
		{"get", func(ctx context.Context) error { _, err := c.GetOrder(ctx, orderID); return err }, ClassPassing},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-arrived; cancel() }()
		err := row.call(ctx)
		assert.ErrorIs(t, err, context.Canceled, row.name)
		assert.Equal(t, row.want, ClassOf(err), row.name)

		err = row.call(ctx)
		assert.ErrorIs(t, err, context.Canceled, row.name)
		assert.Equal(t, ClassPassing, ClassOf(err), "%s: nothing was sent", row.name)
		assert.Equal(t, CodeNotSent, failure(t, err).Code)
	}
	assert.Len(t, f.asked(), 2)

	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := c.PayOrder(ctx, orderID, PayRequest{})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, ClassUnknown, ClassOf(err))
	assert.Equal(t, CodeTimeout, failure(t, err).Code)
}

func TestOurOwnTimeoutIsNotTheCallers(t *testing.T) {
	f := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	err := getOne(client(t, f.URL, func(c *Config) { c.Timeout = 50 * time.Millisecond }))
	assert.NotErrorIs(t, err, context.DeadlineExceeded, "or a caller would think that its own time was up")
}

func TestAnAnswerAtTheLimitIsRead(t *testing.T) {
	start, end := `{"id":"`+orderID+`","status":"paid","x":"`, `"}`
	f := answering(t, 200, start+strings.Repeat("x", maxBody-len(start)-len(end))+end)
	require.NoError(t, getOne(client(t, f.URL)))
}
