package foxreload

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// lost is a call that got no answer, or not all of it. Where the caller's own
// context ended it, the error wraps that context's.
func (c call) lost(ctx context.Context, err error, maybeSent bool) *Error {
	code, message := CodeNoAnswer, explain(err)
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout()) {
		code, message = CodeTimeout, "no answer in time"
	}
	if ctx.Err() != nil {
		message = "given up by the caller: " + ctx.Err().Error()
	}
	if maybeSent {
		message += " (the request may have arrived)"
	}
	e := c.failed(code, classOfLost(c.method, maybeSent), message)
	e.cause = ctx.Err()
	return e
}

func dialling(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || (errors.As(err, &op) && op.Op == "dial")
}

// proxyRefused is the status with which a proxy refused to connect us.
type proxyRefused int

func (p proxyRefused) Error() string {
	return fmt.Sprintf("the proxy (HTTPS_PROXY) refused the connection: HTTP %d", int(p))
}

// explain says in our own words why there is no answer. net/http's words hold
// addresses with ids in them, and sometimes bytes of an answer.
func explain(err error) string {
	var (
		refused     proxyRefused
		op          *net.OpError
		dns         *net.DNSError
		unknownCA   x509.UnknownAuthorityError
		wrongHost   x509.HostnameError
		invalidCert x509.CertificateInvalidError
		alert       tls.AlertError
		notTLS      tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &op) && (op.Op == "proxyconnect" || op.Op == "socks connect"):
		return "no connection could be made to the proxy (HTTPS_PROXY), or through it"
	case errors.As(err, &dns):
		return "the host's name was not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the host cannot be reached"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case errors.As(err, &unknownCA), errors.As(err, &wrongHost), errors.As(err, &invalidCert):
		return "the server's certificate is not trusted"
	case errors.As(err, &alert), errors.As(err, &notTLS), op != nil && op.Op == "remote error": // how crypto/tls names an alert
		return "no secure connection could be made"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, os.ErrClosed), errors.Is(err, net.ErrClosed):
		return "the connection was closed before the answer was complete"
	case dialling(err):
		return "no connection could be made"
	default:
		return "the connection failed"
	}
}
