package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
)

// evidence is all that the judge is given: what was ordered, what foxflow says
// of it, and the simulator's truth.
type evidence struct {
	plan      []planned
	reset     map[string]int
	takenBack map[string]bool

	orders []listed                       // starter list
	audit  []entry                        // starter audit --export
	chains struct{ Broken []brokenChain } // starter audit --verify-all
	codes  map[string][]json.RawMessage   // starter codes, by reference
	mute   map[string]string              // references whose codes could not be read, and why

	fox      []foxOrder        // GET /admin/orders
	money    []movement        // GET /admin/ledger
	balances map[string]string // GET /admin/balances
}

// listed is an order in "starter list".
type listed struct {
	Reference    string                          `json:"reference"`
	OrderID      *string                         `json:"orderId"`
	State        string                          `json:"state"`
	CancelReason *string                         `json:"cancelReason"`
	WaitingFor   *string                         `json:"waitingFor"`
	Mock         bool                            `json:"mock"`
	Price        *string                         `json:"price"`
	Replacements int                             `json:"replacements"`
	Items        []listedItem                    `json:"items"`
	Error        *struct{ Code, Message string } `json:"error"`
}

type listedItem struct {
	ItemID string `json:"itemId"`
	Codes  int    `json:"codes"`
}

// entry is a line of "starter audit --export".
type entry struct {
	Reference string    `json:"reference"`
	Seq       int       `json:"seq"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`
	Reason    string    `json:"reason"`
	OrderID   *string   `json:"orderId"`
	At        time.Time `json:"at"`
}

type brokenChain struct{ Reference, Problem string }

// foxOrder is an order as the simulator's owner sees it.
type foxOrder struct {
	ID             string    `json:"id"`
	Status         string    `json:"status"`
	CancelReason   string    `json:"cancelReason"`
	IdempotencyKey string    `json:"idempotencyKey"`
	Mock           bool      `json:"isMock"`
	Price          string    `json:"price"`
	Behaviour      string    `json:"behaviour"`
	CreatedAt      time.Time `json:"createdAt"`
	Items          []foxItem `json:"items"`
}

type foxItem struct {
	ItemID       string          `json:"itemId"`
	ExternalData json.RawMessage `json:"externalData"`
}

// movement is a line of the simulator's money ledger.
type movement struct {
	At             time.Time `json:"at"`
	Kind           string    `json:"kind"`
	Currency       string    `json:"currency"`
	Amount         string    `json:"amount"`
	OrderID        string    `json:"orderId"`
	IdempotencyKey string    `json:"idempotencyKey"`
}

// gather collects the evidence from the programs' own answers.
func (s *storm) gather() *evidence {
	s.Helper()
	e := &evidence{plan: s.orders, reset: s.reset, takenBack: s.takenBack, codes: map[string][]json.RawMessage{}, mute: map[string]string{}}
	s.recheck()
	e.orders = s.list("")
	export := s.must("starter", "audit", "--export", "-")
	for line := range strings.Lines(export) {
		var one entry
		require.NoError(s, json.Unmarshal([]byte(line), &one))
		e.audit = append(e.audit, one)
	}
	var fox struct{ Orders []foxOrder }
	var money struct{ Entries []movement }
	var balances struct{ Balances map[string]string }
	s.admin(http.MethodGet, "/admin/orders", "", &fox)
	s.admin(http.MethodGet, "/admin/ledger", "", &money)
	s.admin(http.MethodGet, "/admin/balances", "", &balances)
	e.fox, e.money, e.balances = fox.Orders, money.Entries, balances.Balances
	s.readCodes(e)
	// Last, so that the looks at the codes are in it.
	verified := s.starter("audit", "--verify-all", "-o", "json")
	require.NoError(s, json.Unmarshal([]byte(verified.stdout), &e.chains), verified.stderr)
	return e
}

// recheck looks again at what ended with fewer codes than FoxReload has now: an order that
// need not deliver any ends at once, and codes that come after the end are had so.
func (s *storm) recheck() {
	s.Helper()
	var fox struct{ Orders []foxOrder }
	s.admin(http.MethodGet, "/admin/orders", "", &fox)
	delivered := map[string]int{}
	for _, o := range fox.Orders {
		delivered[o.ID] = len(o.codes())
	}
	for _, o := range s.list("") {
		have := 0
		for _, item := range o.Items {
			have += item.Codes
		}
		if o.State == "completed" && o.OrderID != nil && have < delivered[*o.OrderID] {
			s.eventually("a second look at "+o.Reference, func() bool { return s.try("recheck", o.Reference).code == 0 })
		}
	}
}

// readCodes asks for the codes of every reference that has delivered ones, or
// says so.
func (s *storm) readCodes(e *evidence) {
	due := map[string]bool{}
	owner := e.owners()
	for _, o := range e.fox {
		if reference := owner[o.ID]; reference != "" && len(o.codes()) > 0 {
			due[reference] = true
		}
	}
	for _, o := range e.orders {
		for _, item := range o.Items {
			if item.Codes > 0 {
				due[o.Reference] = true
			}
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	const atOnce = 3
	turn := make(chan struct{}, atOnce)
	for reference := range due {
		all.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			r := s.try("codes", reference, "-o", "json")
			var shown struct {
				Items []struct{ Codes []json.RawMessage }
			}
			err := json.Unmarshal([]byte(r.stdout), &shown)
			mu.Lock()
			defer mu.Unlock()
			if r.code != 0 || err != nil {
				e.mute[reference] = r.stderr
				return
			}
			for _, item := range shown.Items {
				e.codes[reference] = append(e.codes[reference], item.Codes...)
			}
		})
	}
	all.Wait()
}

// owners maps order ids to the reference on whose log they are, where it is one
// alone.
func (e *evidence) owners() map[string]string {
	owner := map[string]string{}
	for _, a := range e.audit {
		if a.OrderID != nil && (a.Kind == "state" || a.Kind == "intent") {
			owner[*a.OrderID] = a.Reference
		}
	}
	return owner
}

// stoodStill is the SDK's word for workflow code that did not yield for a second: in a worker
// that was frozen or starved that is no fault, and its task is done again.
const stoodStill = "TMPRL1101"

// workerLogs are the lines of the workers' logs that hold a text.
func (s *storm) workerLogs(text string, most int) (lines []string) {
	files, _ := filepath.Glob(filepath.Join(s.dir, "*", "worker.log"))
	for _, file := range append(files, filepath.Join(s.dir, "worker.log")) {
		log, _ := os.ReadFile(file)
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, text) && !strings.Contains(line, stoodStill) {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines[max(0, len(lines)-most):]
}
