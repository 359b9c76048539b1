package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"foxflow/internal/budget"
	"foxflow/internal/program"
	"foxflow/internal/settings"
	"foxflow/ledger"
	"foxflow/workflows"
)

const (
	checkTimeout = 5 * time.Second
	// checkGrace is what a check has beyond its context's end to say that it failed.
	checkGrace      = time.Second
	shutdownTimeout = 2 * time.Second
)

// health answers whether the process lives (/healthz) and whether it can work
// (/readyz).
type health struct {
	polling atomic.Bool
	checks  map[string]check
	redact  func(string) string
}

// check is one thing that a worker needs. It says what to know of it: why it fails,
// or, where it passes, a remark or nothing.
type check func(context.Context) (remark string, err error)

// verdict is what a check came to, in the JSON of /readyz.
type verdict struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// newHealth has a check for each thing without which orders stand still. What each means and
// what to do is told in docs/readiness.md, which a test holds against this table.
func newHealth(c client.Client, book *ledger.Ledger, requests *budget.Budget, seen *observation, s settings.Worker) *health {
	h := &health{redact: redactor(s)}
	h.checks = map[string]check{
		"ledger": func(ctx context.Context) (string, error) { return "", book.Ping(ctx) },
		"temporal": func(ctx context.Context) (string, error) {
			_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
			return "", err
		},
		"polling": func(context.Context) (string, error) {
			if !h.polling.Load() {
				return "", errors.New("the worker is starting or stopping")
			}
			return "", seen.polls.check()
		},
		"key":    func(context.Context) (string, error) { return seen.key.check() },
		"clock":  func(ctx context.Context) (string, error) { return seen.clock.check(ctx, book.Store.Now) },
		"budget": func(ctx context.Context) (string, error) { return "", notSilenced(ctx, requests, time.Now) },
	}
	return h
}

// holdAgainst has the worker ready only where orders can go on: with what the namespace must
// have, and with this ledger's orders alone.
func (h *health) holdAgainst(c *census, f *fence, others *copies) {
	h.checks["orders"] = func(ctx context.Context) (string, error) { return "", cmp.Or(f.check(), others.check(), c.check(ctx)) }
	h.checks["search_attributes"] = func(ctx context.Context) (string, error) {
		return "", lacking(workflows.CheckAttributes(ctx, c.temporal, c.temporal.Namespace))
	}
}

// notSilenced is an error while FoxReload has asked for silence.
func notSilenced(ctx context.Context, requests *budget.Budget, now func() time.Time) error {
	standing, err := requests.Standing(ctx)
	switch {
	case err != nil:
		return err
	case standing.SilentUntil.After(now()):
		return fmt.Errorf("FoxReload asked for silence (429) until %s: nothing is sent before", standing.SilentUntil.Format(time.RFC3339))
	}
	return nil
}

// lacking adds what a person can do about search attributes that are missing.
func lacking(err error) error {
	if missing := new(workflows.MissingAttributesError); errors.As(err, &missing) {
		return fmt.Errorf("%w. %s", err, missing.Fix())
	}
	return err
}

// look runs all checks at once. A check that outlasts its time has come to no
// verdict: it is failed here, and decided is false. That is no question of what it
// asks, which may be down and say nothing: each check keeps to its context, unless
// this process hangs.
func (h *health) look(ctx context.Context) (verdicts map[string]verdict, decided bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	type told struct {
		name string
		verdict
	}
	said := make(chan told, len(h.checks)) // nobody waits for the last ones
	for name, check := range h.checks {
		go func() {
			remark, err := check(ctx)
			v := verdict{OK: err == nil, Reason: remark}
			if err != nil {
				v.Reason = h.redact(err.Error())
			}
			said <- told{name, v}
		}()
	}
	verdicts = make(map[string]verdict, len(h.checks))
	patience := time.NewTimer(checkTimeout + checkGrace)
	defer patience.Stop()
	for len(verdicts) < len(h.checks) {
		select {
		case t := <-said:
			verdicts[t.name] = t.verdict
		case <-patience.C:
			for name := range h.checks {
				if _, there := verdicts[name]; !there {
					verdicts[name] = verdict{Reason: "the check does not end: the worker hangs"}
				}
			}
			return verdicts, false
		}
	}
	return verdicts, true
}

// passing is look for the metrics.
func (h *health) passing(ctx context.Context) map[string]bool {
	verdicts, _ := h.look(ctx)
	passing := make(map[string]bool, len(verdicts))
	for name, v := range verdicts {
		passing[name] = v.OK
	}
	return passing
}

// redactor takes out of an error what no probe may see, should a library ever quote
// it: the partner key and the password in the ledger's address.
func redactor(s settings.Worker) func(string) string {
	secrets := []string{s.APIKey.Reveal()}
	if u, err := url.Parse(s.Ledger.Reveal()); err == nil && u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, password, url.QueryEscape(password), strings.TrimPrefix(url.UserPassword("", password).String(), ":"), u.Query().Get("password"))
	}
	var pairs []string
	for _, secret := range secrets {
		if secret != "" {
			pairs = append(pairs, secret, "[secret]")
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// serve listens until ctx ends.
func (h *health) serve(ctx context.Context, addr string, metrics http.Handler, logger *zap.Logger) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on FOXFLOW_HTTP %s: %w", addr, err)
	}
	server := &http.Server{Handler: h.routes(metrics), ReadHeaderTimeout: checkTimeout}
	logger.Info("health and metrics", zap.String("address", listener.Addr().String()))
	if program.Open(listener.Addr()) {
		logger.Warn("FOXFLOW_HTTP is open to other machines: whoever reaches it sees balances and counts of orders, without a password", zap.String("address", addr))
	}
	if err := program.Serve(ctx, listener, server, shutdownTimeout); err != nil && ctx.Err() == nil {
		return err
	}
	return nil // who still asks while the worker stops has no answer to wait for
}

func (h *health) routes(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"process": "ok"})
	})
	mux.HandleFunc("GET /readyz", h.ready)
	mux.Handle("GET /metrics", metrics)
	return mux
}

func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	verdicts, _ := h.look(r.Context())
	ready, status := true, http.StatusOK
	for _, v := range verdicts {
		if !v.OK {
			ready, status = false, http.StatusServiceUnavailable
		}
	}
	answer(w, status, struct {
		Ready  bool               `json:"ready"`
		Checks map[string]verdict `json:"checks"`
	}{ready, verdicts})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
