package main

import (
	"net/http"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"foxflow/internal/phrase"
)

// maxWord bounds what a caller gets to write into the log.
const maxWord = 64

// entry is what came of a request.
type entry struct {
	caller   caller // empty where a request was refused before it was known who asks
	payloads int
	outcome  string // opened, sealed, signed in, or why not
	status   int
}

// record writes a request's one line into the audit log: never a payload, never a
// credential. User and namespace are the caller's word.
func (s *server) record(r *http.Request, e entry) {
	level := zapcore.InfoLevel
	if e.status >= http.StatusBadRequest {
		level = zapcore.WarnLevel
	}
	s.audit.Log(level, "request",
		zap.String("path", phrase.Clip(r.URL.Path, maxWord)), zap.String("from", r.RemoteAddr),
		zap.String("by", e.caller.by), zap.String("user", phrase.Clip(e.caller.user, maxWord)),
		zap.String("namespace", phrase.Clip(r.Header.Get("X-Namespace"), maxWord)),
		zap.Int("payloads", e.payloads), zap.String("outcome", e.outcome), zap.Int("status", e.status))
}
