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
	"go.uber.org/zap/zapcore"

	"foxflow/internal/program"
	"foxflow/simulator"
)

// stopWithin is how long a request in flight may take once the program is told
// to stop.
const stopWithin = 10 * time.Second

// serve runs until the context ends (a signal), then lets requests finish.
func serve(ctx context.Context, s *settings, config simulator.Config, stdout, stderr io.Writer) (err error) {
	log := newLog(s.logFormat, stderr)
	config.OnRequest = func(r simulator.Request) { logRequest(log, r) }
	// Before the state file: a second start by mistake must leave that alone.
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another address with --listen", s.listen, err)
	}
	sim, err := simulator.New(config)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, sim.Close()) }()

	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	fmt.Fprintf(stdout, "simulator ready on http://%s\n", listener.Addr())
	return program.Serve(ctx, listener, server, stopWithin)
}

// logRequest says what was asked and how it went: no key, no body, no query.
func logRequest(log *zap.Logger, r simulator.Request) {
	fields := []zap.Field{zap.String("route", r.Route), zap.String("method", r.Method), zap.String("path", r.Path),
		zap.Int("status", r.Status), zap.Duration("took", r.Duration)}
	if r.OrderID != "" {
		fields = append(fields, zap.String("order_id", r.OrderID))
	}
	if r.Fault != "" {
		fields = append(fields, zap.String("fault", r.Fault))
	}
	log.Info("request", fields...)
}

func newLog(format string, stderr io.Writer) *zap.Logger {
	if format == "off" {
		return zap.NewNop()
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoding.EncodeDuration = zapcore.StringDurationEncoder
	encoder := zapcore.NewJSONEncoder(encoding)
	if format == "console" {
		encoder = zapcore.NewConsoleEncoder(encoding)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(stderr)), zap.InfoLevel))
}
