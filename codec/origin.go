package main

import "net/http"

// sameOrigin lets the Web UI's pages ask and refuses every other page's request
// before anything is looked at: the browser that shows it may well be signed in, and
// would send its session or password along. Programs send no origin.
func (s *server) sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		origins := r.Header.Values("Origin")
		switch {
		case len(origins) == 0:
		case len(origins) == 1 && origins[0] == s.origin:
			w.Header().Set("Access-Control-Allow-Origin", s.origin)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		default:
			s.record(r, entry{outcome: "another origin", status: http.StatusForbidden})
			http.Error(w, "pages of this origin may not ask: FOXFLOW_CODEC_ORIGIN names the one that may", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// preflight tells a browser what the Web UI's pages may send. It need not ask again
// for each of a history's payloads. The Web UI that passes its access token on sends
// what it knows of its user beside it (Authorization-Extras): nothing is read of that.
func (s *server) preflight(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Methods", http.MethodPost)
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type, X-Namespace, Authorization, Authorization-Extras")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
