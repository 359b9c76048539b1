package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"foxflow/internal/program"
)

const (
	// stopWithin is how long a request in flight may take once the program is told to
	// stop.
	stopWithin = 5 * time.Second
	// maxHeader leaves room for the cookies of other servers on the same host, which
	// browsers send along: cookies know no ports.
	maxHeader = 64 << 10
)

// serve runs until ctx ends (a signal), then lets requests finish.
func serve(ctx context.Context, address string, handler http.Handler, log *zap.Logger, stdout io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on FOXFLOW_CODEC_LISTEN %s: %w", address, err)
	}
	if program.Open(listener.Addr()) {
		log.Warn("other machines can reach the codec server: without TLS in front of it the token travels in clear",
			zap.String("address", listener.Addr().String()))
	}
	errorLog, err := zap.NewStdLogAt(log, zap.ErrorLevel)
	if err != nil {
		return errors.Join(fmt.Errorf("log the server's errors: %w", err), listener.Close())
	}
	server := httpServer(handler)
	server.ErrorLog = errorLog
	fmt.Fprintf(stdout, "codec ready on http://%s\n", listener.Addr())
	return program.Serve(ctx, listener, server, stopWithin)
}

// httpServer lets whoever reads or writes slowly go: nobody holds a connection for
// nothing.
func httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
	}
}
