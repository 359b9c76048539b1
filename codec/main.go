package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/zap"

	"foxflow/internal/codec"
	"foxflow/internal/logging"
	"foxflow/internal/program"
	"foxflow/internal/settings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the whole program. Exit status: 0 stopped in order, 1 error, 2 wrong
// usage.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == "health" {
		return askHealth(ctx, environ, stdout, stderr)
	}
	if len(args) > 0 {
		return program.Usage("codec", help(), args, stdout, stderr)
	}
	err := prepare(ctx, environ, stdout)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, err)
	var wrong settings.Errors
	if errors.As(err, &wrong) {
		return 2
	}
	return 1
}

// prepare makes the server that the environment asks for, and runs it until ctx
// ends.
func prepare(ctx context.Context, environ []string, stdout io.Writer) error {
	s, err := settings.LoadCodec(environ)
	if err != nil {
		return err
	}
	keys, err := s.Keys()
	if err != nil {
		return err
	}
	log, err := logging.New(s.Level, s.Format)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }()
	audit, err := logging.NewAudit(s.Format)
	if err != nil {
		return err
	}
	defer func() { _ = audit.Sync() }()

	handler := newServer(codec.New(keys), s.Token, s.Origin, audit).routes()
	if err := serve(ctx, s.Listen, handler, log, stdout); err != nil {
		return err
	}
	log.Info("codec server stopped", zap.String("origin", s.Origin))
	return nil
}
