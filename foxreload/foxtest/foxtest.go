// Package foxtest is for tests alone: a server in FoxReload's place that says to the letter
// what a test wants, be it nonsense, behind the real client. What the real API would say is
// the simulator's; this one shares nothing with it, so that a test can hold the client to
// answers that the simulator never gives.
package foxtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
)

// Key is the client's API key.
const Key = "partner-key-7731-hunt-me"

// Call is what is asked of the server.
type Call string

// The calls.
const (
	Create   Call = "create"
	Pay      Call = "pay"
	Look     Call = "look" // at one order
	List     Call = "list"
	Product  Call = "product"
	TopUp    Call = "top-up"
	Balances Call = "balances"
	Any      Call = "" // each that has no answer of its own
)

// Said is an answer.
type Said struct {
	status int
	body   string
}

// Answer is one to the letter. A redirect leads to /login.
func Answer(status int, body string) Said { return Said{status, body} }

// Server says what it is told to. Change it between requests.
type Server struct {
	URL string

	mu     sync.Mutex
	says   map[Call][]Said
	once   map[Call][]Said
	asked  map[Call]int
	behave http.HandlerFunc
}

// New is a server that answers each call with 404 until it is told otherwise.
func New(t testing.TB) *Server {
	s := &Server{says: map[Call][]Said{}, once: map[Call][]Said{}, asked: map[Call]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Client is a real client of the server. Of config, the address is the server's; without a
// key of its own it sends Key.
func (s *Server) Client(t testing.TB, config foxreload.Config) *foxreload.Client {
	t.Helper()
	config.BaseURL = s.URL
	if config.APIKey == "" {
		config.APIKey = Key
	}
	client, err := foxreload.New(config)
	require.NoError(t, err)
	return client
}

// Say has a call answered so, one after the other, and with the last again and again.
func (s *Server) Say(call Call, answers ...Said) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says[call] = answers
}

// Once has a call answered so once, before all else that is said of it.
func (s *Server) Once(call Call, answer Said) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once[call] = append(s.once[call], answer)
}

// Behave has a handler answer what nothing is said of. It runs alone.
func (s *Server) Behave(handler http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behave = handler
}

// Quote has each call answered with all that was sent, key and body, again and again.
func (s *Server) Quote(status int) {
	s.Behave(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		key := r.Header.Get("X-API-Key")
		said := "refused: " + string(body) + key
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "NOT_" + key,
			"detail": said + strings.Repeat(" and "+said, 500), "loc": []string{"header", key}})
	})
}

// Asked is how often a call has come, whatever came of it.
func (s *Server) Asked(call Call) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[call]
}

// ServeHTTP answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := callOf(r)
	s.asked[call]++
	if first := s.once[call]; len(first) > 0 {
		s.once[call] = first[1:]
		first[0].write(w)
		return
	}
	said := call
	if len(s.says[said]) == 0 {
		said = Any
	}
	switch answers := s.says[said]; {
	case len(answers) > 0:
		if len(answers) > 1 {
			s.says[said] = answers[1:]
		}
		answers[0].write(w)
	case s.behave != nil:
		s.behave(w, r)
	default:
		Answer(http.StatusNotFound, `{"code":"NOT_FOUND","detail":"no"}`).write(w)
	}
}

func (a Said) write(w http.ResponseWriter) {
	if a.status/100 == 3 {
		w.Header().Set("Location", "/login")
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// calls are the API's, by method and path.
var calls = []struct {
	Call
	method string
	path   *regexp.Regexp
}{
	{Create, http.MethodPost, regexp.MustCompile(`^/api/orders/?$`)},
	{Pay, http.MethodPost, regexp.MustCompile(`^/api/orders/.*/pay/?$`)},
	{List, http.MethodGet, regexp.MustCompile(`^/api/orders/?$`)},
	{Look, http.MethodGet, regexp.MustCompile(`^/api/orders/.+$`)},
	{Product, http.MethodGet, regexp.MustCompile(`^/api/products/`)},
	{TopUp, http.MethodPost, regexp.MustCompile(`^/api/topups/crypto/$`)},
	{Balances, http.MethodGet, regexp.MustCompile(`^/api/access/me/balances`)},
}

func callOf(r *http.Request) Call {
	for _, c := range calls {
		if r.Method == c.method && c.path.MatchString(r.URL.Path) {
			return c.Call
		}
	}
	return Call(r.Method + " " + r.URL.Path)
}
