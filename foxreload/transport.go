package foxreload

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// maxBody is the most of an answer that is read. The longest real one is a page
// of 200 products.
const maxBody = 4 << 20

// newTransport carries the requests where the caller brings nothing of its own.
func newTransport(proxy func(*url.URL) (*url.URL, error)) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			if proxy == nil || r.URL.Scheme != "https" || loopback(r.URL.Hostname()) {
				return nil, nil
			}
			return proxy(r.URL)
		},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return proxyRefused(answer.StatusCode)
			}
			return nil
		},
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    16,
		MaxResponseHeaderBytes: 256 << 10,
		// Shorter than the 5 s after which common servers close an idle
		// connection: a POST that crosses with that close is an unknown outcome
		// for no good reason.
		IdleConnTimeout: 4 * time.Second,
	}
}

// answer is what came back, read to its end.
type answer struct {
	status     int
	header     http.Header
	body       []byte
	retryAfter time.Duration
}

func (a answer) success() bool { return 200 <= a.status && a.status <= 299 }

// spoken says whether an answer is in the API's form: an object or a list for a
// success, for anything else what refusedBy takes for the API's.
func (a answer) spoken() bool {
	if !a.success() {
		return readProblem(a.status, a.body).from == theAPI
	}
	_, object := readObject(a.body)
	_, list := readList(a.body)
	return object || list
}

// shown is the time on the clock of whoever answered, to the second below; zero: not
// known.
func (a answer) shown() time.Time {
	at, err := http.ParseTime(a.header.Get("Date"))
	if err != nil || a.header.Get("Age") != "" {
		return time.Time{}
	}
	return at
}

// do makes one call: it waits at the gate, sends, and sends once more only where
// a slash redirect asked for that. The answer is a success; the error is an
// *Error, or wraps a *ThrottledError.
func (c *Client) do(ctx context.Context, call call) (answer, error) {
	var body []byte
	if call.method == http.MethodPost {
		var err error
		if body, err = json.Marshal(call.body); err != nil {
			return answer{}, call.failed(CodeInvalid, ClassFinal, "the request cannot be encoded")
		}
	}
	flipped, left := c.slashes.wants(call.endpoint), c.timeout
	for followed := false; ; followed = true {
		target, invalid := c.target(call, flipped)
		if invalid != nil {
			return answer{}, invalid
		}
		if err := c.pass(ctx, call); err != nil {
			return answer{}, err
		}
		if !followed {
			leaving, err := leave(ctx)
			if err != nil {
				return answer{}, c.notSent(call, err)
			}
			ctx = leaving
		}
		began, ended := time.Now(), c.began(ctx, call)
		got, lost := c.send(ctx, call, target, body, left)
		left -= time.Since(began) // both requests share the time-out: callers plan with it
		if lost != nil {
			ended(Ended{Status: lost.Status, Class: lost.Class})
			return answer{}, lost
		}
		if !followed && slashRedirect(target, got.status, got.header) {
			ended(Ended{Status: got.status, Followed: true})
			flipped = !flipped
			continue
		}
		if followed && got.status/100 != 3 {
			c.slashes.remember(call.endpoint, flipped)
		}
		good, err := c.judge(ctx, call, got)
		ended(Ended{Status: got.status, Class: ClassOf(err), FromAPI: got.spoken(), Shown: got.shown()})
		return good, err
	}
}

// judge sorts answers into successes and errors, and tells the gate of a 429.
func (c *Client) judge(ctx context.Context, call call, got answer) (answer, error) {
	switch {
	case got.success():
		return got, nil
	case got.status/100 == 3:
		return answer{}, call.misdirected(got.status)
	}
	refused := c.refused(call, got)
	if got.status == http.StatusTooManyRequests {
		if err := c.throttle(ctx, got.retryAfter); err != nil {
			refused.cause = err
			refused.Message = oneLine(err.Error() + "; " + refused.Message)
		}
	}
	return answer{}, refused
}

// send makes one HTTP request and reads its answer to the end. An answer that
// broke off counts as none: what is missing may be the very code that decides.
func (c *Client) send(ctx context.Context, call call, target *url.URL, body []byte, timeout time.Duration) (answer, *Error) {
	var reach reach
	limited, cancel := context.WithTimeout(httptrace.WithClientTrace(ctx, reach.trace()), timeout)
	defer cancel()
	var payload io.Reader
	if call.method == http.MethodPost {
		payload = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(limited, call.method, target.String(), payload)
	if err != nil {
		return answer{}, call.failed(CodeInvalid, ClassFinal, "the request cannot be made")
	}
	request.Header = c.headers.Clone()
	c.authorise(request.Header)
	if payload != nil {
		request.Header.Set("Content-Type", "application/json")
	}

	// Not through an http.Client: that follows redirects, and what it sends again
	// and takes along is not for it to decide here.
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return answer{}, call.lost(ctx, err, reach.maybeSent(err))
	}
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, header: response.Header,
		retryAfter: readRetryAfter(response.Header, time.Now())}
	got.body, err = io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case got.status == http.StatusTooManyRequests || got.status/100 == 3:
		return got, nil // the status alone says it
	case err != nil:
		return answer{}, call.lost(ctx, err, true)
	case len(got.body) > maxBody:
		e := call.failed(CodeMalformed, classOfLost(call.method, true), "the answer is longer than 4 MiB")
		e.Status = got.status
		return answer{}, e
	}
	got.body = bytes.TrimPrefix(got.body, []byte("\xef\xbb\xbf"))
	return got, nil
}

// reach is how far a request got, as net/http reports it.
type reach struct{ asked, connected atomic.Bool }

func (r *reach) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { r.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { r.connected.Store(true) },
	}
}

// maybeSent is false only where the request surely never left: no connection
// was ever established. Having one is enough to doubt. A transport that reports
// nothing is believed only when it failed in dialling.
func (r *reach) maybeSent(err error) bool {
	if r.connected.Load() {
		return true
	}
	return !r.asked.Load() && !dialling(err)
}
