package simulator

import (
	"sync"
	"time"
)

// Request is one answered HTTP request: enough to count by, and nothing secret.
type Request struct {
	At       time.Time     `json:"at"`
	Route    string        `json:"route"` // as in RouteOf; "redirect" for the other slash form, "unknown" for no endpoint
	Method   string        `json:"method"`
	Path     string        `json:"path"` // the endpoint's pattern, without ids and query
	OrderID  string        `json:"orderId,omitempty"`
	Status   int           `json:"status"`          // 0: the connection was dropped without an answer
	Fault    string        `json:"fault,omitempty"` // which one struck
	Duration time.Duration `json:"duration"`
}

// keptRequests bounds the memory of a simulator that runs for weeks.
const keptRequests = 50_000

// requestLog remembers the latest requests, so that a test can count what a
// client sent.
type requestLog struct {
	mu   sync.Mutex
	list []Request
	next int // where the oldest is, once the list is full
}

func (l *requestLog) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) < keptRequests {
		l.list = append(l.list, r)
		return
	}
	l.list[l.next] = r
	l.next = (l.next + 1) % keptRequests
}

// all lists them, oldest first.
func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(append(make([]Request, 0, len(l.list)), l.list[l.next:]...), l.list[:l.next]...)
}
