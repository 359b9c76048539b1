package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"foxflow/ledger"
)

const (
	checkTimeout    = 5 * time.Second
	shutdownTimeout = 2 * time.Second
)

// health answers whether the process lives (/healthz) and whether it can work
// (/readyz): Temporal answers, the ledger takes writes, the workers poll.
type health struct {
	polling atomic.Bool
	checks  map[string]func(context.Context) error
}

func newHealth(c client.Client, book *ledger.Ledger) *health {
	h := &health{}
	h.checks = map[string]func(context.Context) error{
		"ledger": book.Ping,
		"temporal": func(ctx context.Context) error {
			_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
			return err
		},
		"polling": func(context.Context) error {
			if !h.polling.Load() {
				return errors.New("the worker is starting or stopping")
			}
			return nil
		},
	}
	return h
}

// serve listens until ctx ends.
func (h *health) serve(ctx context.Context, addr string, logger *zap.Logger) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on FOXFLOW_HTTP %s: %w", addr, err)
	}
	server := &http.Server{Handler: h.routes(), ReadHeaderTimeout: checkTimeout}
	logger.Info("health", zap.String("address", listener.Addr().String()))
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		_ = server.Shutdown(closing)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (h *health) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"process": "ok"})
	})
	mux.HandleFunc("GET /readyz", h.ready)
	return mux
}

func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	status, results := http.StatusOK, map[string]string{}
	for name, check := range h.checks {
		results[name] = "ok"
		if err := check(ctx); err != nil {
			status, results[name] = http.StatusServiceUnavailable, err.Error()
		}
	}
	answer(w, status, results)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
