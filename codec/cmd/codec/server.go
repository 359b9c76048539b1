package main

import (
	"net/http"
	"time"

	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"foxflow/settings"
)

// server answers the Web UI, people and programs.
type server struct {
	codec  converter.PayloadCodec
	gate   *gate
	origin string // the one whose pages may ask
	audit  *zap.Logger
}

func newServer(codec converter.PayloadCodec, token settings.Secret, origin string, audit *zap.Logger) *server {
	return &server{codec: codec, gate: newGate(token, origin, time.Now), origin: origin, audit: audit}
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /{$}", s.signIn)
	for _, path := range []string{"/decode", "/encode"} {
		mux.HandleFunc("OPTIONS "+path, s.preflight)
		mux.HandleFunc("POST "+path, s.turn)
	}
	return guarded(s.sameOrigin(mux))
}

// guarded has browsers keep nothing, guess nothing, frame nothing and load nothing.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Cache-Control":                "no-store",
			"Content-Security-Policy":      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy":              "no-referrer",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
		} {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}
