package simulator

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxBody bounds a request: ten items with long notes are far below it.
const maxBody = 1 << 20

// call is a request that passed every check, as an endpoint sees it.
type call struct {
	request   *http.Request
	now       time.Time
	seen      time.Time // the moment at which orders are looked at: now, but on a replica that is behind
	struck    struckBy
	looks     map[string]int
	paidLooks map[string]int
	knobs     Knobs
	body      []byte
	values    url.Values
	currency  string
	russian   bool
}

func (c *call) path(name string) string    { return c.request.PathValue(name) }
func (c *call) query(name string) string   { return c.values.Get(name) }
func (c *call) queryBool(name string) bool { return c.query(name) == "true" }
func (c *call) linkTo(path string) string  { return linkBase(c.request) + path }
func linkBase(r *http.Request) string      { return "http://" + r.Host }
func ok(body any) (answer, error)          { return answer{http.StatusOK, body}, nil }
func created(body any) (answer, error)     { return answer{http.StatusCreated, body}, nil }

type answer struct {
	status int
	body   any
}

// serve turns an endpoint into a handler: reads the request, runs the endpoint
// alone, writes what it answers.
func (s *Simulator) serve(do endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			s.writeError(w, refuseBody())
			return
		}
		a, err := s.run(do, &call{request: r, body: body, values: r.URL.Query()})
		if err != nil {
			s.writeError(w, err)
			return
		}
		writeJSON(w, a.status, a.body)
	})
}

func refuseBody() *apiError {
	return refuse(codeTooLarge, "request body is larger than %d bytes, or was cut off", maxBody)
}

func (s *Simulator) run(do endpoint, c *call) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now, c.knobs, c.looks, c.paidLooks = s.now(), s.knobs, s.looks, s.paidLooks
	c.struck, _ = c.request.Context().Value(struckKey{}).(struckBy)
	c.seen = c.now
	if c.struck.stale {
		c.seen = c.now.Add(-c.knobs.StaleBy)
	}
	if err := c.readHeaders(); err != nil {
		return answer{}, err
	}
	if err := s.receive(c.now); err != nil {
		return answer{}, err
	}
	return do(s, c)
}

// readHeaders settles currency and language.
func (c *call) readHeaders() error {
	header := c.request.Header
	c.currency = c.knobs.Currency
	if asked := header.Get("X-Currency"); asked != "" {
		if !knownCurrency(asked) {
			return invalid(problem{Loc: []any{"header", "X-Currency"}, Msg: "Input should be 'usd' or 'rub'", Type: "enum"})
		}
		c.currency = asked
	}
	switch header.Get("X-Language") {
	case "", "en":
	case "ru":
		c.russian = true
	default:
		return invalid(problem{Loc: []any{"header", "X-Language"}, Msg: "Input should be 'en' or 'ru'", Type: "enum"})
	}
	return nil
}

// admitKey lets only known keys through.
func (s *Simulator) admitKey(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, known := []byte(r.Header.Get("X-API-Key")), 0
		for _, key := range s.config.APIKeys {
			known |= subtle.ConstantTimeCompare(given, []byte(key))
		}
		refusal, refused := s.refusedNow(string(given))
		switch access := s.Knobs().Access; {
		case known == 0 || access == "401":
			s.writeError(w, refuseAccess(codeUnknownKey))
		case access == "403":
			s.writeError(w, refuseAccess(codeForbidden))
		case refused:
			noteFault(r, refusal.fault)
			s.writeError(w, refuseAccess(refusal.code))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// refuseAccess is the refusal of a key: as unknown or revoked, or as used from
// an address that may not.
func refuseAccess(code string) *apiError {
	if code == codeForbidden {
		return refuse(code, "this address is not on the key's allowlist")
	}
	return refuse(codeUnknownKey, "API key is missing or wrong")
}

// limitRate answers 429 once a key's bucket is empty.
func (s *Simulator) limitRate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait, passes := s.limiter.take(r.Header.Get("X-API-Key"), s.now(), s.Knobs())
		if !passes {
			e := refuse(codeTooMany, "too many requests")
			e.wait = wait
			s.writeError(w, e)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusing answers every request with the same error.
func (s *Simulator) refusing(e *apiError) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.writeError(w, e) })
}

func (s *Simulator) writeError(w http.ResponseWriter, err error) {
	var refusal *apiError
	if !errors.As(err, &refusal) {
		// The state file could not be written: nothing has happened, a client may
		// come again.
		refusal = refuse(codeInternal, "internal error")
	}
	k := s.Knobs()
	if refusal.wait > 0 {
		setRetryAfter(w.Header(), refusal.wait, s.now(), k.RetryAfter)
	}
	status := refusal.status
	if status == 0 {
		status = k.errorStatus(refusal.code)
	}
	if refusal.page != "" {
		writeProxyPage(w, status, refusal.page)
		return
	}
	writeJSON(w, status, k.errorBody(refusal))
}

// setRetryAfter rounds up: a client that waits this long gets through.
func setRetryAfter(h http.Header, wait time.Duration, now time.Time, form string) {
	seconds := int(math.Ceil(wait.Seconds()))
	switch form {
	case retrySeconds:
		h.Set("Retry-After", strconv.Itoa(seconds))
	case retryDate:
		at := now.Add(wait)
		if whole := at.Truncate(time.Second); whole.Before(at) {
			at = whole.Add(time.Second)
		}
		h.Set("Retry-After", at.Format(http.TimeFormat))
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"code":"INTERNAL_ERROR"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client has gone: nobody to tell
}

// observe records a request once it is over, however it ended.
func (s *Simulator) observe(name, path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := s.now()
		seen := &statusWriter{ResponseWriter: w}
		var fault string
		r = r.WithContext(context.WithValue(r.Context(), faultNote{}, &fault))
		defer func() {
			record := Request{At: begun, Route: name, Method: r.Method, Path: path, Status: seen.status, Fault: fault, Duration: s.now().Sub(begun)}
			if name == RouteGet || name == RoutePay {
				record.OrderID = s.knownOrder(r.PathValue("id"))
			}
			s.requests.add(record)
			if s.config.OnRequest != nil {
				s.config.OnRequest(record)
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// faultNote is the key of the place where observe waits for a fault's name.
type faultNote struct{}

func noteFault(r *http.Request, name string) {
	if note, ok := r.Context().Value(faultNote{}).(*string); ok {
		*note = name
	}
}

// knownOrder keeps what strangers put into paths out of the log.
func (s *Simulator) knownOrder(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.state.orders[id]; known {
		return id
	}
	return ""
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets a fault take the connection over (http.ResponseController).
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
