package main

import (
	"math"
	"net/http"
	"path"
	"strconv"
	"time"

	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"foxflow/internal/settings"
)

// The protocol's two calls.
const (
	decode = "decode"
	encode = "encode"
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
	return guarded(s.sameOrigin(s.calls(mux)))
}

// calls answers the protocol's two calls wherever they stand, for it has a server look
// at the last word of a path alone. The Web UI and the temporal command put /decode
// behind the endpoint as it was typed: with a namespace in it, a slash at its end or
// both. The mux would redirect what it finds untidy, and a browser asks no redirect for
// permission.
func (s *server) calls(others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		does := path.Base(r.URL.Path)
		switch {
		case does != decode && does != encode:
			others.ServeHTTP(w, r)
		case r.Method == http.MethodOptions:
			s.preflight(w)
		case r.Method == http.MethodPost:
			s.turn(w, r, does)
		default:
			w.Header().Set("Allow", "OPTIONS, POST")
			http.Error(w, "send payloads with POST", http.StatusMethodNotAllowed)
		}
	})
}

// turnAway answers whoever may not: what they may do, and how they may prove it.
func turnAway(w http.ResponseWriter, refused *refusal, words, challenge string) {
	if refused.why == tooManyWrong {
		seconds := strconv.Itoa(int(math.Ceil(refused.wait.Seconds())))
		w.Header().Set("Retry-After", seconds)
		http.Error(w, refused.why+" came: try again in "+seconds+" s", refused.status())
		return
	}
	w.Header().Set("WWW-Authenticate", challenge)
	http.Error(w, words, refused.status())
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
