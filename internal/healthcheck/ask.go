package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const (
	// answerWithin is longer than the servers take for their own checks (5 s each).
	answerWithin = 8 * time.Second
	// mostOfIt bounds what of an answer is passed on.
	mostOfIt = 4 << 10
)

// Ask sends GET path to the server that listens on listen (HOST:PORT, as its
// settings have it) and writes its answer to out. The error is nil only if that was
// 200. Nothing leaves this machine: an address that stands for all of the machine's
// is asked on loopback, and no proxy is used.
func Ask(ctx context.Context, listen, path string, out io.Writer) error {
	address, err := reachable(listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return fmt.Errorf("ask %s%s: %w", address, path, err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("ask how it is: %w", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(out, io.LimitReader(answer.Body, mostOfIt)); err != nil {
		return fmt.Errorf("read the answer of %s%s: %w", address, path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s%s answers %s", address, path, answer.Status)
	}
	return nil
}

// reachable is where a server that listens on listen can be asked from this machine.
func reachable(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	switch {
	case err != nil:
		return "", fmt.Errorf("find the server: %w", err)
	case port == "0":
		return "", errors.New("find the server: it listens on a port of its own choice (0); give it one")
	case host == "":
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
