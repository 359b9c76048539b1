package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"
)

// What the faults of faultkinds.go do.

// nowhere is a host of nobody's: port 9 discards, and nothing listens there.
const nowhere = "http://127.0.0.1:9"

func asItCame(st *strike) { st.held.sendTo(st.w) }

// resetConnection ends the connection with a TCP reset, as a crashed host or an
// impatient proxy does.
func resetConnection(st *strike) {
	conn, _, err := http.NewResponseController(st.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no TCP connection of our own (HTTP/2, a recorder): it closes at least
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // what makes Close send RST and not FIN; without it the end is just less rude
	}
	_ = conn.Close() // closed is closed
}

// waitToCommit holds the request back in real time, whatever clock the simulator
// runs by: it is the client's patience that is tried. The client may leave; its
// request is here already.
func waitToCommit(st *strike) { st.sleep(st.Knobs().SlowCommitFor) }

func internalError(st *strike) {
	writeJSON(st.w, http.StatusInternalServerError, st.Knobs().errorBody(refuse(codeInternal, "internal error")))
}

func badGateway(st *strike) { writeProxyPage(st.w, http.StatusBadGateway, pageHTML) }

// proxyPage is a page that may be the proxy's or the API's: nobody knows. Every
// second one is plain text.
func proxyPage(status int) func(*strike) {
	return func(st *strike) {
		form := pageHTML
		if st.count%2 == 0 {
			form = pageText
		}
		writeProxyPage(st.w, status, form)
	}
}

// struckBy is what a fault asks of the endpoint; it comes with the request.
type struckBy struct {
	late  bool // a pay lands later
	stale bool // orders are shown as they were
	other bool // the order of this create is not what the client asked for
}

type struckKey struct{}

func (st *strike) ask(by struckBy) {
	st.r = st.r.WithContext(context.WithValue(st.r.Context(), struckKey{}, by))
}

func landLate(st *strike) { st.ask(struckBy{late: true}) }
func lookBack(st *strike) { st.ask(struckBy{stale: true}) }

// fromBalanceAlone says whether a pay names no provider: only the balance can be
// debited later.
func fromBalanceAlone(st *strike) bool {
	var asked struct {
		PaymentProvider string `json:"paymentProvider"`
	}
	return json.Unmarshal(st.body, &asked) == nil && asked.PaymentProvider == ""
}

// garbled says success and not of what. Half of a JSON object or array is never
// whole.
func garbled(st *strike) {
	status, text := http.StatusOK, st.held.body.Bytes()
	if st.held.done() {
		status = st.held.status
	}
	text = text[:len(text)/2]
	if st.count%2 == 0 {
		text = []byte("\x00\xff]}{\"id\":,status=paid")
	}
	st.w.Header().Set("Content-Type", "application/json")
	st.w.WriteHeader(status)
	_, _ = st.w.Write(text) // the client has gone: nobody to tell
}

func tooMany(form string) func(*strike) {
	return func(st *strike) {
		knobs := st.Knobs()
		setRetryAfter(st.w.Header(), knobs.FaultRetryAfter, st.now(), form)
		writeJSON(st.w, knobs.errorStatus(codeTooMany), knobs.errorBody(refuse(codeTooMany, "too many requests")))
	}
}

// refusedKey is a key that a fault refuses for a while.
type refusedKey struct {
	fault string
	code  string
	until time.Time
}

func keyRefused(code string) func(*strike) {
	return func(st *strike) {
		st.mu.Lock()
		st.faults.refused[st.r.Header.Get("X-API-Key")] = refusedKey{st.fault.Name, code, st.now().Add(st.knobs.FaultAccessFor)}
		st.mu.Unlock()
		st.writeError(st.w, refuseAccess(code))
	}
}

func canonicalPath(st *strike) bool {
	return strings.HasSuffix(st.r.URL.EscapedPath(), "/") == strings.HasSuffix(st.route.path, "/")
}

func redirectToOtherSlash(st *strike) {
	st.w.Header().Set("Location", withSlash(st.r, !strings.HasSuffix(st.route.path, "/")))
	st.w.WriteHeader(http.StatusTemporaryRedirect)
}

func redirectAway(st *strike) {
	st.w.Header().Set("Location", nowhere+st.r.URL.RequestURI())
	st.w.WriteHeader(http.StatusTemporaryRedirect)
}

func beginRepeating(st *strike) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.faults.repeating = true
}

// repeats is how many orders each later page of a list repeats: fewer than a
// page holds, or a client would never come to its end.
func (f *faultState) repeats(limit int) int {
	if !f.repeating {
		return 0
	}
	return min(3, limit-1)
}

// keyOf is the idempotencyKey of a create where the API heeds it: otherwise it
// would never say that the order exists.
func keyOf(st *strike) string {
	var asked struct {
		IdempotencyKey string `json:"idempotencyKey"`
	}
	heeded := st.knobs.Idempotency == idempotencyHonoured || st.knobs.Idempotency == idempotencyWithoutID
	if json.Unmarshal(st.body, &asked) != nil || !heeded {
		return ""
	}
	return asked.IdempotencyKey
}

func keyed(st *strike) bool { return keyOf(st) != "" }

// keyedAnew keeps exists-hidden from being a lie about an order that is there.
func keyedAnew(st *strike) bool {
	_, used := st.state.byKey[keyOf(st)]
	return keyed(st) && !used
}

func alreadyExists(st *strike) { st.writeError(st.w, refuseExisting()) }

// heldAnswer takes an endpoint's answer in the client's place.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header         { return h.header }
func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }
func (h *heldAnswer) WriteHeader(status int)      { h.status = status }
func (h *heldAnswer) done() bool                  { return h.status/100 == 2 }

func (h *heldAnswer) sendTo(w http.ResponseWriter) {
	for name, values := range h.header {
		w.Header()[name] = values
	}
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes()) // the client has gone: nobody to tell
}
