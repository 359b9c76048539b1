package program

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Serve serves on listener until ctx ends (a signal), then lets requests in flight finish,
// which may take as long as within.
func Serve(ctx context.Context, listener net.Listener, server *http.Server, within time.Duration) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return fmt.Errorf("stop: requests were still running after %s: %w", within, err)
	}
	return nil
}

// Open says whether other machines can reach an address.
func Open(at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return !ok || !tcp.IP.IsLoopback()
}
